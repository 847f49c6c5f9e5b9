//! Files that an nginx left in the spool when it was killed, or when it never came back.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::config;

/// How deep the spool's folders are walked.
const MAX_DEPTH: u32 = 4;
/// The folder, in the spool, of uploads in pieces; and in that, the one of the accounts of those that have ended.
const UPLOADS: &str = "uploads";
const ENDED: &str = "ended";

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Removed {
    /// Files of whole uploads.
    pub(super) spooled: u64,
    /// Files of uploads in pieces.
    pub(super) uploads: u64,
}

/// Removes old files from the spool, where there is one; or counts them. nginx removes uploads in pieces itself, if there
/// still is one here.
pub(super) async fn clean(settings: &config::Cleanup, dry_run: bool) -> io::Result<Removed> {
    let (spool, age, life) = (settings.spool.clone(), settings.orphan_age, settings.upload_life);
    let work = move || {
        let uploads = spool.join(UPLOADS);
        Ok(Removed {
            spooled: remove_old(&spool, age, dry_run, MAX_DEPTH)?,
            uploads: remove_uploads(&uploads, life, dry_run)?
                + remove_uploads(&uploads.join(ENDED), life, dry_run)?,
        })
    };
    tokio::task::spawn_blocking(work).await?
}

/// The entries of a folder; none if there is no such folder.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        entries => Ok(Some(entries?).into_iter().flatten()),
    }
}

/// Only plain files: a link is neither followed nor removed.
fn remove_old(folder: &Path, age: Duration, dry_run: bool, depth: u32) -> io::Result<u64> {
    let mut removed = 0;
    for entry in entries(folder)? {
        let entry = entry?;
        // A file that is gone meanwhile had an owner after all.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() && depth > 0 && !is_uploads(&entry.file_name(), depth) {
            removed += remove_old(&entry.path(), age, dry_run, depth - 1)?;
        }
        if about.is_file() && is_old(&about, age) && (dry_run || fs::remove_file(entry.path()).is_ok()) {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The files of uploads in pieces whose time is over. An account lives as long as the bytes beside it.
fn remove_uploads(folder: &Path, life: Duration, dry_run: bool) -> io::Result<u64> {
    let mut removed = 0;
    for entry in entries(folder)? {
        let path = entry?.path();
        let lives = |file: &Path| fs::symlink_metadata(file).is_ok_and(|about| !is_old(&about, life));
        let is_file = fs::symlink_metadata(&path).is_ok_and(|about| about.is_file());
        let is_over = is_file && !lives(&path) && !lives(&path.with_extension(""));
        if is_over && (dry_run || fs::remove_file(&path).is_ok()) {
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_old(about: &fs::Metadata, age: Duration) -> bool {
    about.modified().is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|since| since >= age))
}

/// Whether this is the folder of uploads in pieces, which have a time of their own.
fn is_uploads(name: &OsStr, depth: u32) -> bool {
    depth == MAX_DEPTH && name == UPLOADS
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn old_files_go_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, outside) = (folder.path().join("1/2"), tempfile::tempdir().unwrap());
        fs::create_dir_all(&inner).unwrap();
        let piece = folder.path().join("uploads/0123");
        fs::create_dir_all(piece.parent().unwrap()).unwrap();
        fs::write(&piece, "x").unwrap();
        fs::write(outside.path().join("precious"), "x").unwrap();
        fs::write(folder.path().join("0001"), "x").unwrap();
        fs::write(inner.join("0002"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();

        assert_eq!(remove_old(folder.path(), HOUR, false, 4).unwrap(), 0, "young ones stay");
        assert_eq!(remove_old(folder.path(), Duration::ZERO, true, 4).unwrap(), 2, "a dry run counts");
        assert_eq!(remove_old(folder.path(), Duration::ZERO, false, 4).unwrap(), 2);
        assert!(piece.exists(), "uploads in pieces have a time of their own");
        assert!(!inner.join("0002").exists() && outside.path().join("precious").exists());
        assert_eq!(remove_old(Path::new("/nowhere"), HOUR, false, 4).unwrap(), 0, "no spool, nothing to do");
    }

    /// Makes a file that was last changed `age` ago.
    fn old_file(path: &Path, age: Duration) {
        let file = fs::File::create(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn uploads_go_when_nobody_went_on_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let ended = folder.path().join(ENDED);
        fs::create_dir(&ended).unwrap();
        for (name, age) in [("a", HOUR * 2), ("a.info", HOUR * 2), ("b", HOUR / 2), ("b.info", HOUR * 2)] {
            old_file(&folder.path().join(name), age);
        }
        old_file(&ended.join("c.info"), HOUR * 2);
        assert_eq!(remove_uploads(folder.path(), HOUR, true).unwrap(), 2, "a dry run counts");
        assert_eq!(remove_uploads(folder.path(), HOUR, false).unwrap(), 2);
        assert!(folder.path().join("b.info").exists(), "an account lives as long as its bytes");
        assert_eq!(remove_uploads(&ended, HOUR, false).unwrap(), 1);
    }
}
