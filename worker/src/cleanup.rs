//! Removing what has ended: expired links with their objects, originals that nobody needs, objects and spooled files
//! that belong to no one, what was erased, and old rows.
//!
//! No transaction is ever open while the store is asked. A batch of rows is leased for some minutes, its objects are
//! deleted, then the rows: a cleanup may be killed at any moment, and two at once share the work. The store is asked
//! to delete first, so a row without its object may be left for a while, but never an object that no row knows of for
//! longer than until the next sweep.
//!
//! Several batches are under way at a time, so that the store works while the database does. None is larger than one
//! request to the store, and nothing is kept of those that are done: memory does not grow with the work.

mod erased;
pub mod spool;
pub mod sweep;
mod tally;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use thiserror::Error;
use uuid::Uuid;

use crate::config;
use crate::db::cleanup::Doomed;
use crate::db::{Db, DbError};
use crate::store::{MAX_DELETE, Store, StoreError};

pub use tally::{Report, Stage, Tally};

/// How long a batch stays one cleanup's, unless it is told otherwise: longer than one request to the store, tried twice. A
/// batch that takes longer is deleted by another one, too, which does no harm.
pub const LEASE: Duration = Duration::from_secs(90);

/// Fewer objects than these are not tried when the store fails: then it is not their number.
const FEWEST: usize = 50;

/// How much is done at once, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Rows or objects at a time, up to [`MAX_DELETE`].
    pub batch: usize,
    /// Batches under way at the same time.
    pub parallel: usize,
    /// When to stop, though there may be more to do.
    pub until: Option<Instant>,
    /// How long a batch stays this cleanup's. What one that is killed had waits for so long.
    pub lease: Duration,
}

/// Why a cleanup broke off.
#[derive(Debug, Error)]
pub enum CleanupError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The spool.
    #[error("cannot clean the spool")]
    Spool(#[from] std::io::Error),
}

/// A cleanup under way.
pub struct Cleanup<'a> {
    /// What was removed so far.
    pub tally: Tally,
    db: &'a Db,
    store: &'a Store,
    pace: Pace,
    stopped: AtomicBool,
    /// Objects that the store is asked to delete at once.
    portion: AtomicUsize,
}

impl<'a> Cleanup<'a> {
    /// One that has not begun.
    pub fn new(db: &'a Db, store: &'a Store, pace: Pace) -> Self {
        let portion = AtomicUsize::new(MAX_DELETE);
        Self { tally: Tally::default(), db, store, pace, stopped: AtomicBool::new(false), portion }
    }

    /// Removes all of it. What was removed before an error is in the tally.
    pub async fn run(&self, settings: &config::Cleanup) -> Result<(), CleanupError> {
        self.remove_erased().await?;
        self.tally.enter(Stage::Links);
        self.in_lanes(|| self.remove_some_links()).await?;
        self.tally.enter(Stage::Originals);
        self.in_lanes(|| self.remove_some_originals(settings.original_life)).await?;
        self.tally.enter(Stage::Rows);
        while self.goes_on() && self.remove_some_rows(settings).await? {}
        self.sweep(settings, false).await?;
        Tally::add(&self.tally.leased, self.db.leased_rows().await?);
        Ok(())
    }

    /// Counts what would be removed, and removes nothing.
    pub async fn count(&self, settings: &config::Cleanup) -> Result<(), CleanupError> {
        let preview = self.db.cleanup_preview(settings.into()).await?;
        Tally::add(&self.tally.erased, preview.erased);
        Tally::add(&self.tally.links, preview.links);
        Tally::add(&self.tally.originals, preview.originals);
        Tally::add(&self.tally.rows, preview.rows);
        self.sweep(settings, true).await
    }

    /// What belongs to no one: in the store, and in the spool of this machine.
    async fn sweep(&self, settings: &config::Cleanup, dry_run: bool) -> Result<(), CleanupError> {
        self.tally.enter(Stage::Orphans);
        self.sweep_objects(settings.orphan_age, dry_run).await?;
        self.tally.enter(Stage::Spool);
        let removed = spool::clean(settings, dry_run).await?;
        Tally::add(&self.tally.spooled, removed.spooled);
        Tally::add(&self.tally.uploads, removed.uploads);
        if self.goes_on() {
            self.tally.finish();
        }
        Ok(())
    }

