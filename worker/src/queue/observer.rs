//! Counting the service as a whole for whoever watches it: one worker counts for all, and each tells.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::scaling::{Load, workers_wanted};
use super::{Worker, jittered};
use crate::config::Scaling;
use crate::db::DbError;
use crate::metrics;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// What was counted within this time is fresh enough: a little less than the shortest pause.
const FRESH: Duration = Duration::from_millis(3500);
/// Counting may take one part in so many of this worker's time.
const SHARE: u32 = 20;
/// The longest pause: before it is over, what was counted is not yet too old to be told.
const LONGEST_PAUSE: Duration = Duration::from_secs(45);
/// Rows of a lane that are counted at most.
pub const MAX_COUNTED: i64 = 100_000;

/// When what is told was counted; none: nothing is told yet.
#[derive(Default)]
pub struct Counted(Mutex<Option<Instant>>);

impl Counted {
    /// How long ago that was.
    pub fn age(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    fn note(&self, age: f64) {
        let age = Duration::try_from_secs_f64(age).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_sub(age);
    }
}

/// Counts by turns with all other workers, and tells what was counted, for ever.
pub async fn run(worker: Arc<Worker>, terms: Scaling, counted: Arc<Counted>) {
    let mut fails = false;
    loop {
        let begun = Instant::now();
        let published = worker.db.publish_service_state(FRESH, MAX_COUNTED).await;
        let pause = (begun.elapsed() * SHARE).min(LONGEST_PAUSE);
        let state = worker.db.service_state().await;
        // What others have counted is told also where this worker cannot.
        if let Ok(Some(state)) = &state {
            // First, so that who is asked meanwhile does not take it for old.
            counted.note(state.age);
            let load = Load::of(state, worker.engines.count());
            metrics::state::counted(state, workers_wanted(&load, &terms));
        }
        fails = learned(fails, published.err().or(state.err()));
        tokio::time::sleep(jittered(PAUSE).max(pause)).await;
    }
}

/// Says once that the service cannot be counted, and once that it can be again. Returns whether it cannot.
fn learned(failed: bool, error: Option<DbError>) -> bool {
    match &error {
        Some(error) if !failed => {
            tracing::warn!(error = %crate::cli::with_causes(error), "cannot count the service");
        }
        None if failed => tracing::info!("the service can be counted again"),
        _ => {}
    }
    error.is_some()
}
