//! Tasks: how they end, how long they wait, and how long each stage of one takes.

use std::time::Duration;

use super::family::{About, BOTH, Counter, Family, Histogram, Label, PATIENT, QUICK, WORKER};
use crate::db::tasks::Lane;

/// The lanes of images.
pub(super) const LANE: Label = Label::of("lane", &["fast", "slow", "quarantine"]);

static TASKS: Counter<2> = Counter::new(About::new(
    "imgfilter_tasks_total",
    WORKER,
    &[LANE, Label::of("end", &["done", "failed", "canceled", "released", "lost"])],
    "Tasks that this worker was done with, by how that came. One that is to be tried again is not among them.",
    "The rate of `done` is what the service does. `failed` are refused images and what was given up; `released` was given \
     back, because the store is away; `lost` was taken away, or could not be told, see `imgfilter_leases_lost_total`.",
));

static RETRIES: Counter<1> = Counter::new(About::new(
    "imgfilter_task_retries_total",
    BOTH,
    &[Label::of("reason", &["store", "engine", "filters", "no_engine", "memory", "worker_lost"])],
    "Tries that went wrong and are repeated. worker_lost counts what was taken back from dead workers, deliveries too.",
    "Should stay near 0. `store`: look at the store; `engine`: an image that kills engines, or too little memory; \
     `filters`: a mistake of ours, to be reported; `no_engine`, `memory`: the machine is at its limits.",
));

static LEASES_LOST: Counter<0> = Counter::new(About::new(
    "imgfilter_leases_lost_total",
    BOTH,
    &[],
    "Leases that were taken away while the work was under way, or whose end could not be told: somebody else has it now.",
    "Not 0: this process or the database stood still for longer than `IMGFILTER_LEASE`; work was done twice.",
));

static QUEUE_WAIT: Histogram<1> = Histogram::new(
    PATIENT,
    About::new(
        "imgfilter_queue_wait_seconds",
        WORKER,
        &[LANE],
        "Seconds from when a task might run until a worker claimed it, by the clock of the database.",
        "The first thing to rise when there are too few workers. A delay that was asked for is no part of it.",
    ),
);

static STAGES: Histogram<1> = Histogram::new(
    QUICK,
    About::new(
        "imgfilter_stage_seconds",
        WORKER,
        &[Label::of("stage", &["fetch", "wait", "decode", "filter", "encode", "put", "complete"])],
        "Seconds of each stage: fetching the original, waiting for an engine, decoding, filtering and encoding in it, \
     putting a result, telling the database.",
        "Shows where the time of a task goes. `wait` without the others: more engines would help; `fetch` and `put`: the \
     store; `complete`: the database. Small pictures for letters are counted from `wait` to `encode`, too.",
    ),
);

static ORIGINAL_BYTES: Counter<0> = Counter::new(About::new(
    "imgfilter_original_bytes_total",
    WORKER,
    &[],
    "Bytes of originals that were fetched.",
    "Traffic from the store.",
));

static RESULT_BYTES: Counter<0> = Counter::new(About::new(
    "imgfilter_result_bytes_total",
    WORKER,
    &[],
    "Bytes of results that were put.",
    "Traffic to the store, and how fast it fills.",
));

pub(super) static ALL: &[&dyn Family] =
    &[&TASKS, &RETRIES, &LEASES_LOST, &QUEUE_WAIT, &STAGES, &ORIGINAL_BYTES, &RESULT_BYTES];

/// How a worker came to be done with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All results are there.
    Done,
    /// It has failed, or one of its chains has.
    Failed,
    /// Nobody wants it any more.
    Canceled,
    /// It was given back untouched.
    Released,
    /// Somebody else has it, or will have: the database could not be told.
    Lost,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// Why a try is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The object store failed.
    Store,
    /// The engine died.
    Engine,
    /// The filters made a mistake.
    Filters,
    /// No engine could be started.
    NoEngine,
    /// There was no memory for the image.
    Memory,
    /// A worker died with it.
    WorkerLost,
}

impl Retry {
    fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Engine => "engine",
            Self::Filters => "filters",
            Self::NoEngine => "no_engine",
            Self::Memory => "memory",
            Self::WorkerLost => "worker_lost",
        }
    }
}

/// A part of the work on a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The original comes from the store.
    Fetch,
    /// No engine is free.
    Wait,
    /// The engine decodes.
    Decode,
    /// It filters.
    Filter,
    /// It encodes.
    Encode,
    /// A result goes to the store.
    Put,
    /// The database is told.
    Complete,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Wait => "wait",
            Self::Decode => "decode",
            Self::Filter => "filter",
            Self::Encode => "encode",
            Self::Put => "put",
            Self::Complete => "complete",
        }
    }

    /// It took so long.
    pub fn took(self, time: Duration) {
        STAGES.took([self.name()], time);
    }
}

/// A worker is done with a task.
pub fn ended(lane: Lane, end: End) {
    TASKS.one([lane.name(), end.name()]);
    if end == End::Lost {
        lease_lost();
    }
}

/// So many tries went wrong and are repeated.
pub fn retried(why: Retry, tries: u64) {
    RETRIES.add([why.name()], tries);
}

/// Somebody else has what was worked on here.
pub fn lease_lost() {
    LEASES_LOST.one([]);
}

/// A task was claimed that had waited so long.
pub fn claimed(lane: Lane, waited: Duration) {
    QUEUE_WAIT.took([lane.name()], waited);
}

/// An original of so many bytes was fetched.
pub fn fetched(bytes: u64) {
    ORIGINAL_BYTES.add([], bytes);
}

/// A result of so many bytes was put.
pub fn put(bytes: usize) {
    RESULT_BYTES.add([], bytes as u64);
}
