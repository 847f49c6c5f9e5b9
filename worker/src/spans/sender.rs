//! Sends spans to a collector, in batches, from a thread of its own. It never keeps the work waiting: what does not fit
//! into its queue is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use imgfilter_api::trace::Trace;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanProcessor};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

/// Spans that wait to be sent, at most: some hundred tasks.
const MOST_WAITING: usize = 4096;
/// Time between two batches, unless one is full before.
const EVERY: Duration = Duration::from_secs(2);
/// How long the collector may take for one.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of its answer is read.
const MOST_READ: usize = 64 * 1024;

/// Sends them.
#[derive(Debug)]
pub struct Sender {
    pub(super) processor: BatchSpanProcessor,
    ratio: f64,
}

impl Sender {
    /// One that sends to this URL. To be called within the runtime that sends.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn new(url: &str, ratio: f64) -> Result<Self, String> {
        let client = Client::new().map_err(|error| error.to_string())?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(TIMEOUT)
            .with_endpoint(url)
            .build()
            .map_err(|error| error.to_string())?;
        let config =
            BatchConfigBuilder::default().with_max_queue_size(MOST_WAITING).with_scheduled_delay(EVERY);
        let mut processor = BatchSpanProcessor::builder(exporter).with_batch_config(config.build()).build();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let resource = Resource::builder_empty().with_attributes([
            KeyValue::new("service.name", "imgfilter"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("host.name", host),
            KeyValue::new("process.pid", i64::from(std::process::id())),
        ]);
        processor.set_resource(&resource.build());
        Ok(Self { processor, ratio })
    }

    /// Whether the spans of a trace are sent: its caller's are kept, or its number is among those that are. All processes
    /// say the same of a trace, if they have the same ratio.
    pub fn keeps(&self, trace: &Trace) -> bool {
        trace.is_sampled() || is_among(trace.id, self.ratio)
    }

    /// Sends what waits, and ends. Blocks for some seconds at most.
    pub fn end(&self) {
        if self.processor.shutdown_with_timeout(TIMEOUT).is_err() {
            tracing::warn!("not all spans could be sent");
        }
    }
}

/// Whether a trace is among so many of all, as OpenTelemetry's samplers have it: by the lower half of its id.
fn is_among(id: u128, ratio: f64) -> bool {
    let lot = (id as u64) >> 1;
    (lot as f64) < ratio * (1_u64 << 63) as f64
}

/// Requests by the client and the runtime that this program has; whoever asks is a thread without one.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
    fails: AtomicBool,
}

impl Client {
    fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .user_agent(concat!("imgfilter/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, runtime: Handle::current(), fails: AtomicBool::new(false) })
    }

    /// Says once that the collector does not take spans, and once that it does again.
    fn learn(&self, fault: Option<String>) {
        match (fault, self.fails.load(Ordering::Relaxed)) {
            (Some(why), false) => tracing::warn!(why, "spans cannot be sent"),
            (None, true) => tracing::info!("spans can be sent again"),
            (Some(_), true) | (None, false) => return,
        }
        self.fails.fetch_xor(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let mut answer = client.execute(request).await?;
            let (status, mut body) = (answer.status(), Vec::new());
            while let Some(piece) = answer.chunk().await? {
                if body.len() + piece.len() > MOST_READ {
                    break;
                }
                body.extend_from_slice(&piece);
            }
            Ok::<_, reqwest::Error>((status, body))
        });
        // Its URL may hold a password.
        let sent = sent.await?.map_err(reqwest::Error::without_url);
        self.learn(match &sent {
            Ok((status, _)) if status.is_success() => None,
            Ok((status, _)) => Some(format!("answered {status}")),
            Err(error) => Some(crate::cli::with_causes(error)),
        });
        let (status, body) = sent?;
        Ok(Response::builder().status(status).body(body.into())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_as_was_asked_for() {
        let ids: Vec<u128> = (0..4000).map(|_| fastrand::u128(1..)).collect();
        let kept = |ratio| ids.iter().filter(|id| is_among(**id, ratio)).count();
        assert_eq!((kept(0.0), kept(1.0)), (0, 4000));
        assert!((700..1300).contains(&kept(0.25)), "{}", kept(0.25));
    }
}
