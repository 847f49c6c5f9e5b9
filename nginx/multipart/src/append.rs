//! Bytes added to the end of a file that is there, by one writer at a time.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::Error;

/// What the name of the file ends in by which a writer is asked to stop.
const YIELD: &str = ".yield";

/// What must be true of a file that bytes are appended to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The size in bytes that the file must have at first; None if any will do.
    pub offset: Option<u64>,
    /// The size in bytes that the file may have in the end; None for no limit.
    pub limit: Option<u64>,
}

/// The one writer of a file.
///
/// It holds an exclusive lock (flock) on the file until it is let go or dropped. What it was given stays in the file, however it
/// ends; nothing that was there before is touched.
#[derive(Debug)]
pub struct Append {
    /// None once the lock was given back.
    out: Option<BufWriter<File>>,
    path: PathBuf,
    size: u64,
    limit: Option<u64>,
    /// Whether something was written that may not be on the disk.
    unsynced: bool,
}

impl Append {
    /// Opens and locks the file, which must be there, to append in pieces of `buffer` bytes or more. A symbolic link is
    /// not followed. `length` is that of what will be appended, in bytes, where it is known.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Locked`] where somebody else writes, who is then asked to stop;
    /// [`Error::WrongSize`] and [`Error::TooLarge`] by the bounds; else [`Error::Io`].
    pub fn open(path: &Path, bounds: Bounds, length: Option<u64>, buffer: usize) -> Result<Self, Error> {
        // A pipe would block the opening for as long as nobody reads it.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.append(true).custom_flags(flags.bits().cast_signed());
        let file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::Missing(path.to_owned()),
            _ => Error::Io(error),
        })?;
        if !file.metadata()?.is_file() {
            return Err(Error::Io(io::Error::new(ErrorKind::InvalidInput, "no regular file to append to")));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Where the wish cannot be left, the file is locked all the same.
                let _ = ask_to_yield(path);
                return Err(Error::Locked(path.to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(Error::Io(error)),
        }
        let facts = file.metadata()?;
        if facts.nlink() == 0 {
            return Err(Error::Missing(path.to_owned()));
        }
        let append = Append {
            out: Some(BufWriter::with_capacity(buffer, file)),
            path: path.to_owned(),
            size: facts.len(),
            limit: bounds.limit,
            unsynced: false,
        };
        // Whoever was asked is gone. This one is not meant.
        let _ = fs::remove_file(beside(path));
        match bounds.offset {
            Some(wanted) if wanted != append.size => {
                return Err(Error::WrongSize { size: append.size, wanted });
            }
            _ => append.check(length.unwrap_or(0))?,
        }
        Ok(append)
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the file by which somebody asks for this one.
    pub fn yield_path(&self) -> PathBuf {
        beside(&self.path)
    }

    fn check(&self, more: u64) -> Result<(), Error> {
        match self.limit {
            Some(limit) if self.size.saturating_add(more) > limit => Err(Error::TooLarge {
                what: "bytes of the file",
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        self.check(data.len() as u64)?;
        self.unsynced |= !data.is_empty();
        self.out()?.write_all(data)?;
        self.size += data.len() as u64;
        Ok(())
    }

    /// Gives the system everything, so that it outlives this process.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        Ok(self.out()?.flush()?)
    }

    /// Puts everything on the disk, and returns the size the file has now.
    pub(crate) fn sync(&mut self) -> Result<u64, Error> {
        self.flush()?;
        if self.unsynced {
            self.out()?.get_ref().sync_data()?;
            self.unsynced = false;
        }
        Ok(self.out()?.get_ref().metadata()?.len())
    }

    fn out(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.out.as_mut().ok_or_else(|| io::Error::new(ErrorKind::BrokenPipe, "the file was let go"))
    }
}

impl Append {
    /// Ends: others may write. Done again it does nothing, for the file may be another's by then.
    pub(crate) fn let_go(&mut self) {
        // A file that cannot be written keeps what it has.
        let _ = self.sync();
        let Some(out) = self.out.take() else { return };
        // Whoever asked for the file may try again.
        let _ = fs::remove_file(beside(&self.path));
        // Taken apart, the writer does not try once more to write what the disk had no room for: others may write now. The
        // lock goes with the file.
        drop(out.into_parts());
    }
}

impl Drop for Append {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Asks the writer of a file to stop.
fn ask_to_yield(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(beside(path)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(YIELD);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
