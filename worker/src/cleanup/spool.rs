//! Files that an nginx left in the spool when it was killed.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Terms;

/// How deep the spool's folders are walked.
const MAX_DEPTH: u32 = 4;
/// The folder, in the spool, of uploads in pieces.
const UPLOADS: &str = "uploads";

/// Removes old files from the spool, where there is one. Returns how many there were.
pub(super) async fn clean(terms: &Terms) -> io::Result<u64> {
    let (spool, age, dry_run) = (terms.settings.spool.clone(), terms.settings.orphan_age, terms.dry_run);
    tokio::task::spawn_blocking(move || remove_old(&spool, age, dry_run, MAX_DEPTH)).await?
}

/// Only plain files: a link is neither followed nor removed.
fn remove_old(folder: &Path, age: Duration, dry_run: bool, depth: u32) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let (mut removed, now) = (0, SystemTime::now());
    for entry in entries {
        let entry = entry?;
        // A file that is gone meanwhile had an owner after all.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() && depth > 0 && !is_uploads(&entry.path(), depth) {
            removed += remove_old(&entry.path(), age, dry_run, depth - 1)?;
        }
        let is_old = about.modified().is_ok_and(|at| now.duration_since(at).is_ok_and(|since| since >= age));
        if about.is_file() && is_old && (dry_run || fs::remove_file(entry.path()).is_ok()) {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether this is the folder of uploads in pieces, which may take longer: nginx removes those itself.
fn is_uploads(folder: &Path, depth: u32) -> bool {
    depth == MAX_DEPTH && folder.ends_with(UPLOADS)
}

#[cfg(test)]
mod tests {
    use super::*;

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

        let hour = Duration::from_secs(3600);
        assert_eq!(remove_old(folder.path(), hour, false, 4).unwrap(), 0, "young ones stay");
        assert_eq!(remove_old(folder.path(), Duration::ZERO, true, 4).unwrap(), 2, "a dry run counts");
        assert_eq!(remove_old(folder.path(), Duration::ZERO, false, 4).unwrap(), 2);
        assert!(piece.exists(), "uploads in pieces have a time of their own");
        assert!(!inner.join("0002").exists() && outside.path().join("precious").exists());
        assert_eq!(remove_old(Path::new("/nowhere"), hour, false, 4).unwrap(), 0, "no spool, nothing to do");
    }
}
