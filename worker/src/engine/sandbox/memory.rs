//! Limits on memory and files.

use std::fs::File;
use std::os::unix::fs::FileExt;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Memory that a job may take beyond its share: what an allocator keeps, and stacks of threads.
const SLACK: u64 = 256 << 20;
/// A job may take so many times the share it was estimated to need, before something must be wrong with it.
const MARGIN: u64 = 2;
/// Which number of `statm` counts the pages of data: the sixth.
const DATA_FIELD: usize = 5;
/// Descriptors of an engine: a socket, the log, a few parcels and assets.
const MAX_DESCRIPTORS: u64 = 64;

/// The limit on this process's memory, moved for each job. Beyond it an allocation fails, and the process aborts: a
/// matter of this one job, noticed by the worker, long before the machine runs out.
#[derive(Debug)]
pub struct MemoryLimit {
    max: u64,
    page: u64,
    statm: File,
}

impl MemoryLimit {
    /// A limit that is never beyond `max` bytes.
    pub fn new(max: u64) -> std::io::Result<Self> {
        // Found out now: later there will be no files.
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let statm = File::open("/proc/self/statm")?;
        set(Resource::Data, max, max)?;
        Ok(Self { max, page, statm })
    }

    /// Allows a job that was estimated to need so many bytes.
    pub fn allow(&self, share: u64) -> std::io::Result<()> {
        let limit = self.now()?.saturating_add(share.saturating_mul(MARGIN)).saturating_add(SLACK);
        set(Resource::Data, limit.min(self.max), self.max)?;
        Ok(())
    }

    /// Bytes of data that this process has.
    fn now(&self) -> std::io::Result<u64> {
        let mut text = [0; 128];
        let length = self.statm.read_at(&mut text, 0)?;
        let text = String::from_utf8_lossy(&text[..length]);
        let pages = text.split_ascii_whitespace().nth(DATA_FIELD).and_then(|pages| pages.parse::<u64>().ok());
        pages
            .map(|pages| pages * self.page)
            .ok_or_else(|| std::io::Error::other("/proc/self/statm is not understood"))
    }
}

/// No core dumps, which would hold somebody's picture; few descriptors; and no file, nor parcel, larger than `max_bytes`.
pub fn limit_files(max_bytes: u64) -> Result<(), Errno> {
    set(Resource::Core, 0, 0)?;
    set(Resource::Nofile, MAX_DESCRIPTORS, MAX_DESCRIPTORS)?;
    set(Resource::Fsize, max_bytes, max_bytes)
}

fn set(resource: Resource, current: u64, maximum: u64) -> Result<(), Errno> {
    setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
}
