//! Files being received.
//!
//! While it is written a file is called `NNNNNNNNNN.part` and locked; once complete it is renamed to its ten digits. So
//! whoever sees the ten digits sees a whole file, and what a killed server left behind is told from what a living one
//! writes: [`Spool::sweep`] removes the one and spares the other.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::digests::{Digests, Hasher, Hashes};

/// What the name of a file that is being written ends in.
pub(crate) const PARTIAL: &str = ".part";
/// Digits in a file's name.
pub(crate) const DIGITS: usize = 10;
/// Access while a file is being written, whatever it will be.
const PRIVATE: u32 = 0o600;
/// Names that are tried before the spool is said to be unusable.
const MAX_COLLISIONS: usize = 1000;

/// A folder for received files, and how they are named.
#[derive(Debug, Clone)]
pub struct Spool {
    pub(crate) directory: PathBuf,
    pub(crate) levels: [usize; 3],
    access: u32,
    hashes: Hashes,
    next_number: fn(bool) -> u64,
}

impl Spool {
    /// Files go to `directory`, which must exist, and get the numbers that `next_number` gives.
    ///
    /// `next_number` is told whether the number it gave last was taken; it gives different numbers to everyone who
    /// writes to this folder, as far as it can.
    pub fn new(directory: impl Into<PathBuf>, next_number: fn(bool) -> u64) -> Self {
        Spool {
            directory: directory.into(),
            levels: [0; 3],
            access: PRIVATE,
            hashes: Hashes::default(),
            next_number,
        }
    }

    /// Spreads the files over folders named after their last digits: with levels 1 and 2, `0000001234` lies in
    /// `4/23/`. The folders are made when missing. 0 ends the list; the three together are below ten.
    pub fn with_levels(mut self, levels: [usize; 3]) -> Self {
        self.levels = levels;
        self
    }

    /// Access bits of complete files, for example 0o640.
    pub fn with_access(mut self, access: u32) -> Self {
        self.access = access;
        self
    }

    /// Digests that are computed of each file beside SHA-256.
    pub fn with_hashes(mut self, hashes: Hashes) -> Self {
        self.hashes = hashes;
        self
    }

    /// The next number, for whoever needs one that no file has.
    pub(crate) fn number(&self) -> u64 {
        (self.next_number)(false)
    }

    fn path(&self, number: u64) -> PathBuf {
        let name = format!("{number:0DIGITS$}");
        let mut path = self.directory.clone();
        let mut end = name.len();
        for level in self.levels.into_iter().take_while(|&level| level > 0) {
            let start = end.saturating_sub(level);
            path.push(&name[start..end]);
            end = start;
        }
        path.push(name);
        path
    }

    /// A new file, to be written in pieces of `buffer` bytes or more.
    pub(crate) fn create(&self, buffer: usize) -> io::Result<SpoolFile> {
        let mut collision = false;
        for _ in 0..MAX_COLLISIONS {
            let path = self.path((self.next_number)(collision));
            let Some((file, partial)) = self.reserve(&path)? else {
                collision = true;
                continue;
            };
            return Ok(SpoolFile {
                out: Some(BufWriter::with_capacity(buffer, file)),
                partial: Removed(partial),
                path,
                access: self.access,
                hasher: Hasher::new(self.hashes),
                size: 0,
            });
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "no free name in the spool"))
    }

    /// Opens and locks the partial file of `path`; None if the name belongs to somebody else.
    fn reserve(&self, path: &Path) -> io::Result<Option<(File, PathBuf)>> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(PARTIAL);
        let partial = PathBuf::from(partial);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(PRIVATE);
        let opened = match options.open(&partial) {
            // Only what is below the spool is made: one that is not there is a mistake, or not mounted.
            Err(error)
                if error.kind() == ErrorKind::NotFound && self.levels[0] > 0 && self.directory.is_dir() =>
            {
                let folder = partial.parent().unwrap_or(&self.directory);
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                options.open(&partial)
            }
            opened => opened,
        };
        let file = match opened {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            opened => opened?,
        };
        // A sweep may have taken the lock, and will remove the file. A file system without locks has no sweep either.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(None);
        }
        let mine = Removed(partial);
        match fs::symlink_metadata(path) {
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some((file, mine.keep()))),
            Err(error) => Err(error),
        }
    }
}

/// A file that is being written. Dropped before it is complete, it is removed.
#[derive(Debug)]
pub(crate) struct SpoolFile {
    out: Option<BufWriter<File>>,
    partial: Removed,
    path: PathBuf,
    access: u32,
    hasher: Hasher,
    size: u64,
}

/// What is known of a complete file.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) digests: Digests,
}

impl SpoolFile {
    /// Where the file will be once it is complete.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes written so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        if let Some(out) = &mut self.out {
            out.write_all(data)?;
        }
        self.hasher.update(data);
        self.size += data.len() as u64;
        Ok(())
    }

    /// Puts the file under its name.
    pub(crate) fn finish(mut self) -> io::Result<Facts> {
        if let Some(out) = &mut self.out {
            out.flush()?;
            if self.access != PRIVATE {
                out.get_ref().set_permissions(Permissions::from_mode(self.access))?;
            }
        }
        fs::rename(&self.partial.0, &self.path)?;
        self.partial.0 = PathBuf::new();
        let (sha256, digests) = self.hasher.finish();
        Ok(Facts { size: self.size, sha256, digests })
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        // Taken apart, the writer does not flush: what it holds has no reader any more.
        drop(self.out.take().map(BufWriter::into_parts));
    }
}

/// A path that is removed on drop; the empty path is nothing.
#[derive(Debug)]
struct Removed(PathBuf);

impl Removed {
    fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // Nothing better can be done about a file that will not go.
            let _ = fs::remove_file(&self.0);
        }
    }
}

#[cfg(test)]
mod tests;
