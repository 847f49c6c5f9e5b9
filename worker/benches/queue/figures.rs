//! Times, and what is said about many of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// When something ended and how long it had taken.
pub type Sample = (Instant, Duration);

/// Number, median, 99th percentile and maximum, in milliseconds. The rank of a percentile is rounded up.
pub fn summary(samples: &[Sample]) -> Value {
    let mut times: Vec<Duration> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).map(in_ms);
    json!({ "count": times.len(), "p50_ms": at(50), "p99_ms": at(99), "max_ms": at(100) })
}

/// The samples that ended in each of the windows of this length from `start` on, summed up.
pub fn windows(samples: &[Sample], start: Instant, length: Duration, count: u32) -> Vec<Value> {
    let window = |n: u32| {
        let (from, to) = (start + length * n, start + length * (n + 1));
        summary(&between(samples, from, to))
    };
    (0..count).map(window).collect()
}

/// The samples that ended in this time.
pub fn between(samples: &[Sample], from: Instant, to: Instant) -> Vec<Sample> {
    samples.iter().filter(|(end, _)| (from..to).contains(end)).copied().collect()
}

fn in_ms(time: &Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
