//! Where to begin the search for ready rows.
//!
//! Finished rows leave dead entries at the front of the queue's index. While some old snapshot keeps them from being
//! vacuumed, every claim that begins at the front walks over all of them. So a claim begins where the last one found
//! something, less some slack for transactions that committed late; and now and then at the very front, so that
//! nothing that lies there is forgotten.

use std::time::{Duration, Instant, SystemTime};

/// How much later than its neighbours a row may have been committed.
const SLACK: Duration = Duration::from_secs(2);
/// Longest time between two searches from the front.
const FULL_EVERY: Duration = Duration::from_secs(5);
/// Shortest time between two searches from the front because little was found.
const FULL_PAUSE: Duration = Duration::from_millis(200);
/// A search from the front may take one part in so many of the time: before an old snapshot it walks over all that has
/// ended since, and a quarter of a second for each of five a second is all that a claimer has.
const SHARE: u32 = 50;
/// But what was given back and lies below the floors waits no longer than this.
const LONGEST: Duration = Duration::from_secs(30);

/// Priorities are 0 to 3.
pub type Bounds = [Option<SystemTime>; 4];

/// The floors of one lane.
#[derive(Debug, Default)]
pub struct Floors {
    bounds: Bounds,
    full_at: Option<Instant>,
    /// How long the last search from the front took.
    took: Duration,
}

impl Floors {
    /// Where the next claim begins. `None` in a priority means the front.
    pub fn next(&mut self, now: Instant) -> Bounds {
        if self.full_at.is_none_or(|at| now.duration_since(at) >= self.pause(FULL_EVERY)) {
            return self.search_all(now);
        }
        self.bounds
    }

    /// After a claim that found less than it wanted: begin at the front, unless that was done just now.
    pub fn after_short(&mut self, now: Instant) -> Option<Bounds> {
        let bounded = self.bounds.iter().any(Option::is_some);
        let long_ago = self.full_at.is_none_or(|at| now.duration_since(at) >= self.pause(FULL_PAUSE));
        (bounded && long_ago).then(|| self.search_all(now))
    }

    /// How long a claim with these bounds took: the next search from the front waits the longer.
    pub fn took(&mut self, bounds: &Bounds, time: Duration) {
        if bounds.iter().all(Option::is_none) {
            self.took = time;
        }
    }

    /// Learns from what was claimed: priority and due time of each.
    pub fn learn(&mut self, claimed: impl Iterator<Item = (i16, SystemTime)>) {
        let mut lowest = Bounds::default();
        for (prio, run_at) in claimed {
            let Some(bound) = usize::try_from(prio).ok().and_then(|prio| lowest.get_mut(prio)) else {
                continue;
            };
            *bound = Some(bound.map_or(run_at, |low| low.min(run_at)));
        }
        for (bound, low) in self.bounds.iter_mut().zip(lowest) {
            *bound = low.and_then(|low| low.checked_sub(SLACK)).or(*bound);
        }
    }

    /// Time between two searches from the front, at least so much.
    fn pause(&self, shortest: Duration) -> Duration {
        shortest.max((self.took * SHARE).min(LONGEST))
    }

    fn search_all(&mut self, now: Instant) -> Bounds {
        self.full_at = Some(now);
        Bounds::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_begin_where_the_last_one_found_something() {
        let (start, due) = (Instant::now(), SystemTime::now());
        let mut floors = Floors::default();
        assert_eq!(floors.next(start), Bounds::default(), "the first begins at the front");
        floors.learn([(1, due + SLACK), (1, due), (3, due)].into_iter());
        let floor = Some(due - SLACK);
        assert_eq!(floors.next(start), [None, floor, None, floor]);
        assert_eq!(floors.after_short(start), None, "the front was searched just now");
        assert_eq!(floors.after_short(start + FULL_PAUSE), Some(Bounds::default()));
        assert_eq!(floors.next(start + FULL_PAUSE + FULL_EVERY), Bounds::default(), "it was long ago");
    }

    #[test]
    fn a_search_from_the_front_that_takes_long_is_made_less_often() {
        let (start, long) = (Instant::now(), Duration::from_millis(200));
        let mut floors = Floors::default();
        let bounds = floors.next(start);
        floors.took(&bounds, long);
        floors.learn([(1, SystemTime::now())].into_iter());
        assert_eq!(floors.after_short(start + FULL_PAUSE), None);
        let later = start + long * SHARE;
        assert_ne!(floors.next(later - FULL_PAUSE), Bounds::default());
        assert_eq!(floors.after_short(later), Some(Bounds::default()));
        let bounds = floors.bounds;
        floors.took(&bounds, Duration::from_secs(9));
        assert_eq!(floors.took, long, "another search says nothing about that");
    }
}
