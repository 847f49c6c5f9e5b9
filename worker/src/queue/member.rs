//! A process that the database knows as a worker, whatever it does: under a number, and as long as it gives signs of life.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::held::Registry;
use super::jittered;
use crate::config;
use crate::db::{Db, DbError};

/// Pause between two tries to reach the database at the start.
const ENTER_PAUSE: Duration = Duration::from_secs(1);

/// A worker among the others.
pub struct Member {
    /// The database.
    pub db: Db,
    /// What is being worked on, and has to be kept by signs of life.
    pub held: Registry,
    /// Called when something that is being worked on may have been canceled.
    pub canceled: Arc<Notify>,
    /// Called when an operator wants this worker to finish what it has begun and to end.
    pub told_to_drain: Notify,
    /// How long what is being worked on stays its own without a sign of life.
    pub lease: Duration,
    /// Time between two signs of life.
    pub beat: Duration,
    /// Images that it filters at the same time; none: it filters none.
    slots: Option<usize>,
    number: AtomicI32,
}

impl Member {
    /// One that has not been entered yet.
    pub fn new(db: Db, lease: Duration, presence: &config::Presence, slots: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            db,
            held: Registry::default(),
            canceled: Arc::default(),
            told_to_drain: Notify::new(),
            lease,
            beat: presence.beat,
            slots,
            number: AtomicI32::new(0),
        })
    }

    /// Enters this process into the database, under a number that it never had before.
    pub async fn enter(&self) -> Result<(), DbError> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let version = env!("CARGO_PKG_VERSION");
        let number = self.db.worker_start(&host, std::process::id(), version, self.slots).await?;
        self.number.store(number, Ordering::Release);
        tracing::info!(worker = number, "entered");
        Ok(())
    }

    /// Enters as soon as the database lets it.
    pub async fn enter_at_last(&self) {
        while let Err(error) = self.enter().await {
            tracing::warn!(error = %crate::cli::with_causes(&error), "the database is not there yet");
            tokio::time::sleep(jittered(ENTER_PAUSE)).await;
        }
    }

    /// The number of this worker.
    pub fn number(&self) -> i32 {
        self.number.load(Ordering::Acquire)
    }

    /// Gives back what is left and leaves.
    pub async fn leave(&self) {
        self.held.cancel_all();
        match self.db.worker_stop(self.number()).await {
            Ok(0) => tracing::info!("left"),
            Ok(released) => tracing::info!(released, "left, and gave back what was not finished"),
            Err(error) => tracing::warn!(%error, "could not say goodbye: others will notice"),
        }
    }
}
