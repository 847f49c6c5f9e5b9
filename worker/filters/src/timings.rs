//! How long the parts of a job took.
//!
//! A clock is read a few times for each frame and each step of a chain, never for rows or pixels: that is some tens of
//! nanoseconds beside a step of at least some tens of microseconds.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What a run of point filters is called that became one kernel.
pub(crate) const FUSED: &str = "fused";

/// How long the parts of a job took, by the clock on the wall, and how much was decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Reading headers and all frames of the image.
    pub decode: Duration,
    /// Running all chains over all frames, planning included.
    pub filter: Duration,
    /// Writing all results.
    pub encode: Duration,
    /// Pixels of all frames that were decoded.
    pub pixels: u64,
    /// What each filter took, an entry for each chain and name, over all frames.
    pub filters: Vec<FilterTiming>,
    /// What it took to make the machine code of each run of point filters for which it was made.
    pub compiled: Vec<Duration>,
}

/// What a filter took within a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterTiming {
    /// The name of the filter; `fused` for several point filters that are run as one.
    pub filter: String,
    /// All frames together.
    pub took: Duration,
}

/// What a chain has taken so far.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    /// Filtering, with all that belongs to it.
    pub filter: Duration,
    /// Encoding.
    pub encode: Duration,
    filters: Vec<FilterTiming>,
    compiled: Vec<Duration>,
}

impl Spent {
    /// Notes that a filter took so long for a frame.
    pub fn on_filter(&mut self, name: &str, took: Duration) {
        match self.filters.iter_mut().find(|timing| timing.filter == name) {
            Some(timing) => timing.took += took,
            None => self.filters.push(FilterTiming { filter: name.to_owned(), took }),
        }
    }

    /// Notes how long it took to compile some kernels.
    pub fn on_compiling(&mut self, took: &mut Vec<Duration>) {
        self.compiled.append(took);
    }

    /// Adds all of it to that of the job.
    pub fn add_to(self, timings: &mut Timings) {
        timings.filter += self.filter;
        timings.encode += self.encode;
        timings.filters.extend(self.filters);
        timings.compiled.extend(self.compiled);
    }
}

/// Does something, and adds how long it took.
pub(crate) fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    *total += begun.elapsed();
    done
}

/// The name of a filter as it is spelled in a chain, with its arguments.
pub(crate) fn name_of(spelling: &str) -> &str {
    spelling.split('(').next().unwrap_or_default().trim()
}
