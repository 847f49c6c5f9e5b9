//! The one claimer of a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::floors::{Bounds, Floors};
use super::{Worker, jittered, job};
use crate::db::DbError;
use crate::db::tasks::{Claimed, Lane, Room};
use crate::metrics;

/// Pause after the database has failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Claims and starts tasks until `ending` becomes true. What was started goes on.
pub async fn run(worker: Arc<Worker>, mut ending: watch::Receiver<bool>) {
    let mut claimer = Claimer { worker, lanes: Lane::ALL.map(Waiting::new) };
    loop {
        tokio::select! {
            () = claimer.round() => {}
            _ = ending.wait_for(|ending| *ending) => return,
        }
    }
}

struct Claimer {
    worker: Arc<Worker>,
    lanes: [Waiting; Lane::ALL.len()],
}

/// What is known of the tasks that wait in a lane.
struct Waiting {
    lane: Lane,
    floors: Floors,
    guess: Guess,
}

/// Whether it is worth asking for a lane's tasks. Asking after each task that ends, when nothing waits, would be the
/// most that the database has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// Nobody knows: ask.
    Ask,
    /// There was more than there was room for: ask when there is room.
    More,
    /// There was nothing more: ask when the database says so, or after a while.
    Nothing,
}

impl Waiting {
    fn new(lane: Lane) -> Self {
        Self { lane, floors: Floors::default(), guess: Guess::Ask }
    }
}

impl Claimer {
    /// Fills the places it can, then waits until something has changed.
    async fn round(&mut self) {
        self.worker.store_answers().await;
        let worker = Arc::clone(&self.worker);
        let woken = worker.wake.notified();
        for waiting in &mut self.lanes {
            if waiting.guess != Guess::Ask {
                continue;
            }
            if let Err(error) = claim(&worker, waiting).await {
                tracing::warn!(error = %crate::cli::with_causes(&error), "cannot claim");
                tokio::time::sleep(jittered(PAUSE)).await;
                return;
            }
        }
        let may_be_new = tokio::select! {
            () = worker.places.freed() => false,
            () = woken => true,
            () = tokio::time::sleep(jittered(worker.settings.poll)) => true,
        };
        for waiting in &mut self.lanes {
            if may_be_new || waiting.guess == Guess::More {
                waiting.guess = Guess::Ask;
            }
        }
    }
}

/// Claims as many tasks of a lane as there is room for, and starts them.
async fn claim(worker: &Arc<Worker>, waiting: &mut Waiting) -> Result<(), DbError> {
    let room = worker.places.room(waiting.lane);
    if room.tasks == 0 || room.free_mib == 0 {
        waiting.guess = Guess::More;
        return Ok(());
    }
    let bounds = waiting.floors.next(Instant::now());
    let mut claimed = ask(worker, waiting, room, bounds).await?;
    if claimed.len() < room.tasks
        && let Some(bounds) = waiting.floors.after_short(Instant::now())
    {
        // What is claimed already must be started even if this fails.
        let rest = rest_of(room, &claimed);
        claimed.extend(ask(worker, waiting, rest, bounds).await.unwrap_or_default());
    }
    waiting.floors.learn(claimed.iter().map(|task| (task.prio, task.run_at)));
    let left = rest_of(room, &claimed);
    // Of a task that did not fit into the memory nothing is heard. It is rare that one needs more than half of it.
    let full = left.tasks == 0 || left.free_mib < left.budget_mib / 2;
    waiting.guess = if full { Guess::More } else { Guess::Nothing };
    for task in claimed {
        metrics::task::claimed(task.lane, task.waited);
        start(worker, waiting.lane, task);
    }
    Ok(())
}

async fn ask(
    worker: &Worker,
    waiting: &mut Waiting,
    room: Room,
    bounds: Bounds,
) -> Result<Vec<Claimed>, DbError> {
    if room.free_mib == 0 {
        return Ok(Vec::new());
    }
    let asked = Instant::now();
    let claimed = worker.db.claim(worker.number(), waiting.lane, room, &bounds, &worker.terms).await?;
    waiting.floors.took(&bounds, asked.elapsed());
    Ok(claimed)
}

/// What is left of the room when these have theirs.
fn rest_of(room: Room, claimed: &[Claimed]) -> Room {
    let used = claimed.iter().map(|task| task.memory_mib.clamp(1, room.budget_mib)).sum::<u32>();
    Room {
        tasks: room.tasks.saturating_sub(claimed.len()),
        free_mib: room.free_mib.saturating_sub(used),
        ..room
    }
}

fn start(worker: &Arc<Worker>, lane: Lane, task: Claimed) {
    // There was room for as many as were asked for. Should the database give more, their leases end by themselves.
    let Some(place) = worker.places.take(lane, task.memory_mib) else {
        tracing::error!(task = %task.task, "was given more than was asked for");
        return;
    };
    let worker = Arc::clone(worker);
    tokio::spawn(async move {
        job::run(&worker, task).await;
        drop(place);
    });
}
