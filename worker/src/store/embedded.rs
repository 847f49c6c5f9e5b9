//! The embedded S3: the protocol and signatures of `s3s`, on files by `s3s-fs`.
//!
//! Its files are written to a temporary name and renamed, but not synced: a power cut may lose what was just
//! confirmed. Where that matters, name another S3.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// How long requests that have begun may go on after the server was asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// Why the store could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder cannot be made or used.
    #[error("cannot use the folder {0}")]
    Folder(String, #[source] io::Error),
    /// The folder is not one that the file backend accepts.
    #[error("cannot serve the folder {0}: {1}")]
    Backend(String, String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// A store that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    service: S3Service,
}

impl Server {
    /// Makes the folder and the bucket if they are not there, and listens. Only requests signed with this key pair are
    /// served.
    pub async fn bind(
        listen: SocketAddr,
        root: &Path,
        bucket: &str,
        access_key: &str,
        secret_key: &str,
    ) -> Result<Self, StartError> {
        let named = || root.display().to_string();
        std::fs::create_dir_all(root.join(bucket)).map_err(|e| StartError::Folder(named(), e))?;
        let files = FileSystem::new(root).map_err(|e| StartError::Backend(named(), format!("{e:?}")))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let listener = TcpListener::bind(listen).await.map_err(|e| StartError::Listen(listen, e))?;
        let address = listener.local_addr().map_err(|e| StartError::Listen(listen, e))?;
        Ok(Self { listener, address, service: builder.build() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `end` resolves, and then for [`GRACE`] at most what has begun.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((socket, _)) => serve_connection(socket, self.service.clone(), &connections),
                    Err(error) => {
                        // Out of file descriptors, most likely: others will end and make room.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                () = end.as_mut() => break,
            }
        }
        if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests had not ended and were cut off");
        }
    }
}

fn serve_connection(socket: TcpStream, service: S3Service, connections: &GracefulShutdown) {
    // Answers are small and must not wait for each other's acknowledgement.
    let _ = socket.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(socket), service).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    });
}
