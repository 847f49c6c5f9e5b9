//! When a delivery is tried again.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Seconds between a try and the next, ten tries in all: at once, then over three days.
const PAUSES: [u64; 9] =
    [5, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 24 * HOUR, 24 * HOUR];

/// The time until the next try, after the `attempt`th (from 1) failed: by the schedule, give or take a fifth. A
/// receiver may ask for more by Retry-After, up to twice the schedule's; since it may have asked many for the same, up to a
/// fifth is added.
pub fn pause_after(attempt: i16, retry_after: Option<Duration>) -> Duration {
    let index = usize::try_from(attempt - 1).unwrap_or(0).min(PAUSES.len() - 1);
    let base = Duration::from_secs(PAUSES[index]);
    match retry_after {
        Some(asked) => asked.clamp(base, base * 2).mul_f64(1.0 + fastrand::f64() * 0.2),
        None => base.mul_f64(0.8 + fastrand::f64() * 0.4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_scatter() {
        for (attempt, base) in [(1, 5.0), (2, 60.0), (9, 86_400.0), (50, 86_400.0)] {
            let pause = pause_after(attempt, None).as_secs_f64();
            assert!((base * 0.8..=base * 1.2).contains(&pause), "{attempt}: {pause}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_little_more() {
        for (asked, least) in [(1, 60.0), (90, 90.0), (86_400, 120.0)] {
            let pauses: Vec<f64> =
                (0..100).map(|_| pause_after(2, Some(Duration::from_secs(asked))).as_secs_f64()).collect();
            assert!(pauses.iter().all(|pause| (least..=least * 1.2).contains(pause)), "{asked}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause > least * 1.02), "not all at once: {pauses:?}");
        }
    }
}
