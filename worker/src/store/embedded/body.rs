//! Bodies between the network and files. Files are read and written on threads that may wait, a block at a time, and
//! the network meanwhile is served by others.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use rustix::buffer::spare_capacity;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, s3_error};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::checks::Checks;
use super::disk::{Disk, Draft};
use super::errors::{blocking, failed};

/// Bytes that are read or written at once: most images are one or two of them.
const BLOCK: usize = 512 << 10;
/// How long a body may stand still.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What arrived.
#[derive(Debug)]
pub struct Received {
    /// The file that has it.
    pub draft: Draft,
    /// Bytes of it.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub digest: String,
}

/// Writes a body to a draft. What the request says of it, its length and the digest it was signed with, the protocol has
/// checked when the body ends well; its other checksums are checked here.
pub async fn receive(disk: &Arc<Disk>, mut body: StreamingBlob, checks: Checks) -> S3Result<Received> {
    let (mut size, mut block, mut filled) = (0, Vec::new(), 0);
    let mut intake = Intake { disk: Arc::clone(disk), draft: None, checks };
    loop {
        let arrived = timeout(LONGEST_PAUSE, body.next()).await.map_err(|_| s3_error!(RequestTimeout))?;
        let chunk = arrived.transpose().map_err(broken_off)?;
        let is_last = chunk.is_none();
        if let Some(chunk) = chunk {
            filled += chunk.len();
            size += chunk.len() as u64;
            block.push(chunk);
        }
        if filled >= BLOCK || is_last {
            let chunks = std::mem::take(&mut block);
            filled = 0;
            intake = blocking(move || intake.take(&chunks)).await?.map_err(failed)?;
        }
        if is_last {
            let Intake { draft, checks, .. } = intake;
            let digest = checks.finish()?;
            let draft = draft.ok_or_else(|| s3_error!(InternalError))?;
            return Ok(Received { draft, size, digest });
        }
    }
}

/// What takes the blocks of a body, on threads that may wait.
struct Intake {
    disk: Arc<Disk>,
    draft: Option<Draft>,
    checks: Checks,
}

impl Intake {
    fn take(mut self, chunks: &[Bytes]) -> io::Result<Self> {
        for chunk in chunks {
            self.checks.update(chunk);
        }
        let mut draft = match self.draft.take() {
            Some(draft) => draft,
            None => self.disk.draft()?,
        };
        draft.write(chunks)?;
        self.draft = Some(draft);
        Ok(self)
    }
}

/// The body of a request that was no good, or ended too early.
fn broken_off(error: StdError) -> S3Error {
    let why = format!("the body is not what was announced: {error}");
    S3Error::with_message(S3ErrorCode::BadDigest, why)
}

/// A part of a file as the body of an answer; the next block is read while one is sent.
pub struct FileBody {
    file: Arc<File>,
    at: u64,
    end: u64,
    /// What is left to be sent.
    left: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FileBody {
    /// The bytes from `start` to before `end`.
    pub fn new(file: File, start: u64, end: u64) -> Self {
        let mut body = Self { file: Arc::new(file), at: start, end, left: end - start, reading: None };
        body.read_on();
        body
    }

    fn read_on(&mut self) {
        let count = usize::try_from(self.end - self.at).map_or(BLOCK, |left| left.min(BLOCK));
        if count > 0 {
            let (file, at) = (Arc::clone(&self.file), self.at);
            self.at += count as u64;
            self.reading = Some(tokio::task::spawn_blocking(move || read_block(&file, at, count)));
        }
    }
}

fn read_block(file: &File, at: u64, count: usize) -> io::Result<Bytes> {
    let mut block = Vec::with_capacity(count);
    while block.len() < count {
        let offset = at + block.len() as u64;
        match rustix::io::pread(file, spare_capacity(&mut block), offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // The allocator may have given more than was asked for.
    block.truncate(count);
    Ok(block.into())
}

impl Stream for FileBody {
    type Item = Result<Bytes, StdError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.get_mut();
        let Some(reading) = body.reading.as_mut() else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        body.reading = None;
        let block = match read.map_err(io::Error::other).flatten() {
            Ok(block) => block,
            Err(error) => {
                tracing::error!(%error, "cannot read an object");
                return Poll::Ready(Some(Err(error.into())));
            }
        };
        body.left -= block.len() as u64;
        body.read_on();
        Poll::Ready(Some(Ok(block)))
    }
}

impl ByteStream for FileBody {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(usize::try_from(self.left).unwrap_or(usize::MAX))
    }
}

/// The body of a request, which must have one.
pub fn expected(body: Option<StreamingBlob>) -> S3Result<StreamingBlob> {
    body.ok_or_else(|| s3_error!(IncompleteBody))
}
