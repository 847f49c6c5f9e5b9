//! Counting the service as a whole for whoever watches it: one worker counts for all, and each tells.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::scaling::{Load, workers_wanted};
use super::{Worker, jittered};
use crate::config::Scaling;
use crate::metrics;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// What was counted within this time is fresh enough: a little less than the shortest pause.
const FRESH: Duration = Duration::from_millis(3500);
/// Counting may take one part in so many of this worker's time.
const SHARE: u32 = 20;
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Rows of a lane that are counted at most.
pub const MAX_COUNTED: i64 = 100_000;

/// When what is told was counted; none: nothing is told yet.
#[derive(Default)]
pub struct Counted(Mutex<Option<Instant>>);

impl Counted {
    /// How long ago that was, in seconds.
    pub fn age(&self) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed().as_secs_f64())
    }

    fn note(&self, age: f64) {
        let age = Duration::try_from_secs_f64(age).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_sub(age);
    }
}

/// Counts by turns with all other workers, and tells what was counted, for ever.
pub async fn run(worker: Arc<Worker>, terms: Scaling, counted: Arc<Counted>) {
    loop {
        let begun = Instant::now();
        if let Err(error) = worker.db.publish_service_state(FRESH, MAX_COUNTED).await {
            // the heartbeat says so too, and less often; what was counted before is told with its age
            tracing::debug!(error = %crate::cli::with_causes(&error), "cannot count the service");
        }
        let pause = (begun.elapsed() * SHARE).min(LONGEST_PAUSE);
        if let Ok(Some(state)) = worker.db.service_state().await {
            let load = Load::of(&state, worker.engines.count());
            metrics::state::counted(&state, workers_wanted(&load, &terms));
            counted.note(state.age);
        }
        tokio::time::sleep(jittered(PAUSE).max(pause)).await;
    }
}
