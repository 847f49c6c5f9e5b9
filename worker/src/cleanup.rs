//! Removing what has ended: expired links with their objects, originals that nobody needs, objects and spooled files
//! that belong to no one, and old rows.
//!
//! No transaction is ever open while the store is asked. A batch of rows is leased for some minutes, its objects are
//! deleted, then the rows: a cleanup may be killed at any moment, and two at once share the work. The store is asked
//! to delete first, so a row without its object may be left for a while, but never an object that no row knows of for
//! longer than until the next sweep.

pub mod spool;
pub mod sweep;

use std::time::{Duration, Instant};

use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use crate::config;
use crate::db::cleanup::Doomed;
use crate::db::{Db, DbError};
use crate::store::{MAX_DELETE, Store, StoreError};

/// How long a batch stays one cleanup's.
const LEASE: Duration = Duration::from_secs(600);

/// How a cleanup is to be done.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Only count.
    pub dry_run: bool,
    /// Rows or objects at a time.
    pub batch: usize,
    /// When to stop, though there may be more to do.
    pub until: Option<Instant>,
    /// Ages and places.
    pub settings: config::Cleanup,
}

/// What was removed, or with `--dry-run` would have been.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Expired links, each with its object.
    pub links: u64,
    /// Originals.
    pub originals: u64,
    /// Objects that belonged to no one.
    pub orphans: u64,
    /// Files left in the spool.
    pub spooled: u64,
    /// Rows of tasks, images and the dead.
    pub rows: u64,
    /// Objects that the store refused to delete; they are tried again later.
    pub refused: u64,
    /// Whether everything was looked at; false when the time was up.
    pub finished: bool,
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
    /// The database.
    pub db: &'a Db,
    /// The store.
    pub store: &'a Store,
    /// How it is to be done.
    pub terms: &'a Terms,
    /// What was removed so far.
    pub report: Report,
}

impl Cleanup<'_> {
    /// Does all of it. What was removed before an error stays in the report.
    pub async fn run(&mut self) -> Result<(), CleanupError> {
        if self.terms.dry_run {
            let settings = &self.terms.settings;
            let preview = self.db.cleanup_preview(settings.original_life, settings.task_life).await?;
            self.report.links = preview.links;
            self.report.originals = preview.originals;
            self.report.rows = preview.rows;
        } else {
            self.remove_links().await?;
            self.remove_originals().await?;
            self.remove_rows().await?;
        }
        self.sweep_objects().await?;
        self.report.spooled = spool::clean(self.terms).await?;
        self.report.finished = !self.time_is_up();
        Ok(())
    }

    /// Whether to stop.
    fn time_is_up(&self) -> bool {
        self.terms.until.is_some_and(|until| Instant::now() >= until)
    }

    fn batch(&self) -> usize {
        self.terms.batch.clamp(1, MAX_DELETE)
    }

    async fn remove_links(&mut self) -> Result<(), CleanupError> {
        let batch = i32::try_from(self.batch()).unwrap_or(i32::MAX);
        while !self.time_is_up() {
            let doomed = self.db.expired_links(batch, LEASE).await?;
            if doomed.is_empty() {
                break;
            }
            let gone = self.delete(&doomed).await?;
            self.report.links += self.db.remove_links(&gone).await?;
        }
        Ok(())
    }

    async fn remove_originals(&mut self) -> Result<(), CleanupError> {
        let batch = i32::try_from(self.batch()).unwrap_or(i32::MAX);
        let life = self.terms.settings.original_life;
        while !self.time_is_up() {
            let doomed = self.db.spent_originals(life, batch, LEASE).await?;
            if doomed.is_empty() {
                break;
            }
            let gone = self.delete(&doomed).await?;
            self.report.originals += self.db.remove_originals(&gone).await?;
        }
        Ok(())
    }

    async fn remove_rows(&mut self) -> Result<(), CleanupError> {
        let batch = i32::try_from(self.batch()).unwrap_or(i32::MAX);
        while !self.time_is_up() {
            let removed = self.db.remove_old_rows(self.terms.settings.task_life, batch).await?;
            if removed == 0 {
                break;
            }
            self.report.rows += removed;
        }
        Ok(())
    }

    /// Deletes the objects, and returns the rows of those that are gone. What the store refused keeps its row, and its
    /// lease, so that it is not asked for again at once.
    async fn delete(&mut self, doomed: &[Doomed]) -> Result<Vec<Uuid>, CleanupError> {
        let keys: Vec<String> = doomed.iter().map(|one| one.object_key.clone()).collect();
        let refused = self.store.delete(&keys).await?.refused;
        for (key, why) in &refused {
            tracing::warn!(key, why, "the store refused to delete an object");
        }
        self.report.refused += refused.len() as u64;
        let is_gone = |one: &&Doomed| !refused.iter().any(|(key, _)| *key == one.object_key);
        Ok(doomed.iter().filter(is_gone).map(|one| one.id).collect())
    }
}
