//! Where Prometheus asks: a listener that answers `GET /metrics`, and nothing else.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::{Metrics, Teller};

/// The one path there is.
const PATH: &str = "/metrics";
/// Most connections at a time; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 16;
/// How long the headers of a request may take, and a connection may be kept that nothing is asked on.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest life of a connection: whoever does not read its answers gives its place to others.
const LIFE: Duration = Duration::from_secs(600);

/// The address of a setting cannot be listened on.
#[derive(Debug, Error)]
#[error("{setting}: cannot listen on {address}")]
pub struct ListenError {
    setting: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

/// A listener that nobody serves yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    teller: Teller,
}

impl Listener {
    /// Listens on the address that a setting names; there is none where it names none.
    ///
    /// # Errors
    /// The address cannot be had: somebody else has it, most likely. What nobody can see must not be taken for told.
    pub async fn bind(
        setting: &'static str,
        address: Option<SocketAddr>,
        teller: Teller,
    ) -> Result<Option<Self>, ListenError> {
        let Some(address) = address else { return Ok(None) };
        let failed = |source| ListenError { setting, address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        tracing::info!("metrics at http://{}{PATH}", socket.local_addr().map_err(failed)?);
        Ok(Some(Self { socket, teller }))
    }

    /// Answers for ever. `look` is called before each answer, for what is not counted when it happens.
    pub async fn serve(self, look: impl Fn() + Send + Sync + 'static) {
        let answers = Answers { metrics: Arc::new(Metrics::new(self.teller)), look: Arc::new(look) };
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            // Never closed, so there is always a place in the end.
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            match self.socket.accept().await {
                Ok((socket, _)) => {
                    let answers = answers.clone();
                    tokio::spawn(async move {
                        let _ = tokio::time::timeout(LIFE, serve_connection(socket, answers)).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: others will end and make room.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn serve_connection(socket: TcpStream, answers: Answers) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    if let Err(error) = builder.serve_connection(TokioIo::new(socket), answers).await {
        tracing::debug!(error = %crate::cli::with_causes(error.as_ref()), "a connection for metrics ended badly");
    }
}

/// What is answered.
#[derive(Clone)]
struct Answers {
    metrics: Arc<Metrics>,
    look: Arc<dyn Fn() + Send + Sync>,
}

impl Answers {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if path != PATH {
            return plain(StatusCode::NOT_FOUND, format!("there is only {PATH}\n"));
        }
        if method != Method::GET && method != Method::HEAD {
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n".to_owned());
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        (self.look)();
        match self.metrics.text() {
            Ok(text) => {
                let mut answer = plain(StatusCode::OK, text);
                let format = HeaderValue::from_static(prometheus::TEXT_FORMAT);
                answer.headers_mut().insert(CONTENT_TYPE, format);
                answer
            }
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "metrics cannot be written\n".to_owned())
            }
        }
    }
}

impl Service<Request<Incoming>> for Answers {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(self.answer(request.method(), request.uri().path())))
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
