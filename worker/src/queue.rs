//! The worker: claims tasks, filters, stores and completes, and never loses one.
//!
//! [`claimer`] is the only one that claims in a process, and takes free [`slots`] before it does; [`job`] does one task;
//! [`engine`] filters on threads of its own; [`heartbeat`] keeps the leases, takes back what dead workers hold, and
//! tells jobs whose lease is lost to stop; [`publisher`] tells the edge how much waits. PostgreSQL is the truth about
//! all of it: a worker may be killed at any moment, and a late result is refused by the lease's number.

pub mod claimer;
pub mod completer;
pub mod engine;
pub mod floors;
pub mod heartbeat;
pub mod held;
pub mod job;
pub mod publisher;
pub mod slots;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config;
use crate::db::Db;
use crate::db::tasks::ClaimTerms;
use crate::store::Store;

/// Heartbeats that a worker may miss before it is taken for dead.
const MISSED_BEATS: u32 = 4;
/// Pause between two looks whether the store is back.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What the parts of a worker share.
pub struct Worker {
    /// The database.
    pub db: Db,
    /// The object store.
    pub store: Store,
    /// The filters.
    pub engine: engine::Engine,
    /// What is being worked on.
    pub held: held::Registry,
    /// Places for tasks.
    pub slots: slots::Slots,
    /// Called when there may be something to claim.
    pub wake: Arc<Notify>,
    /// Called when there may be something to tell.
    pub news: Notify,
    settings: config::Worker,
    terms: ClaimTerms,
    fetch_timeout: Duration,
    number: AtomicI32,
    store_is_down: AtomicBool,
}

impl Worker {
    /// A worker that has not yet been entered: see [`Worker::enter`].
    pub fn new(
        db: Db,
        store: Store,
        engine: engine::Engine,
        settings: config::Worker,
        s3_timeout: Duration,
    ) -> Self {
        let budget_mib = u32::try_from(settings.memory_budget >> 20).unwrap_or(u32::MAX).max(1);
        let terms = ClaimTerms { budget_mib, lease: settings.lease, life: settings.link_life.clone() };
        Self {
            db,
            store,
            engine,
            held: held::Registry::default(),
            slots: slots::Slots::new(settings.slots()),
            wake: Arc::new(Notify::new()),
            news: Notify::new(),
            settings,
            terms,
            // A slow store may need its time for a large original; what hangs must end all the same.
            fetch_timeout: s3_timeout * 2,
            number: AtomicI32::new(0),
            store_is_down: AtomicBool::new(false),
        }
    }

    /// Enters this process into the database, under a number that it never had before.
    pub async fn enter(&self) -> Result<(), crate::db::DbError> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let number = self.db.worker_start(&host, std::process::id(), env!("CARGO_PKG_VERSION")).await?;
        self.number.store(number, Ordering::Release);
        tracing::info!(worker = number, slots = self.slots.count(), "entered");
        Ok(())
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

    /// Waits while the store is known not to answer: no task should pay for that with an attempt.
    async fn store_answers(&self) {
        while self.store_is_down.load(Ordering::Acquire) {
            match self.store.ready().await {
                Ok(()) => {
                    tracing::info!("the object store answers again");
                    self.store_is_down.store(false, Ordering::Release);
                }
                Err(_) => tokio::time::sleep(STORE_PAUSE).await,
            }
        }
    }
}

/// A duration give or take a quarter, so that many workers do not all ask at the same time.
pub(crate) fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(0.75 + fastrand::f64() / 2.0)
}
