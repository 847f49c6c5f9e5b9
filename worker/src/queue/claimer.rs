//! The one claimer of a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::floors::Floors;
use super::slots::Free;
use super::{Worker, jittered, job};
use crate::db::DbError;
use crate::db::tasks::{Claimed, Lane, Room};

/// Pause after the database has failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Claims and starts tasks until `ending` becomes true. What was started goes on.
pub async fn run(worker: Arc<Worker>, mut ending: watch::Receiver<bool>) {
    let mut claimer = Claimer {
        worker,
        fast: Floors::default(),
        slow: Floors::default(),
        quarantine: Floors::default(),
        last: Lane::Slow,
    };
    loop {
        tokio::select! {
            () = claimer.round() => {}
            _ = ending.wait_for(|ending| *ending) => return,
        }
    }
}

struct Claimer {
    worker: Arc<Worker>,
    fast: Floors,
    slow: Floors,
    quarantine: Floors,
    /// The lane that had the last turn, for a worker with a single slot.
    last: Lane,
}

impl Claimer {
    /// Waits for free slots, fills them if it can, and if there was nothing waits until there may be something.
    async fn round(&mut self) {
        self.worker.store_answers().await;
        let mut free = self.worker.slots.free().await;
        let worker = Arc::clone(&self.worker);
        let woken = worker.wake.notified();
        match self.fill(&mut free).await {
            Ok(0) => {
                drop(free);
                let _ = tokio::time::timeout(jittered(worker.settings.poll), woken).await;
            }
            Ok(_) => {}
            Err(error) => {
                drop(free);
                tracing::warn!(error = %crate::cli::with_causes(&error), "cannot claim");
                tokio::time::sleep(jittered(PAUSE)).await;
            }
        }
    }

    /// Fills the free slots. One slow task is always let in if none is being worked on, so that neither lane starves;
    /// beyond that the fast ones come first.
    async fn fill(&mut self, free: &mut Free) -> Result<usize, DbError> {
        let single = self.worker.slots.count() == 1;
        let slow_first = if single { self.last == Lane::Fast } else { self.worker.slots.slow_in_use() == 0 };
        let mut started = 0;
        if slow_first {
            started += self.claim(free, Lane::Slow, 1).await?;
        }
        started += self.claim(free, Lane::Fast, usize::MAX).await?;
        if !slow_first || started > 0 {
            started += self.claim(free, Lane::Slow, usize::MAX).await?;
        }
        if self.worker.slots.slow_in_use() == 0 {
            started += self.claim(free, Lane::Quarantine, 1).await?;
        }
        Ok(started)
    }

    /// Claims up to `limit` tasks of a lane, as far as there is room, and starts them.
    async fn claim(&mut self, free: &mut Free, lane: Lane, limit: usize) -> Result<usize, DbError> {
        let room = self.worker.slots.room(free, lane).min(limit);
        if room == 0 {
            return Ok(0);
        }
        let worker = Arc::clone(&self.worker);
        let floors = match lane {
            Lane::Fast => &mut self.fast,
            Lane::Slow => &mut self.slow,
            Lane::Quarantine => &mut self.quarantine,
        };
        // The engine makes what was claimed wait for memory.
        let ask = |tasks: usize, bounds| async move {
            let room = Room { tasks, free_mib: u32::MAX };
            worker.db.claim(worker.number(), lane, room, &bounds, &worker.terms).await
        };
        let (asked, bounds) = (Instant::now(), floors.next(Instant::now()));
        let mut claimed = ask.clone()(room, bounds).await?;
        floors.took(&bounds, asked.elapsed());
        if claimed.len() < room
            && let Some(bounds) = floors.after_short(Instant::now())
        {
            let asked = Instant::now();
            // What is claimed already must be started even if this fails.
            claimed.extend(ask(room - claimed.len(), bounds).await.unwrap_or_default());
            floors.took(&bounds, asked.elapsed());
        }
        floors.learn(claimed.iter().map(|task| (task.prio, task.run_at)));
        if !claimed.is_empty() {
            self.last = lane;
        }
        Ok(self.start(free, lane, claimed))
    }

    fn start(&self, free: &mut Free, lane: Lane, claimed: Vec<Claimed>) -> usize {
        let mut started = 0;
        for task in claimed {
            // There was room for as many as were asked for. Should the database give more, their leases end by
            // themselves.
            let Some(slot) = self.worker.slots.take(free, lane) else { break };
            started += 1;
            let worker = Arc::clone(&self.worker);
            tokio::spawn(async move {
                job::run(&worker, task).await;
                drop(slot);
            });
        }
        started
    }
}
