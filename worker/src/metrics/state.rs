//! What only the database knows: how much waits, and how many workers that would take. One worker has it counted, and each
//! tells it, so that it is there whichever of them is asked: `max()` over all is the truth. So who has lost the database must
//! not go on telling what was.

use std::time::Duration;

use super::delivery::CHANNEL;
use super::family::{About, Family, Gauge, WORKER};
use super::task::LANE;
use crate::db::state::ServiceState;

/// What was counted longer ago than this is not told any more: others may know better.
const OLDEST_TOLD: Duration = Duration::from_secs(60);

static READY: Gauge<1> = Gauge::new(About::new(
    "imgfilter_queue_ready",
    WORKER,
    &[LANE],
    "Tasks that may run and that no worker has, counted up to 100000.",
    "Rises while less is done than comes in.",
));

static OLDEST: Gauge<1> = Gauge::new(About::new(
    "imgfilter_queue_oldest_seconds",
    WORKER,
    &[LANE],
    "Seconds that the oldest of those has waited, but for what has priority 3, which lets all others pass.",
    "What clients feel. Alert on `fast` first.",
));

static DELAYED: Gauge<1> = Gauge::new(About::new(
    "imgfilter_queue_delayed",
    WORKER,
    &[LANE],
    "Tasks whose time has not come: by a delay that was asked for, or before another try.",
    "Work that will come.",
));

static RUNNING: Gauge<1> = Gauge::new(About::new(
    "imgfilter_queue_running",
    WORKER,
    &[LANE],
    "Tasks that a worker has.",
    "At most the places of all workers. `quarantine`: workers have died with tasks.",
));

static BACKLOG: Gauge<0> = Gauge::new(About::new(
    "imgfilter_queue_backlog_seconds",
    WORKER,
    &[],
    "Seconds that one engine would take for all tasks that are ready, by their estimates.",
    "How much work waits, whatever the sizes of its images.",
));

static ARRIVAL: Gauge<0> = Gauge::new(About::new(
    "imgfilter_arrival_cost",
    WORKER,
    &[],
    "Seconds of engines that are ordered each second, by the estimates of the last five minutes' tasks.",
    "How many engines would be busy if nothing had to wait.",
));

static DEAD: Gauge<0> = Gauge::new(About::new(
    "imgfilter_dead",
    WORKER,
    &[],
    "Tasks and deliveries that the service gave up on and that nobody has looked at, counted up to 100000.",
    "Rises: `imgfilter queue dead` says why.",
));

static LINKS: Gauge<0> = Gauge::new(About::new(
    "imgfilter_links_alive",
    WORKER,
    &[],
    "Links that can be downloaded; above 10000 as the planner of PostgreSQL estimates it.",
    "How much the store has to keep.",
));

static DELIVERIES: Gauge<1> = Gauge::new(About::new(
    "imgfilter_deliveries_waiting",
    WORKER,
    &[CHANNEL],
    "Deliveries that are to be made, now or later, and that nobody has, counted up to 100000.",
    "Rises: a channel is off (`imgfilter doctor`), or its server away.",
));

static WORKERS: Gauge<0> = Gauge::new(About::new(
    "imgfilter_workers",
    WORKER,
    &[],
    "Workers that take tasks: alive, and not draining.",
    "Compare with `imgfilter_workers_wanted`.",
));

static WANTED: Gauge<0> = Gauge::new(About::new(
    "imgfilter_workers_wanted",
    WORKER,
    &[],
    "Workers that it takes for what arrives, and for what waits within IMGFILTER_BACKLOG_PATIENCE.",
    "What to scale by.",
));

static AGE: Gauge<0> = Gauge::new(About::new(
    "imgfilter_state_age_seconds",
    WORKER,
    &[],
    "Seconds since what is told of queue, links and workers was counted.",
    "Some seconds. More: no worker can count, because the database is away or slow. From a minute on, this worker tells \
     the age alone.",
));

pub(super) static ALL: &[&dyn Family] = &[
    &READY,
    &OLDEST,
    &DELAYED,
    &RUNNING,
    &BACKLOG,
    &ARRIVAL,
    &DEAD,
    &LINKS,
    &DELIVERIES,
    &WORKERS,
    &WANTED,
    &AGE,
];

/// Tells what was counted, and how many workers that takes.
pub fn counted(state: &ServiceState, wanted: u32) {
    for lane in LANE.values {
        let Some(load) = state.lanes.get(*lane) else { continue };
        READY.set([lane], load.ready as f64);
        OLDEST.set([lane], load.oldest);
        DELAYED.set([lane], load.delayed as f64);
        RUNNING.set([lane], load.running as f64);
    }
    for channel in CHANNEL.values {
        let Some(load) = state.lanes.get(*channel) else { continue };
        DELIVERIES.set([channel], (load.ready + load.delayed) as f64);
    }
    BACKLOG.set([], state.backlog_seconds);
    ARRIVAL.set([], state.arrival_cost);
    DEAD.set([], state.dead as f64);
    LINKS.set([], state.links_alive as f64);
    WORKERS.set([], f64::from(state.workers));
    WANTED.set([], f64::from(wanted));
}

/// Tells how old that is by now, and of what is too old nothing else.
pub fn aged(age: Duration) {
    AGE.set([], age.as_secs_f64());
    if age > OLDEST_TOLD {
        [&READY, &OLDEST, &DELAYED, &RUNNING, &DELIVERIES].into_iter().for_each(Gauge::forget);
        [&BACKLOG, &ARRIVAL, &DEAD, &LINKS, &WORKERS, &WANTED].into_iter().for_each(Gauge::forget);
    }
}
