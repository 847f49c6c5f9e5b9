//! The kinds of metrics: counters, gauges and histograms, each a family with the labels that it has.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts};

use super::Teller;

/// Seconds of what is quick, most of the time: calls of database and store, steps of the engine.
pub(super) const QUICK: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Seconds of what somebody waits for.
pub(super) const PATIENT: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];

/// Both kinds of processes.
pub(super) const BOTH: &[Teller] = &[Teller::Worker, Teller::Notifier];
/// Workers alone.
pub(super) const WORKER: &[Teller] = &[Teller::Worker];

/// A label, and the values that it can have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub name: &'static str,
    /// Those that are there from the beginning. More come only where `more` says which.
    pub values: &'static [&'static str],
    /// In words, which others there may be.
    pub more: Option<&'static str>,
}

impl Label {
    /// One with these values and no others.
    pub const fn of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self { name, values, more: None }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub name: &'static str,
    pub kind: &'static str,
    pub labels: &'static [Label],
    /// One line, which is told with it.
    pub help: &'static str,
    /// What to do with it.
    pub advice: &'static str,
    pub tellers: &'static [Teller],
}

impl About {
    /// A metric with these labels; its kind says who holds it.
    pub const fn new(
        name: &'static str,
        tellers: &'static [Teller],
        labels: &'static [Label],
        help: &'static str,
        advice: &'static str,
    ) -> Self {
        Self { name, kind: "", labels, help, advice, tellers }
    }

    /// Whether this kind of process tells it.
    pub fn tells(&self, teller: Teller) -> bool {
        self.tellers.contains(&teller)
    }

    fn opts(&self) -> Opts {
        Opts::new(self.name, self.help)
    }

    fn label_names(&self) -> Vec<&'static str> {
        self.labels.iter().map(|label| label.name).collect()
    }

    /// Calls `make` with each combination of the values that are known from the beginning.
    fn each(&self, make: &mut dyn FnMut(&[&str])) {
        let mut all: Vec<Vec<&str>> = vec![Vec::new()];
        for label in self.labels {
            let longer = |known: &Vec<&'static str>| {
                let known = known.clone();
                label.values.iter().map(move |value| [&known[..], &[*value]].concat())
            };
            all = all.iter().flat_map(longer).collect();
        }
        all.iter().for_each(|values| make(values));
    }
}

/// A metric with all its labels.
pub(super) trait Family: Sync {
    /// What it is.
    fn about(&self) -> &About;
    /// What a registry takes.
    fn collector(&self) -> Box<dyn Collector>;
}

const WELL_MADE: &str = "names and labels of metrics are well formed: a test makes all";

/// Counts what happens, for each value of its labels.
pub(super) struct Counter<const LABELS: usize> {
    about: About,
    family: OnceLock<IntCounterVec>,
}

impl<const LABELS: usize> Counter<LABELS> {
    /// One that has counted nothing.
    pub const fn new(about: About) -> Self {
        Self { about: About { kind: "counter", ..about }, family: OnceLock::new() }
    }

    /// Counts so many more.
    pub fn add(&self, labels: [&str; LABELS], more: u64) {
        self.family().with_label_values(&labels).inc_by(more);
    }

    /// Counts one more.
    pub fn one(&self, labels: [&str; LABELS]) {
        self.add(labels, 1);
    }

    fn family(&self) -> &IntCounterVec {
        self.family.get_or_init(|| {
            let family = IntCounterVec::new(self.about.opts(), &self.about.label_names()).expect(WELL_MADE);
            self.about.each(&mut |values| drop(family.with_label_values(values)));
            family
        })
    }
}

impl<const LABELS: usize> Family for Counter<LABELS> {
    fn about(&self) -> &About {
        &self.about
    }

    fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.family().clone())
    }
}

/// Says how much there is, for each value of its labels; nothing before it is set.
pub(super) struct Gauge<const LABELS: usize> {
    about: About,
    family: OnceLock<GaugeVec>,
}

impl<const LABELS: usize> Gauge<LABELS> {
    /// One that is not set.
    pub const fn new(about: About) -> Self {
        Self { about: About { kind: "gauge", ..about }, family: OnceLock::new() }
    }

    /// Says how much there is.
    pub fn set(&self, labels: [&str; LABELS], value: f64) {
        self.family().with_label_values(&labels).set(value);
    }

    /// Says nothing any more, until it is set again.
    pub fn forget(&self) {
        self.family().reset();
    }

    fn family(&self) -> &GaugeVec {
        let make = || GaugeVec::new(self.about.opts(), &self.about.label_names()).expect(WELL_MADE);
        self.family.get_or_init(make)
    }
}

impl<const LABELS: usize> Family for Gauge<LABELS> {
    fn about(&self) -> &About {
        &self.about
    }

    fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.family().clone())
    }
}

/// Counts how long things take, for each value of its labels.
pub(super) struct Histogram<const LABELS: usize> {
    about: About,
    /// Upper bounds of its buckets, in seconds.
    buckets: &'static [f64],
    family: OnceLock<HistogramVec>,
}

impl<const LABELS: usize> Histogram<LABELS> {
    /// One that has seen nothing.
    pub const fn new(buckets: &'static [f64], about: About) -> Self {
        Self { about: About { kind: "histogram", ..about }, buckets, family: OnceLock::new() }
    }

    /// Counts something that took so long.
    pub fn took(&self, labels: [&str; LABELS], time: Duration) {
        self.family().with_label_values(&labels).observe(time.as_secs_f64());
    }

    fn family(&self) -> &HistogramVec {
        self.family.get_or_init(|| {
            let opts = HistogramOpts::from(self.about.opts()).buckets(self.buckets.to_vec());
            let family = HistogramVec::new(opts, &self.about.label_names()).expect(WELL_MADE);
            self.about.each(&mut |values| drop(family.with_label_values(values)));
            family
        })
    }
}

impl<const LABELS: usize> Family for Histogram<LABELS> {
    fn about(&self) -> &About {
        &self.about
    }

    fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.family().clone())
    }
}
