//! Engines: how many there are, what they are busy with, and what becomes of them.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use imgfilter_filters::Timings;

use super::family::{About, Counter, Family, Gauge, Histogram, Label, QUICK, WORKER};
use super::task::Stage;
use crate::engine::pool::Engines;
use crate::queue::places::Places;

static FILTERS: Histogram<1> = Histogram::new(
    QUICK,
    About::new(
        "imgfilter_filter_seconds",
        WORKER,
        &[Label {
            name: "filter",
            values: &["fused"],
            more: Some(
                "the names of filters, as they were used; `fused` are several point filters that run as one",
            ),
        }],
        "Seconds that a filter took within a chain, all frames together.",
        "Which filters the processors are busy with, and whether one is slower than its estimate.",
    ),
);

static COMPILE: Histogram<0> = Histogram::new(
    QUICK,
    About::new(
        "imgfilter_compile_seconds",
        WORKER,
        &[],
        "Seconds it took to make the machine code of a run of point filters that no engine had kept.",
        "As frequent as tasks: clients send ever new chains, or more kinds than the engines keep (64 each).",
    ),
);

static PIXELS: Counter<0> = Counter::new(About::new(
    "imgfilter_pixels_total",
    WORKER,
    &[],
    "Pixels that were decoded, of all frames.",
    "How much work there was, whatever the images' sizes.",
));

static ENGINES: Gauge<0> = Gauge::new(About::new(
    "imgfilter_engines",
    WORKER,
    &[],
    "Engines that this worker has: images that it filters at the same time.",
    "Must be what `IMGFILTER_WORKER_THREADS` says.",
));

static BUSY: Gauge<0> = Gauge::new(About::new(
    "imgfilter_engines_busy",
    WORKER,
    &[],
    "Engines that are filtering now.",
    "Divided by `imgfilter_engines`: how busy the worker is. See `IMGFILTER_UTILIZATION`.",
));

static LOST: Counter<1> = Counter::new(About::new(
    "imgfilter_engines_lost_total",
    WORKER,
    &[Label::of("reason", &["died", "deadline", "nonsense", "start"])],
    "Engines that were lost: died at work, killed past their deadline, gave an answer that is none, did not start.",
    "Should stay near 0. `died`: the log says how, often out of memory (`IMGFILTER_ENGINE_MEMORY`); `nonsense`: treat \
     the image as an attack, and report it.",
));

static BUDGET: Gauge<1> = Gauge::new(About::new(
    "imgfilter_memory_budget_bytes",
    WORKER,
    &[Label::of("lane", &["fast", "slow"])],
    "Memory for images that the worker has claimed, by their estimates; what is slow and what is in quarantine share theirs.",
    "Together what `IMGFILTER_MEMORY_BUDGET` says, in whole MiB.",
));

static USED: Gauge<1> = Gauge::new(About::new(
    "imgfilter_memory_used_bytes",
    WORKER,
    &[Label::of("lane", &["fast", "slow"])],
    "How much of that is given to tasks now.",
    "Near the budget while engines are idle: more memory would help.",
));

pub(super) static ALL: &[&dyn Family] =
    &[&FILTERS, &COMPILE, &PIXELS, &ENGINES, &BUSY, &LOST, &BUDGET, &USED];

/// The names that filters can have. An engine has read strangers' bytes: its words are not believed.
static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let filters = imgfilter_filters::catalogue().filters;
    filters.into_iter().map(|filter| filter.name.to_owned()).chain(["fused".to_owned()]).collect()
});

/// How an engine was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It died at its work.
    Died,
    /// It did not notice its deadline.
    Deadline,
    /// Its answer could not be read.
    Nonsense,
    /// It did not start.
    Start,
}

/// An engine was lost.
pub fn lost(how: Loss) {
    LOST.one([match how {
        Loss::Died => "died",
        Loss::Deadline => "deadline",
        Loss::Nonsense => "nonsense",
        Loss::Start => "start",
    }]);
}

/// What a job can have taken at most, whatever its engine says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// From when it was asked until it answered.
    pub time: Duration,
    /// Of all frames.
    pub pixels: u64,
    /// Filters of all chains.
    pub filters: usize,
}

/// An engine has done a job, well or not. What it says is told only as far as it can be true.
pub fn worked(timings: &Timings, most: &Most) {
    let within = |took: Duration| took.min(most.time);
    Stage::Decode.took(within(timings.decode));
    if !timings.filter.is_zero() {
        Stage::Filter.took(within(timings.filter));
    }
    if !timings.encode.is_zero() {
        Stage::Encode.took(within(timings.encode));
    }
    let known = timings.filters.iter().filter(|timing| NAMES.contains(&timing.filter));
    known.take(most.filters).for_each(|timing| FILTERS.took([&timing.filter], within(timing.took)));
    timings.compiled.iter().take(most.filters).for_each(|took| COMPILE.took([], within(*took)));
    PIXELS.add([], timings.pixels.min(most.pixels));
}

/// Tells how it is now.
pub fn look(engines: &Engines, places: &Places) {
    ENGINES.set([], engines.count() as f64);
    BUSY.set([], engines.busy() as f64);
    for (lane, room) in [
        ("fast", places.room(crate::db::tasks::Lane::Fast)),
        ("slow", places.room(crate::db::tasks::Lane::Slow)),
    ] {
        let bytes = |mib: u32| f64::from(mib) * f64::from(1 << 20);
        BUDGET.set([lane], bytes(room.budget_mib));
        USED.set([lane], bytes(room.budget_mib - room.free_mib));
    }
}
