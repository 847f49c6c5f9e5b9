//! Errors of the file system in the words of the protocol, and the threads on which files may be waited for.

use std::io;

use s3s::{S3Error, S3ErrorCode, S3Result};

use super::disk::is_absent;

/// Runs what waits for files on a thread of its own.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request of the store broke off");
        S3Error::new(S3ErrorCode::InternalError)
    })
}

/// An error that no client has caused. A full disk may be none in a while, and the rest is for the operator.
pub fn failed(error: io::Error) -> S3Error {
    tracing::error!(%error, "the store cannot do what it was asked");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            S3Error::with_message(S3ErrorCode::ServiceUnavailable, "the disk is full")
        }
        io::ErrorKind::InvalidInput => S3Error::with_message(S3ErrorCode::InvalidArgument, error.to_string()),
        _ => S3Error::new(S3ErrorCode::InternalError),
    }
}

/// The error of something that may not be there, with the code for that.
pub fn missing(code: S3ErrorCode) -> impl FnOnce(io::Error) -> S3Error {
    |error| if is_absent(&error) { S3Error::new(code) } else { failed(error) }
}
