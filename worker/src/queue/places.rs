//! Places for tasks. A place, and the memory a task will take, are there before it is claimed, so nothing is claimed that
//! another worker could have begun at once.
//!
//! There are more places than engines: while an image is filtered, the next is fetched and the last is stored. Each lane
//! has places of its own, and half of the memory is the fast lane's, so that no fast task ever waits for a slow one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::db::tasks::{Lane, Room};

/// The places of a worker.
pub struct Places {
    fast: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    quarantine: Arc<Semaphore>,
    counts: [usize; 3],
    fast_memory: Memory,
    slow_memory: Memory,
    freed: Arc<Notify>,
}

/// Memory for the tasks of some lanes, in MiB.
struct Memory {
    free: Arc<Semaphore>,
    all: u32,
}

/// A place that is held until this is dropped.
pub struct Place {
    // The order is that of being given back: whoever is woken finds both.
    _place: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
    _freed: Freed,
}

/// Says that something is free, when it is dropped.
struct Freed(Arc<Notify>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Memory {
    fn new(all: u32) -> Self {
        let all = all.max(1);
        Self { free: Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(Semaphore::MAX_PERMITS))), all }
    }

    fn free(&self) -> u32 {
        u32::try_from(self.free.available_permits()).unwrap_or(u32::MAX)
    }

    /// The share of a task: at least something, at most all.
    fn share(&self, memory: u32) -> u32 {
        memory.clamp(1, self.all)
    }
}

impl Places {
    /// Places for so many engines, and for tasks that take so many MiB together.
    pub fn new(engines: usize, memory: u32) -> Self {
        let engines = engines.max(1);
        // One more slow task than may be worked on: it is fetched meanwhile. A task that may have killed a worker is
        // alone with its like.
        let counts = [2 * engines, (engines - 1).max(1) + 1, 1];
        let [fast, slow, quarantine] = counts.map(|count| Arc::new(Semaphore::new(count)));
        let fast_memory = Memory::new(memory / 2);
        let slow_memory = Memory::new(memory - memory / 2);
        Self { fast, slow, quarantine, counts, fast_memory, slow_memory, freed: Arc::default() }
    }

    /// What a lane has to offer.
    pub fn room(&self, lane: Lane) -> Room {
        let memory = self.memory(lane);
        Room { tasks: self.places(lane).available_permits(), free_mib: memory.free(), budget_mib: memory.all }
    }

    /// Takes a place for a task; none if there is no room. Only one may take: what it saw free stays free.
    pub fn take(&self, lane: Lane, memory: u32) -> Option<Place> {
        let pool = self.memory(lane);
        let memory = Arc::clone(&pool.free).try_acquire_many_owned(pool.share(memory)).ok()?;
        let place = Arc::clone(self.places(lane)).try_acquire_owned().ok()?;
        Some(Place { _place: place, _memory: memory, _freed: Freed(Arc::clone(&self.freed)) })
    }

    /// Waits until something was given back since this was last asked.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Waits until no place is taken, at most so long. Says whether that came true.
    pub async fn idle(&self, at_most: Duration) -> bool {
        let all = |places: &Arc<Semaphore>, count: usize| {
            Arc::clone(places).acquire_many_owned(u32::try_from(count).unwrap_or(u32::MAX))
        };
        let [fast, slow, quarantine] = self.counts;
        let idle = async {
            tokio::join!(all(&self.fast, fast), all(&self.slow, slow), all(&self.quarantine, quarantine))
        };
        tokio::time::timeout(at_most, idle).await.is_ok()
    }

    fn places(&self, lane: Lane) -> &Arc<Semaphore> {
        match lane {
            Lane::Fast => &self.fast,
            Lane::Slow => &self.slow,
            Lane::Quarantine => &self.quarantine,
        }
    }

    fn memory(&self, lane: Lane) -> &Memory {
        match lane {
            Lane::Fast => &self.fast_memory,
            Lane::Slow | Lane::Quarantine => &self.slow_memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_do_not_take_each_others_places() {
        let places = Places::new(3, 1000);
        let slow: Vec<_> = std::iter::from_fn(|| places.take(Lane::Slow, 1)).collect();
        assert_eq!(slow.len(), 3, "two are worked on, one is fetched");
        assert_eq!(places.room(Lane::Fast), Room { tasks: 6, free_mib: 500, budget_mib: 500 });
        assert!(
            places.take(Lane::Quarantine, 1).is_some_and(|_held| places.take(Lane::Quarantine, 1).is_none())
        );
        let fast: Vec<_> = std::iter::from_fn(|| places.take(Lane::Fast, 1)).collect();
        assert_eq!(fast.len(), 6);
    }

    #[tokio::test]
    async fn memory_is_given_out_and_comes_back() {
        let places = Places::new(2, 200);
        let held = places.take(Lane::Slow, 60);
        assert_eq!(places.room(Lane::Quarantine).free_mib, 40);
        assert!(places.take(Lane::Slow, 60).is_none());
        drop(held);
        let giant = places.take(Lane::Slow, 5000);
        assert!(
            giant.is_some() && places.room(Lane::Slow).free_mib == 0,
            "what needs more than all gets all"
        );
        assert!(places.take(Lane::Fast, 100).is_some(), "the fast lane has its own");
    }

    #[tokio::test]
    async fn giving_back_is_noticed() {
        let places = Places::new(1, 10);
        let held = places.take(Lane::Fast, 1);
        assert!(!places.idle(Duration::from_millis(10)).await);
        drop(held);
        places.freed().await;
        assert!(places.idle(Duration::from_secs(5)).await);
    }
}
