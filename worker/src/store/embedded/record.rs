//! What is known of an object beside its bytes. It stands at the end of the object's file, so that one rename shows both
//! or neither: bytes, record as JSON, its length (four bytes, little-endian), and eight bytes that say what this is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"imgfobj1";
/// Length and magic, in bytes.
const FOOTER: usize = 4 + MAGIC.len();
/// Most bytes of a record; the protocol allows 2 KiB of a client's own headers, and some of its fields.
pub const MAX_RECORD: usize = 16 << 10;
/// So many bytes at the end of a file are read at first: most records are shorter.
const GUESS: u64 = 512;

/// What is known of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Headers that come back with it as they were given, by their names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The client's own, without `x-amz-meta-`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Record {
    /// What follows an object's bytes in its file.
    pub fn trailer(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        let length = bytes.len();
        if length > MAX_RECORD {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the headers of this object are too long",
            ));
        }
        bytes.extend_from_slice(&u32::try_from(length).map_err(io::Error::other)?.to_le_bytes());
        bytes.extend_from_slice(MAGIC);
        Ok(bytes)
    }
}

/// An object's file, its record and what the file system knows of it.
#[derive(Debug)]
pub struct Stored {
    /// Its file: the bytes are the first [`Self::size`].
    pub file: File,
    /// Its record.
    pub record: Record,
    /// Bytes of the object.
    pub size: u64,
    /// When it was written.
    pub modified: SystemTime,
}

impl Stored {
    /// Reads the record of an object. A file that ends otherwise is damaged: an error, never half an object.
    pub fn of(file: File) -> io::Result<Self> {
        let about = file.metadata()?;
        let (length, modified) = (about.len(), about.modified()?);
        let mut tail = tail_of(&file, length, GUESS)?;
        let record_length = record_length(&tail)?;
        let trailer = (record_length + FOOTER) as u64;
        if trailer > tail.len() as u64 {
            tail = tail_of(&file, length, trailer)?;
        }
        let size = length.checked_sub(trailer).ok_or_else(damaged)?;
        let start = tail.len().checked_sub(record_length + FOOTER).ok_or_else(damaged)?;
        let record = serde_json::from_slice(&tail[start..start + record_length]).map_err(|_| damaged())?;
        Ok(Self { file, record, size, modified })
    }
}

fn tail_of(file: &File, length: u64, wanted: u64) -> io::Result<Vec<u8>> {
    let count = wanted.min(length);
    let mut tail = vec![0; usize::try_from(count).map_err(io::Error::other)?];
    file.read_exact_at(&mut tail, length - count)?;
    Ok(tail)
}

fn record_length(tail: &[u8]) -> io::Result<usize> {
    let footer = tail.last_chunk::<FOOTER>().ok_or_else(damaged)?;
    let (length, magic) = footer.split_first_chunk::<4>().ok_or_else(damaged)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
    if magic == MAGIC && length <= MAX_RECORD { Ok(length) } else { Err(damaged()) }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file is no object, or only a part of one")
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    fn file_of(parts: &[&[u8]]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        for part in parts {
            file.write_all(part).unwrap();
        }
        file.rewind().unwrap();
        file
    }

    #[test]
    fn a_record_is_read_back_also_when_it_is_long() {
        for value in ["short".to_owned(), "x".repeat(2000)] {
            let metadata = BTreeMap::from([("note".to_owned(), value)]);
            let record = Record { etag: "abc-1".to_owned(), metadata, ..Record::default() };
            let stored = Stored::of(file_of(&[b"bytes", &record.trailer().unwrap()])).unwrap();
            assert_eq!((stored.size, stored.record), (5, record));
        }
    }

    #[test]
    fn a_file_that_is_cut_or_foreign_is_an_error() {
        let trailer = Record { etag: "abc-1".to_owned(), ..Record::default() }.trailer().unwrap();
        for cut in 1..trailer.len() {
            assert!(Stored::of(file_of(&[b"bytes", &trailer[..trailer.len() - cut]])).is_err(), "{cut}");
        }
        let endless = [&u32::MAX.to_le_bytes()[..], MAGIC].concat();
        for foreign in [&b""[..], b"bytes", MAGIC, &endless] {
            assert!(Stored::of(file_of(&[foreign])).is_err());
        }
    }

    #[test]
    fn a_record_that_is_too_long_is_refused() {
        let metadata = BTreeMap::from([("note".to_owned(), "x".repeat(MAX_RECORD))]);
        assert!(Record { metadata, ..Record::default() }.trailer().is_err());
    }
}
