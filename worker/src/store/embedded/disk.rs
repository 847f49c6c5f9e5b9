//! The store's folder: buckets, drafts of what is being written, and what makes it last.
//!
//! An object is written to a draft, which is synced, renamed into its place, and the folder is synced: only then is it
//! confirmed. A store that is killed in between leaves a draft, which goes at the next start, and never half an object;
//! what was confirmed survives a power cut.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use thiserror::Error;

use super::layout;
use super::listing::Recent;
use super::record::{Record, Stored};

const DRAFTS: &str = ".drafts";
pub(super) const UPLOADS: &str = ".uploads";
const LOCK: &str = ".lock";
/// Says which layout the folder has.
const FORMAT: &str = ".format";
const NEW_FORMAT: &str = ".format.new";
const FORMAT_1: &str = "imgfilter store, layout 1\n";
/// What a file system puts into its topmost folder.
const LOST_AND_FOUND: &str = "lost+found";

/// How often a rename is tried whose folder is removed meanwhile, because it was empty for a moment.
const ATTEMPTS: u32 = 100;
/// Folders of which is remembered that they outlast a power cut.
const MAX_KNOWN: usize = 100_000;

/// Why a folder cannot be a store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It cannot be made, read or written.
    #[error("cannot use the folder {0}")]
    Io(PathBuf, #[source] io::Error),
    /// Another store has it.
    #[error("another store serves the folder {0}")]
    Taken(PathBuf),
    /// It holds something else.
    #[error(
        "the folder {0} holds something that is no store of this version; name another, or move that away"
    )]
    Foreign(PathBuf),
}

/// The folder of a store.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// Number of the next draft.
    next: AtomicU64,
    /// Folders whose names are on the disk.
    lasting: Mutex<HashSet<PathBuf>>,
    /// What listings read last.
    pub(super) recent: Recent,
    /// Holds the lock.
    _lock: File,
}

/// A file that is being written, removed if it does not become an object.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    /// Open to be written.
    pub file: File,
    /// Whether it lies somewhere else now.
    is_placed: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.is_placed {
            return;
        }
        let path = std::mem::take(&mut self.path);
        let remove = move || drop(fs::remove_file(path));
        // A request that breaks off drops it on a thread of the runtime, which must not wait for a disk.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

impl Draft {
    /// Puts it where it belongs, in place of what may be there, or with `NOREPLACE` of nothing.
    pub fn place(&mut self, target: &Path, flags: RenameFlags) -> io::Result<()> {
        renameat_with(CWD, &self.path, CWD, target, flags)?;
        self.is_placed = true;
        Ok(())
    }

