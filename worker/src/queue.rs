//! The worker: claims tasks, filters, stores and completes, and never loses one.
//!
//! [`claimer`] is the only one that claims in a process, and knows of free [`places`] before it does; [`job`] does one
//! task; an [`engine`](crate::engine) filters it in a process of its own; [`heartbeat`] keeps the leases, takes back what
//! dead workers hold, and tells jobs whose lease is lost to stop; [`publisher`] tells the edge how much waits, [`observer`]
//! whoever watches, and [`scaling`] how many workers that takes. PostgreSQL is the truth about all of it: a worker may be
//! killed at any moment, and a late result is refused by the lease's number.

pub mod claimer;
pub mod completer;
pub mod floors;
pub mod heartbeat;
pub mod held;
pub mod job;
pub mod key_note;
pub mod member;
pub mod observer;
pub mod places;
pub mod preview;
pub mod publisher;
pub mod scaling;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config;
use crate::db::Db;
use crate::db::tasks::ClaimTerms;
use crate::engine::pool::Engines;
use crate::store::Store;

/// Heartbeats that a worker may miss before it is taken for dead.
const MISSED_BEATS: u32 = 4;
/// Pause between two looks whether the store is back.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What the parts of a worker share.
pub struct Worker {
    /// What the database knows it as.
    pub member: Arc<member::Member>,
    /// The database.
    pub db: Db,
    /// The object store.
    pub store: Store,
    /// The filters.
    pub engines: Engines,
    /// Where tasks that are done are told.
    pub completer: completer::Completer,
    /// Places for tasks.
    pub places: places::Places,
    /// Called when there may be something to claim.
    pub wake: Arc<Notify>,
    /// Called when there may be something to tell.
    pub news: Arc<Notify>,
    /// Called when something was erased.
    pub erased: Arc<Notify>,
    settings: config::Worker,
    terms: ClaimTerms,
    store_is_down: AtomicBool,
}

impl Worker {
    /// A worker that has not yet been entered: see [`Worker::enter`]. To be called within a runtime.
    pub fn new(db: Db, store: Store, engines: Engines, settings: config::Worker) -> Self {
        let terms = ClaimTerms { lease: settings.lease, life: settings.link_life.clone() };
        let completer = completer::Completer::start(db.clone(), settings.link_life.clone());
        Self {
            member: member::Member::new(
                db.clone(),
                settings.lease,
                &settings.presence,
                Some(settings.slots()),
            ),
            completer,
            db,
            store,
            engines,
            places: places::Places::new(settings.slots(), settings.memory_budget_mib()),
            wake: Arc::new(Notify::new()),
            news: Arc::default(),
            erased: Arc::default(),
            settings,
            terms,
            store_is_down: AtomicBool::new(false),
        }
    }

    /// The number of this worker.
    pub fn number(&self) -> i32 {
        self.member.number()
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
