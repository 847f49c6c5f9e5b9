//! Telling the edge how much work waits: one worker counts for all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Worker, jittered};
use crate::config::MAX_COUNTED;

/// Pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: the edge believes what it reads for five seconds (`queue_state_life`).
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// What was published within this time is fresh enough: a little less than the shortest pause.
const FRESH: Duration = Duration::from_millis(700);
/// Counting may take one part in so many of this worker's time: a very long queue is counted less often.
const SHARE: u32 = 20;

/// Publishes the state of the queue for ever, by turns with all other workers: whoever is first in a second does it.
pub async fn run(worker: Arc<Worker>) {
    loop {
        let started = Instant::now();
        if let Err(error) = worker.db.publish_queue_state(FRESH, MAX_COUNTED).await {
            // the heartbeat says so too, and less often
            tracing::debug!(error = %crate::cli::with_causes(&error), "cannot publish the state of the queue");
        }
        let pause = (started.elapsed() * SHARE).min(LONGEST_PAUSE);
        tokio::time::sleep(jittered(PAUSE).max(pause)).await;
    }
}
