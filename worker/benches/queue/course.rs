//! The tasks that are under way, and how long each step took.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use crate::figures::Sample;

/// What submitters and workers have in common.
pub struct Course {
    /// Tasks that may still be submitted before one has to end.
    pub room: Semaphore,
    /// Called when a task has ended.
    pub ended: Notify,
    seen: Mutex<Seen>,
}

/// All that was seen.
#[derive(Default)]
pub struct Seen {
    begun: HashMap<Uuid, Instant>,
    /// Claims that found something.
    pub claims: Vec<Sample>,
    /// Tasks claimed by these.
    pub claimed: usize,
    /// From the call of `submit_task`, or the time when it was due, to the answer of `complete`.
    pub tasks: Vec<Sample>,
    /// Calls of `submit_task`.
    pub submits: Vec<Sample>,
}

impl Course {
    /// Of which so many tasks may be under way.
    pub fn new(room: usize) -> Self {
        Self { room: Semaphore::new(room), ended: Notify::new(), seen: Mutex::default() }
    }

    /// A task begins, or should have, at `due`.
    pub fn begin(&self, task: Uuid, due: Instant) {
        self.seen().begun.insert(task, due);
    }

    /// `submit_task` has answered.
    pub fn submitted(&self, asked: Instant) {
        let now = Instant::now();
        self.seen().submits.push((now, now - asked));
    }

    /// A claim took this long and found so many.
    pub fn claimed(&self, took: Duration, count: usize) {
        let mut seen = self.seen();
        seen.claims.push((Instant::now(), took));
        seen.claimed += count;
    }

    /// A task was ended.
    pub fn end(&self, task: Uuid) {
        let now = Instant::now();
        let mut seen = self.seen();
        // What was there before the measurement began has no beginning.
        if let Some(begun) = seen.begun.remove(&task) {
            seen.tasks.push((now, now - begun));
            drop(seen);
            self.room.add_permits(1);
        }
        self.ended.notify_one();
    }

    /// How many tasks have begun and not ended.
    pub fn open(&self) -> usize {
        self.seen().begun.len()
    }

    /// Waits until all that were begun have ended.
    pub async fn drained(&self) {
        while self.open() > 0 {
            self.ended.notified().await;
        }
    }

    /// All that was seen until now.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
