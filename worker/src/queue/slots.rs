//! Places for tasks. A place is taken before a task is claimed, so nothing is claimed that has to wait here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::tasks::Lane;

/// The places of a worker: `count` in all, of which slow tasks may hold all but one, so that a fast one never waits
/// behind slow ones. A worker with a single place has to give it to either.
pub struct Slots {
    count: usize,
    all: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    slow_count: usize,
}

/// A place that is held until this is dropped.
pub struct Slot {
    _place: OwnedSemaphorePermit,
    _slow: Option<OwnedSemaphorePermit>,
}

/// Places that are free for whatever is claimed next.
pub struct Free(Vec<OwnedSemaphorePermit>);

impl Slots {
    /// So many places, at least one.
    pub fn new(count: usize) -> Self {
        let count = count.max(1);
        let slow_count = (count - 1).max(1);
        Self {
            count,
            all: Arc::new(Semaphore::new(count)),
            slow: Arc::new(Semaphore::new(slow_count)),
            slow_count,
        }
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Waits for a free place and takes all that are free.
    pub async fn free(&self) -> Free {
        let mut places = Vec::new();
        // The semaphore is never closed, so the first comes sooner or later.
        places.extend(Arc::clone(&self.all).acquire_owned().await.ok());
        while let Ok(place) = Arc::clone(&self.all).try_acquire_owned() {
            places.push(place);
        }
        Free(places)
    }

    /// How many slow tasks are being worked on.
    pub fn slow_in_use(&self) -> usize {
        self.slow_count - self.slow.available_permits()
    }

    /// How many of the free places a lane may have.
    pub fn room(&self, free: &Free, lane: Lane) -> usize {
        match lane {
            Lane::Fast => free.0.len(),
            Lane::Slow | Lane::Quarantine => free.0.len().min(self.slow.available_permits()),
        }
    }

    /// Takes one of the free places for a task of a lane; none if there was no room.
    pub fn take(&self, free: &mut Free, lane: Lane) -> Option<Slot> {
        let slow = match lane {
            Lane::Fast => None,
            Lane::Slow | Lane::Quarantine => Some(Arc::clone(&self.slow).try_acquire_owned().ok()?),
        };
        Some(Slot { _place: free.0.pop()?, _slow: slow })
    }

    /// Waits until no task is being worked on, at most so long. Says whether that came true.
    pub async fn idle(&self, at_most: Duration) -> bool {
        let all = u32::try_from(self.count).unwrap_or(u32::MAX);
        tokio::time::timeout(at_most, self.all.acquire_many(all)).await.is_ok()
    }
}

impl Free {
    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slow_tasks_leave_one_place() {
        let slots = Slots::new(3);
        let mut free = slots.free().await;
        assert_eq!((slots.room(&free, Lane::Fast), slots.room(&free, Lane::Slow)), (3, 2));
        let taken: Vec<_> = std::iter::from_fn(|| slots.take(&mut free, Lane::Slow)).collect();
        assert_eq!((taken.len(), slots.slow_in_use()), (2, 2));
        assert!(slots.take(&mut free, Lane::Fast).is_some(), "the last is for a fast one");
    }

    #[tokio::test]
    async fn a_single_place_takes_either() {
        let slots = Slots::new(1);
        let mut free = slots.free().await;
        let slow = slots.take(&mut free, Lane::Slow);
        assert!(slow.is_some() && free.is_empty());
        assert!(!slots.idle(Duration::from_millis(10)).await);
        drop(slow);
        assert!(slots.idle(Duration::from_secs(5)).await);
    }
}
