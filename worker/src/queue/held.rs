//! What this worker is working on, and how to tell it to stop.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::db::workers::Held;

/// The leases that are being worked on.
#[derive(Default)]
pub struct Registry(Mutex<HashMap<i64, (Held, CancellationToken)>>);

/// An entry of the registry, until it is dropped.
pub struct Entry<'a> {
    registry: &'a Registry,
    lease: i64,
    /// Canceled when this work is no longer wanted.
    pub cancel: CancellationToken,
}

impl Registry {
    /// Enters a lease.
    pub fn enter(&self, held: Held) -> Entry<'_> {
        let cancel = CancellationToken::new();
        self.entries().insert(held.lease, (held, cancel.clone()));
        Entry { registry: self, lease: held.lease, cancel }
    }

    /// All that are held by this worker.
    pub fn of(&self, worker: i32) -> Vec<Held> {
        self.entries().values().map(|(held, _)| *held).filter(|held| held.worker == worker).collect()
    }

    /// Stops the work on these leases.
    pub fn cancel(&self, leases: &[i64]) {
        let entries = self.entries();
        for (_, cancel) in leases.iter().filter_map(|lease| entries.get(lease)) {
            cancel.cancel();
        }
    }

    /// Stops all work.
    pub fn cancel_all(&self) {
        self.entries().values().for_each(|(_, cancel)| cancel.cancel());
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<i64, (Held, CancellationToken)>> {
        // No one panics while holding it; and if so, the map is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.registry.entries().remove(&self.lease);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_go_and_are_canceled() {
        let registry = Registry::default();
        let held = |lease| Held { worker: 7, queue: lease * 10, lease };
        let (first, second) = (registry.enter(held(1)), registry.enter(held(2)));
        assert_eq!((registry.of(7).len(), registry.of(8).len()), (2, 0));
        registry.cancel(&[2, 99]);
        assert!(!first.cancel.is_cancelled() && second.cancel.is_cancelled());
        drop(second);
        assert_eq!(registry.of(7), [held(1)]);
        registry.cancel_all();
        assert!(first.cancel.is_cancelled());
    }
}
