//! What a process tells Prometheus: each metric is declared once, with its name, its labels and what to do with it, in the
//! file of its part, and counted by the small functions there.
//!
//! [`family`] has the kinds of metrics, [`listener`] answers who asks for them, [`page`] writes them down for people. Values
//! of labels are words of ours, from short lists: never an id, an owner, an address or a path.

pub mod database;
pub mod delivery;
pub mod engine;
mod family;
pub mod listener;
pub mod page;
mod process;
pub mod state;
pub mod store;
pub mod task;
pub mod upkeep;

use std::sync::LazyLock;

use prometheus::{Registry, TextEncoder};

use family::{About, Family};

/// Who tells a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// `imgfilter worker`.
    Worker,
    /// `imgfilter notify run`.
    Notifier,
}

/// All metrics that are ours, in the order in which people read of them.
fn all() -> impl Iterator<Item = &'static dyn Family> {
    let parts: [&[&'static dyn Family]; 8] = [
        process::ALL,
        task::ALL,
        engine::ALL,
        state::ALL,
        delivery::ALL,
        database::ALL,
        store::ALL,
        upkeep::ALL,
    ];
    parts.into_iter().flatten().copied()
}

/// The metrics of a process.
pub struct Metrics(Registry);

impl Metrics {
    /// Those that this kind of process tells, all at their beginning.
    pub fn new(teller: Teller) -> Self {
        LazyLock::force(&process::STARTED);
        process::begin();
        let registry = Registry::new();
        let twice = "no metric is declared twice: a test registers all";
        for family in all().filter(|family| family.about().tells(teller)) {
            registry.register(family.collector()).expect(twice);
        }
        registry.register(Box::new(process::collector())).expect(twice);
        Self(registry)
    }

    /// All of them as they are now, in Prometheus' text format 0.0.4.
    ///
    /// # Errors
    /// One of them cannot be written, which would be our own mistake.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut families = self.0.gather();
        process::correct(&mut families);
        TextEncoder::new().encode_to_string(&families)
    }
}

/// What is known of all metrics, those of the process collector among them.
fn abouts() -> Vec<&'static About> {
    all().map(Family::about).chain(process::COLLECTED).collect()
}

#[cfg(test)]
mod tests;
