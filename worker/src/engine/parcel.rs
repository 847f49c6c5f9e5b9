//! Bytes that one process hands to another: memory in a file that has no name, sealed when it is handed over, so that
//! nothing is copied on the way and neither side can change it under the other's eyes.
//!
//! It holds the body, then a head in JSON, then the length of the head in eight bytes (little endian). The body comes
//! first so that it can be written while it arrives, before the head is known.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use memmap2::Mmap;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Bytes of the length at the end.
const LENGTH: usize = size_of::<u64>();

/// What may not happen to a parcel any more.
const SEALED: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE);

/// Why a parcel cannot be opened.
#[derive(Debug, Error)]
pub enum ParcelError {
    /// The memory cannot be looked at.
    #[error("a parcel cannot be read")]
    Unreadable(#[source] io::Error),
    /// Whoever sent it could still change it.
    #[error("a parcel is not sealed")]
    Unsealed,
    /// It does not hold what it should.
    #[error("a parcel is malformed: {0}")]
    Malformed(String),
}

/// A parcel that is being filled.
#[derive(Debug)]
pub struct Packing {
    file: File,
}

impl Packing {
    /// An empty parcel.
    pub fn new() -> io::Result<Self> {
        let memory = memfd_create("imgfilter", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        Ok(Self { file: memory.into() })
    }

    /// Adds the head and seals the whole.
    pub fn finish(mut self, head: &impl Serialize) -> io::Result<OwnedFd> {
        let mut end = serde_json::to_vec(head)?;
        let length = u64::try_from(end.len()).map_err(io::Error::other)?;
        end.extend(length.to_le_bytes());
        self.file.write_all(&end)?;
        fcntl_add_seals(&self.file, SEALED)?;
        Ok(self.file.into())
    }
}

impl Write for Packing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a parcel: its head and its body. The body stays where it is.
pub fn open<T: DeserializeOwned>(parcel: OwnedFd) -> Result<(T, Bytes), ParcelError> {
    let unreadable = |error: rustix::io::Errno| ParcelError::Unreadable(error.into());
    if !fcntl_get_seals(&parcel).map_err(unreadable)?.contains(SEALED) {
        return Err(ParcelError::Unsealed);
    }
    let file = File::from(parcel);
    // SAFETY: the seals, which can never be taken off, keep everybody from writing to this memory and from changing its
    // size, so the bytes behind the map stay what and where they are for as long as it lives.
    let map = unsafe { Mmap::map(&file) }.map_err(ParcelError::Unreadable)?;
    let head = head_of(&map).ok_or_else(|| ParcelError::Malformed("its head is missing".into()))?;
    let read = serde_json::from_slice(&map[head.clone()]);
    let read = read.map_err(|error| ParcelError::Malformed(error.to_string()))?;
    Ok((read, Bytes::from_owner(map).slice(..head.start)))
}

/// Where the head is.
fn head_of(bytes: &[u8]) -> Option<Range<usize>> {
    let (rest, length) = bytes.split_last_chunk::<LENGTH>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    Some(rest.len().checked_sub(length)?..rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(bytes: &[u8], seals: SealFlags) -> OwnedFd {
        let mut packing = Packing::new().unwrap();
        packing.write_all(bytes).unwrap();
        fcntl_add_seals(&packing.file, seals).unwrap();
        packing.file.into()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for body in [&b""[..], b"a picture"] {
            let mut packing = Packing::new().unwrap();
            packing.write_all(body).unwrap();
            let (head, found): (Vec<u32>, _) = open(packing.finish(&[1, 2, 3]).unwrap()).unwrap();
            assert_eq!((head, &found[..]), (vec![1, 2, 3], body));
        }
    }

    #[test]
    fn nobody_can_change_a_parcel() {
        let sent: File = Packing::new().unwrap().finish(&0).unwrap().into();
        assert!((&sent).write_all(b"x").is_err() && sent.set_len(0).is_err() && sent.set_len(99).is_err());
    }

    #[test]
    fn what_could_still_change_is_not_opened() {
        for seals in [SealFlags::empty(), SealFlags::SHRINK, SealFlags::WRITE | SealFlags::GROW] {
            let found: Result<(u32, _), _> = open(raw(b"", seals));
            assert!(matches!(found, Err(ParcelError::Unsealed)));
        }
    }

    #[test]
    fn lies_about_the_head_are_noticed() {
        let length = |length: u64| length.to_le_bytes().to_vec();
        for bytes in
            [vec![], b"1234567".to_vec(), length(1), length(u64::MAX), [b"{".to_vec(), length(1)].concat()]
        {
            let found: Result<(u32, _), _> = open(raw(&bytes, SEALED));
            assert!(
                matches!(found, Err(ParcelError::Malformed(_) | ParcelError::Unreadable(_))),
                "{bytes:?}"
            );
        }
    }
}
