//! The embedded S3: the protocol and signatures of `s3s`, on a folder of files.
//!
//! What it has confirmed lasts: see `disk`. Where an object lies, and how a listing finds it, says `layout`.

mod body;
mod buckets;
mod checks;
mod disk;
mod errors;
mod headers;
mod layout;
mod listing;
mod objects;
mod parts;
mod record;
mod service;
mod uploads;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

use disk::{Disk, OpenError};
use service::Service;
use uploads::Upload;

/// How long requests that have begun may go on after the server was asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// How long an upload in parts may take.
const UPLOAD_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often is looked for older ones.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Why the store could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder cannot be a store.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The bucket cannot be made.
    #[error("cannot make the bucket {0}")]
    Bucket(String, #[source] io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// A store that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    service: S3Service,
    disk: Arc<Disk>,
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
        let disk = Arc::new(Disk::open(root)?);
        disk.make_bucket(bucket).map_err(|error| StartError::Bucket(bucket.to_owned(), error))?;
        let mut builder = S3ServiceBuilder::new(Service(Arc::clone(&disk)));
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let listener = TcpListener::bind(listen).await.map_err(|e| StartError::Listen(listen, e))?;
        let address = listener.local_addr().map_err(|e| StartError::Listen(listen, e))?;
        Ok(Self { listener, address, service: builder.build(), disk })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `end` resolves, and then for [`GRACE`] at most what has begun.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let sweeper = tokio::spawn(remove_old_uploads(self.disk));
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
        sweeper.abort();
        if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests had not ended and were cut off");
        }
    }
}

/// Uploads in parts that nobody completes do not stay for ever.
async fn remove_old_uploads(disk: Arc<Disk>) {
    loop {
        let disk = Arc::clone(&disk);
        match tokio::task::spawn_blocking(move || Upload::remove_old(&disk, UPLOAD_LIFE)).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "removed old uploads in parts"),
            Ok(Err(error)) => tracing::warn!(%error, "cannot remove old uploads in parts"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

fn serve_connection(socket: TcpStream, service: S3Service, connections: &GracefulShutdown) {
    // Answers are small and must not wait for each other's acknowledgement.
    let _ = socket.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new()).http1_only();
    let connection = builder.serve_connection(TokioIo::new(socket), service).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    });
}
