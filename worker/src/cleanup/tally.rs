//! What a cleanup has done so far, counted while several batches are under way.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use serde::Serialize;

/// What a cleanup is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Deleting the objects of what was erased.
    Erased,
    /// Removing expired links.
    Links,
    /// Removing originals.
    Originals,
    /// Removing old rows.
    Rows,
    /// Looking through the store.
    Orphans,
    /// Looking through the spool.
    Spool,
}

impl Stage {
    const ALL: [Self; 6] =
        [Self::Erased, Self::Links, Self::Originals, Self::Rows, Self::Orphans, Self::Spool];

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Erased => "what was erased",
            Self::Links => "expired links",
            Self::Originals => "originals",
            Self::Rows => "old rows",
            Self::Orphans => "looking through the store",
            Self::Spool => "looking through the spool",
        }
    }
}

/// Counts that rise.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) erased: AtomicU64,
    pub(super) links: AtomicU64,
    pub(super) originals: AtomicU64,
    pub(super) orphans: AtomicU64,
    pub(super) spooled: AtomicU64,
    pub(super) uploads: AtomicU64,
    pub(super) rows: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) leased: AtomicU64,
    pub(super) listed: AtomicU64,
    stage: AtomicU8,
    finished: AtomicBool,
}

impl Tally {
    pub(super) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    pub(super) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    /// What is being done.
    pub fn stage(&self) -> Stage {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        Stage::ALL.get(stage).copied().unwrap_or(Stage::Erased)
    }

    /// Objects that were looked at.
    pub fn listed(&self) -> u64 {
        self.listed.load(Ordering::Relaxed)
    }

    /// The counts as they are now.
    pub fn report(&self) -> Report {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Report {
            links: read(&self.links),
            originals: read(&self.originals),
            erased: read(&self.erased),
            orphans: read(&self.orphans),
            spooled: read(&self.spooled),
            uploads: read(&self.uploads),
            rows: read(&self.rows),
            refused: read(&self.refused),
            leased: read(&self.leased),
            finished: self.finished.load(Ordering::Relaxed),
        }
    }
}

/// What was removed, or with `--dry-run` would have been.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Expired links, each with its object.
    pub links: u64,
    /// Originals.
    pub originals: u64,
    /// Objects of what was erased.
    pub erased: u64,
    /// Objects that belonged to no one.
    pub orphans: u64,
    /// Files left in the spool.
    pub spooled: u64,
    /// Files of uploads in pieces that nobody went on with.
    pub uploads: u64,
    /// Rows of tasks, images and the dead.
    pub rows: u64,
    /// Objects that the store refused to delete; they are tried again later.
    pub refused: u64,
    /// What another cleanup has under way, or had when it died: it is free when a lease is over. So is what was refused.
    pub leased: u64,
    /// Whether everything was looked at; false when the time was up.
    pub finished: bool,
}

/// On one line, for a person and for the journal.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { links, originals, erased, orphans, spooled, uploads, rows, refused, leased, finished } =
            self;
        write!(
            f,
            "{links} links, {originals} originals, {erased} erased objects, {orphans} orphaned objects, \
             {spooled} spooled files, {uploads} files of uploads in pieces, {rows} rows; {refused} refused, {leased} left to others{}",
            if *finished { "" } else { "; not finished" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_knows_what_it_is_at() {
        let tally = Tally::default();
        for stage in Stage::ALL {
            tally.enter(stage);
            assert_eq!(tally.stage(), stage);
        }
        Tally::add(&tally.links, 2);
        Tally::add(&tally.links, 3);
        assert!(tally.report().to_string().starts_with("5 links, 0 originals"));
        assert!(tally.report().to_string().ends_with("not finished"));
        tally.finish();
        assert!(tally.report().to_string().ends_with("0 left to others"));
    }
}
