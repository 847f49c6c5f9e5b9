//! Objects in the order of their keys, a page at a time: see `layout` for how folders stand for the beginnings of keys.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::disk::is_absent;
use super::layout::{bytes_of, width};
use super::record::Stored;

/// Folders whose names are remembered, since the next page most likely begins where this one ends.
const REMEMBERED: usize = 4;
/// A folder whose last change is so young may change again without its time telling it: the clock of file systems ticks
/// a few times a hundredth of a second.
const SETTLED: Duration = Duration::from_millis(200);

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// What keys begin with.
    pub prefix: String,
    /// Keys after this one only.
    pub after: String,
    /// Keys that go on, after the prefix, to this text are told as one.
    pub delimiter: String,
    /// The most keys and common prefixes.
    pub limit: usize,
}

/// A line of a listing.
#[derive(Debug)]
pub enum Line {
    /// An object.
    Object {
        /// Its key.
        key: String,
        /// Its entity tag, without quotes.
        etag: String,
        /// Its bytes.
        size: u64,
        /// When it was written.
        modified: SystemTime,
    },
    /// What several keys begin with.
    Common(String),
}

/// A page of a listing.
#[derive(Debug, Default)]
pub struct Page {
    /// In order.
    pub lines: Vec<Line>,
    /// The `after` of the next page; none: this was the last.
    pub next: Option<String>,
}

/// An entry of a folder: the bytes it adds to the key, and its name.
#[derive(Debug)]
struct Entry {
    bytes: Vec<u8>,
    name: String,
}

/// A folder as it was read.
#[derive(Debug)]
struct Read {
    folder: PathBuf,
    /// When the folder had last changed.
    changed: SystemTime,
    entries: Arc<Vec<Entry>>,
}

/// The entries of folders that were read last, in order, as long as the folders do not change.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Vec<Read>>);

impl Recent {
    /// The entries of a folder, by the order of their bytes; none where it has gone.
    fn entries(&self, folder: &Path) -> io::Result<Arc<Vec<Entry>>> {
        let changed = match fs::metadata(folder) {
            Err(error) if is_absent(&error) => return Ok(Arc::default()),
            about => about?.modified()?,
        };
        if let Some(known) = self.remembered(folder, changed) {
            return Ok(known);
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            if let Ok(name) = entry?.file_name().into_string()
                && let Some(bytes) = bytes_of(&name)
            {
                entries.push(Entry { bytes, name });
            }
        }
        entries.sort_unstable_by(|one, other| one.bytes.cmp(&other.bytes));
        let entries = Arc::new(entries);
        if changed.elapsed().is_ok_and(|age| age > SETTLED) {
            self.remember(folder, changed, &entries);
        }
        Ok(entries)
    }

    fn remembered(&self, folder: &Path, changed: SystemTime) -> Option<Arc<Vec<Entry>>> {
        let known = self.0.lock().ok()?;
        let found = known.iter().find(|read| read.folder == folder && read.changed == changed)?;
        Some(Arc::clone(&found.entries))
    }

    fn remember(&self, folder: &Path, changed: SystemTime, entries: &Arc<Vec<Entry>>) {
        if let Ok(mut known) = self.0.lock() {
            known.retain(|read| read.folder != folder);
            known.insert(0, Read { folder: folder.to_path_buf(), changed, entries: Arc::clone(entries) });
            known.truncate(REMEMBERED);
        }
    }
}

/// A page of the objects below the folder of a bucket that is there.
pub fn page(recent: &Recent, bucket: &Path, query: &Query) -> io::Result<Page> {
    let mut walk = Walk { recent, query, page: Page::default(), common: None };
    if query.limit > 0 {
        walk.folder(bucket, &mut Vec::new(), 0)?;
    }
    Ok(walk.page)
}

struct Walk<'a> {
    recent: &'a Recent,
    query: &'a Query,
    page: Page,
    /// The common prefix that was told last: the other keys that begin with it are passed over.
    common: Option<String>,
}

impl Walk<'_> {
    /// Walks a folder, whose keys begin with `key`; whether to go on.
    fn folder(&mut self, folder: &Path, key: &mut Vec<u8>, depth: usize) -> io::Result<bool> {
        let (entries, start) = (self.recent.entries(folder)?, key.len());
        for entry in self.wanted(&entries, key, depth) {
            key.truncate(start);
            key.extend_from_slice(&entry.bytes);
            if self.passes(key) {
                continue;
            }
            let path = folder.join(&entry.name);
            // What is as long as a folder's name is one: an object's is shorter.
            let goes_on = match entry.bytes.len() == width(depth) {
                true => self.folder(&path, key, depth + 1)?,
                false => self.object(&path, key)?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        key.truncate(start);
        Ok(true)
    }

    /// The entries from the first on that can be wanted: found by halving, since a folder may hold many.
    fn wanted<'e>(&self, entries: &'e [Entry], key: &[u8], depth: usize) -> &'e [Entry] {
        let from = self.query.after.as_bytes().max(self.query.prefix.as_bytes());
        let Some(rest) = from.strip_prefix(key) else { return entries };
        // The folder on the way there is as long as this, and objects are shorter: what is less comes before.
        let first = &rest[..rest.len().min(width(depth))];
        &entries[entries.partition_point(|entry| entry.bytes.as_slice() < first)..]
    }

    /// Whether neither this key nor any that begins with it is wanted.
    fn passes(&self, key: &[u8]) -> bool {
        let (prefix, after) = (self.query.prefix.as_bytes(), self.query.after.as_bytes());
        let is_outside = !key.starts_with(prefix) && !prefix.starts_with(key);
        let is_told = self.common.as_ref().is_some_and(|common| key.starts_with(common.as_bytes()));
        is_outside || is_told || key < after && !after.starts_with(key)
    }

    /// Tells an object, or the common prefix it stands for; whether to go on.
    fn object(&mut self, path: &Path, key: &[u8]) -> io::Result<bool> {
        let Ok(key) = std::str::from_utf8(key) else { return Ok(true) };
        let query = self.query;
        let Some(rest) = key.strip_prefix(query.prefix.as_str()) else { return Ok(true) };
        if !query.after.is_empty() && key <= query.after.as_str() {
            return Ok(true);
        }
        let common = match query.delimiter.as_str() {
            "" => None,
            delimiter => rest.find(delimiter).map(|at| &key[..query.prefix.len() + at + delimiter.len()]),
        };
        // The page before ended with it.
        if common.is_some_and(|common| common == query.after) {
            self.common = common.map(str::to_owned);
            return Ok(true);
        }
        if self.page.lines.len() == query.limit {
            self.page.next = self.page.lines.last().map(|line| match line {
                Line::Object { key: last, .. } | Line::Common(last) => last.clone(),
            });
            return Ok(false);
        }
        if let Some(common) = common {
            self.page.lines.push(Line::Common(common.to_owned()));
            self.common = Some(common.to_owned());
            return Ok(true);
        }
        match fs::File::open(path).and_then(Stored::of) {
            // Its file is closed again: a page shows more than may be open at once.
            Ok(Stored { record, size, modified, .. }) => {
                self.page.lines.push(Line::Object { key: key.to_owned(), etag: record.etag, size, modified });
            }
            // Deleted meanwhile.
            Err(error) if is_absent(&error) => {}
            // Nobody could fetch it either.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                tracing::error!(path = %path.display(), %error, "an object is damaged");
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