    /// Adds bytes.
    pub fn write(&mut self, chunks: &[Bytes]) -> io::Result<()> {
        let mut slices: Vec<_> = chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
        let mut left = slices.as_mut_slice();
        // There is no stable write_all_vectored.
        while left.iter().any(|slice| !slice.is_empty()) {
            match self.file.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Disk {
    /// Takes the folder, which is made if it is not there, and clears away what a store that was killed has left.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Io(root.to_path_buf(), error);
        let is_new = !root.exists();
        DirBuilder::new().recursive(true).mode(0o750).create(root).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        if is_new {
            // Of folders above that are none of ours, somebody else has seen to it that they last.
            root.ancestors().skip(1).for_each(|above| drop(sync_folder(above)));
        }
        check_names(&root)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(LOCK))
            .map_err(failed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| OpenError::Taken(root.clone()))?;
        write_format(&root).map_err(failed)?;
        match fs::remove_dir_all(root.join(DRAFTS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => fs::create_dir(root.join(DRAFTS)).map_err(failed)?,
        }
        fs::create_dir_all(root.join(UPLOADS)).map_err(failed)?;
        sync_folder(&root).map_err(failed)?;
        let (next, lasting, recent) = (AtomicU64::new(0), Mutex::default(), Recent::default());
        Ok(Self { root, next, lasting, recent, _lock: lock })
    }

    /// The folder of uploads in parts.
    pub fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    /// The folder of a bucket, which may not be there. Names that could lead elsewhere are refused by the protocol
    /// before, and here once more.
    pub fn bucket(&self, name: &str) -> io::Result<PathBuf> {
        if name.is_empty() || name.starts_with('.') || name == LOST_AND_FOUND || name.contains('/') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(self.root.join(name))
    }

    /// The folder of a bucket that is there; else an error of the kind `NotFound`.
    pub fn existing(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.bucket(name)?;
        if folder.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Makes a bucket; whether it was not there.
    pub fn make_bucket(&self, name: &str) -> io::Result<bool> {
        let made = make_folder(&self.bucket(name)?)?;
        sync_folder(&self.root)?;
        Ok(made)
    }

    /// The names of all buckets, in order, and when each was made.
    pub fn buckets(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if let (true, Ok(name)) = (entry.file_type()?.is_dir(), entry.file_name().into_string())
                && self.bucket(&name).is_ok()
            {
                let about = entry.metadata()?;
                // Not every file system knows.
                names.push((name, about.created().or_else(|_| about.modified())?));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Removes a bucket that has no objects. Only empty folders are ever removed, so an object that appears meanwhile
    /// stays, and the bucket with it.
    pub fn remove_bucket(&self, name: &str) -> io::Result<()> {
        let folder = self.bucket(name)?;
        self.forget(|known| known.starts_with(&folder));
        remove_empty(&folder)?;
        sync_folder(&self.root)
    }

    /// An object.
    pub fn object(&self, bucket: &str, key: &str) -> io::Result<Stored> {
        Stored::of(File::open(self.bucket(bucket)?.join(layout::path_of(key)))?)
    }

    /// A file to write.
    pub fn draft(&self) -> io::Result<Draft> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(DRAFTS).join(number.to_string());
        let file = OpenOptions::new().write(true).read(true).create_new(true).mode(0o640).open(&path)?;
        Ok(Draft { path, file, is_placed: false })
    }

    /// Makes a draft an object, in place of the one of this key if there is one, unless `only_new`: then that is an error
    /// of the kind `AlreadyExists`. When this returns, it lasts.
    pub fn publish(
        &self,
        mut draft: Draft,
        record: &Record,
        bucket: &str,
        key: &str,
        only_new: bool,
    ) -> io::Result<()> {
        draft.file.write_all(&record.trailer()?)?;
        draft.file.sync_all()?;
        let folder = self.existing(bucket)?;
        let relative = layout::path_of(key);
        let target = folder.join(&relative);
        let place = target.parent().unwrap_or(&folder);
        let flags = if only_new { RenameFlags::NOREPLACE } else { RenameFlags::empty() };
        for _ in 0..ATTEMPTS {
            match self.make_folders(&folder, place).and_then(|()| draft.place(&target, flags)) {
                Ok(()) => {
                    // The folder may be another one by now, which somebody has made and not yet synced.
                    if !self.is_lasting(place) {
                        self.make_folders(&folder, place)?;
                    }
                    return sync_if_there(place);
                }
                // Somebody has removed one of the folders, which was empty, between two of these steps.
                Err(error) if is_absent(&error) => self.forget(|known| place.starts_with(known)),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("the folder of this object is removed again and again"))
    }

    /// Removes objects, and the folders that are empty then; those that are not there count as removed. Of each that
    /// cannot be removed the error.
    pub fn remove<'a>(
        &self,
        bucket: &str,
        keys: impl Iterator<Item = &'a str>,
    ) -> io::Result<Vec<(&'a str, io::Error)>> {
        let folder = self.existing(bucket)?;
        let (mut refused, mut places) = (Vec::new(), BTreeSet::new());
        for key in keys {
            let path = folder.join(layout::path_of(key));
            match fs::remove_file(&path) {
                Err(error) if !is_absent(&error) => refused.push((key, error)),
                // One that is not there may have gone this moment, and that must last, too.
                _ => drop(path.parent().map(|place| places.insert(place.to_path_buf()))),
            }
        }
        for place in &places {
            sync_nearest(&folder, place)?;
            self.prune(&folder, place);
        }
        Ok(refused)
    }

    /// Removes a folder of a bucket if it is empty, and those above it.
    fn prune(&self, bucket: &Path, place: &Path) {
        for folder in place.ancestors().take_while(|folder| *folder != bucket) {
            let Ok(mut lasting) = self.lasting.lock() else { return };
            // In one with forgetting it, so that nobody believes in it in between. One that is not empty ends it.
            if fs::remove_dir(folder).is_err() {
                return;
            }
            lasting.remove(folder);
        }
    }

    /// Makes the folders down to `place`, and makes them last.
    fn make_folders(&self, bucket: &Path, place: &Path) -> io::Result<()> {
        if self.is_lasting(place) {
            return Ok(());
        }
        let mut above = bucket.to_path_buf();
        for name in place.strip_prefix(bucket).map_err(io::Error::other)? {
            let folder = above.join(name);
            if !self.is_lasting(&folder) {
                make_folder(&folder)?;
                sync_if_there(&above)?;
                let mut lasting = self.lasting.lock().map_err(|_| io::Error::other("a thread died"))?;
                if lasting.len() >= MAX_KNOWN {
                    lasting.clear();
                }
                lasting.insert(folder.clone());
            }
            above = folder;
        }
        Ok(())
    }

    fn is_lasting(&self, folder: &Path) -> bool {
        self.lasting.lock().is_ok_and(|lasting| lasting.contains(folder))
    }

    fn forget(&self, which: impl Fn(&Path) -> bool) {
        if let Ok(mut lasting) = self.lasting.lock() {
            lasting.retain(|known| !which(known));
        }
    }
}

/// Whether there is no such file: no such name, or a file where a folder would be.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether the folder is a store of this layout, or new: then it holds nothing but what a start that was killed may have left.
fn check_names(root: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::Io(root.to_path_buf(), error);
    match fs::read_to_string(root.join(FORMAT)) {
        Ok(format) if format == FORMAT_1 => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => return Err(OpenError::Foreign(root.to_path_buf())),
    }
    for entry in fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if ![LOST_AND_FOUND, LOCK, NEW_FORMAT].iter().any(|known| name == *known) {
            return Err(OpenError::Foreign(root.to_path_buf()));
        }
    }
    Ok(())
}

/// Says what the folder is, whole or not at all.
fn write_format(root: &Path) -> io::Result<()> {
    if root.join(FORMAT).exists() {
        return Ok(());
    }
    let mut file = File::create(root.join(NEW_FORMAT))?;
    file.write_all(FORMAT_1.as_bytes())?;
    file.sync_all()?;
    fs::rename(root.join(NEW_FORMAT), root.join(FORMAT))
}

/// Makes a folder; whether it was not there.
fn make_folder(path: &Path) -> io::Result<bool> {
    match DirBuilder::new().mode(0o750).create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the names in a folder to the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The same for a folder that somebody may have removed meanwhile, because what was in it was deleted.
fn sync_if_there(folder: &Path) -> io::Result<()> {
    match sync_folder(folder) {
        Err(error) if is_absent(&error) => Ok(()),
        synced => synced,
    }
}

/// Writes the names in a folder to the disk, or in the nearest one above it that is there.
fn sync_nearest(bucket: &Path, place: &Path) -> io::Result<()> {
    for folder in place.ancestors() {
        match sync_folder(folder) {
            Err(error) if is_absent(&error) && folder != bucket => {}
            synced => return synced,
        }
    }
    Ok(())
}

/// Removes a folder in which there are only folders.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        remove_empty(&entry.path())?;
    }
    fs::remove_dir(folder)
}

#[cfg(test)]
mod tests;
