//! What can be wrong with an upload.

use std::io;
use std::path::PathBuf;

/// Why a body was refused. Control flow asks the variant, people read the text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body does not follow RFC 2046 or RFC 7578, or ended before its closing boundary.
    #[error("malformed body: {0}")]
    Malformed(&'static str),
    /// A header line of a part is longer than the limit, in bytes.
    #[error("a header line of a part is longer than {limit} bytes")]
    HeaderTooLong {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// Something that is held in memory grew over its limit.
    #[error("{what} are over the limit of {limit}")]
    TooLarge {
        /// What was too large, as a plural noun.
        what: &'static str,
        /// The limit that was passed, in bytes, or a number of parts.
        limit: usize,
    },
    /// There is no such file to append to.
    #[error("there is no {0:?} to append to")]
    Missing(PathBuf),
    /// Somebody else appends to the file.
    #[error("somebody else appends to {0:?}")]
    Locked(PathBuf),
    /// The file to append to has another size than whoever appends thinks.
    #[error("the file has {size} bytes, not {wanted}")]
    WrongSize {
        /// The size it has, in bytes.
        size: u64,
        /// The size it should have, in bytes.
        wanted: u64,
    },
    /// The spool's file system, or the user's share of it, is full.
    #[error("the spool is full: {0}")]
    DiskFull(#[source] io::Error),
    /// The spool cannot be written for another reason.
    #[error("the spool cannot be written: {0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull(error),
            _ => Error::Io(error),
        }
    }
}
