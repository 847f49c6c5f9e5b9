//! How much room uploads have.

use std::io;
use std::path::PathBuf;

use rustix::fs::{Access, access, statvfs};
use serde::{Deserialize, Serialize};

/// Which folder to look at.
#[derive(Debug, Deserialize)]
pub struct Folder {
    /// Where uploads are spooled.
    pub path: PathBuf,
}

/// What was found.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Room {
    /// Bytes that an unprivileged process may still write.
    pub free_bytes: u64,
    /// Bytes of its disk, as far as such a process may use them.
    pub size_bytes: u64,
}

/// Measures a folder.
///
/// # Errors
/// When it is not there, or when this process may not make files in it.
pub fn measure(folder: &Folder) -> io::Result<Room> {
    access(&folder.path, Access::WRITE_OK | Access::EXEC_OK)?;
    let system = statvfs(&folder.path)?;
    // What is kept for root is nobody's: taken away, used and free make up the whole.
    let kept = system.f_bfree.saturating_sub(system.f_bavail);
    Ok(Room {
        free_bytes: system.f_bavail.saturating_mul(system.f_frsize),
        size_bytes: system.f_blocks.saturating_sub(kept).saturating_mul(system.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_missing_one_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let room = measure(&Folder { path: folder.path().to_owned() }).unwrap();
        assert!(room.free_bytes > 0 && room.free_bytes <= room.size_bytes);
        let missing = Folder { path: folder.path().join("missing") };
        assert_eq!(measure(&missing).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
