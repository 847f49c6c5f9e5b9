//! Removing what a killed server left unfinished.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::spool::{DIGITS, PARTIAL, Spool};

impl Spool {
    /// Removes unfinished files that nobody writes any more, and says how many.
    ///
    /// It is safe beside other writers of the same folder, in this process and others: they hold locks. Complete files
    /// are never touched.
    ///
    /// # Errors
    /// The folder cannot be read. A single file that cannot be removed is passed over.
    pub fn sweep(&self) -> io::Result<usize> {
        let depth = self.levels.iter().take_while(|&&level| level > 0).count();
        sweep_folder(&self.directory, depth)
    }
}

fn sweep_folder(folder: &Path, depth: usize) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if depth > 0 {
            if kind.is_dir() && is_number(&entry.file_name().to_string_lossy()) {
                removed += sweep_folder(&path, depth - 1)?;
            }
        } else if kind.is_file() && is_partial(&entry.file_name().to_string_lossy()) {
            removed += usize::from(remove_abandoned(&path));
        }
    }
    Ok(removed)
}

/// Whether the file was nobody's, and is gone now.
fn remove_abandoned(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    file.try_lock().is_ok() && fs::remove_file(path).is_ok()
}

fn is_partial(name: &str) -> bool {
    name.strip_suffix(PARTIAL).is_some_and(|number| number.len() >= DIGITS && is_number(number))
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
