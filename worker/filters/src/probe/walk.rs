//! Going through a file by its own lengths.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use crate::refusal::Refusal;

/// Bytes that decide the format.
const START: u64 = 16;

/// A reader that knows how much is left, so that a length that leads outside is found before it is followed.
pub(crate) struct Walk<R> {
    reader: R,
    left: u64,
}

impl<R: Read + Seek> Walk<R> {
    /// Walks through the `length` bytes of `reader`.
    pub fn new(reader: R, length: u64) -> Self {
        Self { reader, left: length }
    }

    /// Bytes between here and the end.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The first bytes, fewer where the file has fewer; the walk still begins before them.
    pub fn start(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut start = Vec::new();
        self.reader.by_ref().take(START).read_to_end(&mut start).map_err(|error| unreadable(&error))?;
        self.reader.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
        Ok(start)
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Refusal> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// The next `length` bytes, which the caller knows to be few.
    pub fn block(&mut self, length: usize) -> Result<Vec<u8>, Refusal> {
        if length as u64 > self.left {
            return Err(ends());
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Leaves out `length` bytes.
    pub fn skip(&mut self, length: u64) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(length).ok_or_else(ends)?;
        let step = i64::try_from(length).map_err(|_| ends())?;
        self.reader.seek_relative(step).map_err(|error| unreadable(&error))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(ends)?;
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ends(),
            _ => unreadable(&error),
        })
    }
}

fn ends() -> Refusal {
    Refusal::broken("the file ends too early")
}

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::internal(format!("the file cannot be read: {error}"))
}
