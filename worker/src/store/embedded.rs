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

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Secret;

use disk::{Disk, OpenError};
use service::Service;
use uploads::Upload;

/// How long requests that have begun may go on after the server was asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// How long the headers of a request may take, and a connection may be kept that nothing is asked on.
const HEADER_TIMEOUT: Duration = Duration::from_secs(120);
/// Most connections at a time; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;

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
    /// Makes the folder and the bucket if they are not there, and listens. Only requests signed with one of
    /// these pairs of access key and secret key are served.
    pub async fn bind(
        listen: SocketAddr,
        root: &Path,
        bucket: &str,
        keys: Vec<(String, Secret)>,
    ) -> Result<Self, StartError> {
        let disk = Arc::new(Disk::open(root)?);
        disk.make_bucket(bucket).map_err(|error| StartError::Bucket(bucket.to_owned(), error))?;
        let mut builder = S3ServiceBuilder::new(Service(Arc::clone(&disk)));
        let mut auth = SimpleAuth::new();
        for (access_key, secret_key) in keys {
            auth.register(access_key, secret_key.reveal().into());
        }
        builder.set_auth(auth);
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
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let accept = async || {
            // Never closed, so there is always one in the end.
            let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            self.listener.accept().await.map(|(socket, _)| (socket, place))
        };
        loop {
            tokio::select! {
                accepted = accept() => match accepted {
                    Ok((socket, place)) => serve_connection(socket, place, self.service.clone(), &connections),
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

fn serve_connection(
    socket: TcpStream,
    place: OwnedSemaphorePermit,
    service: S3Service,
    connections: &GracefulShutdown,
) {
    // Answers are small and must not wait for each other's acknowledgement.
    let _ = socket.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(socket), service).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(place);
    });
}