    /// Ends it as soon as what is under way is done.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether there is time for more.
    fn goes_on(&self) -> bool {
        let is_late = self.pace.until.is_some_and(|until| Instant::now() >= until);
        !is_late && !self.stopped.load(Ordering::Relaxed)
    }

    fn batch(&self) -> usize {
        self.pace.batch.clamp(1, MAX_DELETE)
    }

    /// The batch as the database counts.
    fn rows(&self) -> i32 {
        i32::try_from(self.batch()).unwrap_or(i32::MAX)
    }

    /// Batches under way at the same time.
    fn lanes(&self) -> usize {
        self.pace.parallel.max(1)
    }

    /// Does batches, several at the same time, until there is no more to do, or no time: `some` does one, and says whether
    /// there was any.
    async fn in_lanes<F>(&self, some: impl Fn() -> F) -> Result<(), CleanupError>
    where
        F: Future<Output = Result<bool, CleanupError>>,
    {
        let lanes = (0..self.lanes()).map(|_| async {
            while self.goes_on() && some().await? {}
            Ok::<_, CleanupError>(())
        });
        try_join_all(lanes).await.map(drop)
    }

    /// A batch of expired links. False: there are none left.
    async fn remove_some_links(&self) -> Result<bool, CleanupError> {
        let doomed = self.db.expired_links(self.rows(), self.pace.lease).await?;
        if doomed.is_empty() {
            return Ok(false);
        }
        let gone = self.delete_rows(&doomed).await?;
        Tally::add(&self.tally.links, self.db.remove_links(&gone).await?);
        Ok(true)
    }

    /// A batch of originals. False: there are none left.
    async fn remove_some_originals(&self, life: Duration) -> Result<bool, CleanupError> {
        let doomed = self.db.spent_originals(life, self.rows(), self.pace.lease).await?;
        if doomed.is_empty() {
            return Ok(false);
        }
        let gone = self.delete_rows(&doomed).await?;
        Tally::add(&self.tally.originals, self.db.remove_originals(&gone).await?);
        Ok(true)
    }

    /// A batch of old rows. False: there are none left.
    async fn remove_some_rows(&self, settings: &config::Cleanup) -> Result<bool, CleanupError> {
        let removed = self.db.remove_old_rows(settings.into(), self.rows()).await?;
        Tally::add(&self.tally.rows, removed);
        Ok(removed > 0)
    }

    /// Deletes the objects, and returns the rows of those that are gone. What the store refused keeps its row, and its
    /// lease, so that it is not asked for again at once.
    async fn delete_rows(&self, doomed: &[Doomed]) -> Result<Vec<Uuid>, CleanupError> {
        let keys: Vec<String> = doomed.iter().map(|one| one.object_key.clone()).collect();
        let refused = self.delete(&keys).await?;
        Ok(doomed.iter().filter(|one| !refused.contains(&one.object_key)).map(|one| one.id).collect())
    }

    /// Deletes objects, and returns the keys of those that the store refused to delete. A store that does not manage so many
    /// in time is asked for fewer, from then on.
    async fn delete(&self, keys: &[String]) -> Result<Vec<String>, CleanupError> {
        let (mut refused, mut left) = (Vec::new(), keys);
        while !left.is_empty() {
            let (some, others) = left.split_at(self.portion.load(Ordering::Relaxed).min(left.len()));
            match self.store.delete(some).await {
                Ok(deleted) => {
                    refused.extend(deleted.refused);
                    left = others;
                }
                Err(error) if some.len() > FEWEST => {
                    tracing::warn!(%error, objects = some.len(), "asking for half as many");
                    self.portion.fetch_min(some.len().div_ceil(2), Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        for (key, why) in &refused {
            tracing::warn!(key, why, "the store refused to delete an object");
        }
        Tally::add(&self.tally.refused, refused.len() as u64);
        Ok(refused.into_iter().map(|(key, _)| key).collect())
    }
}
