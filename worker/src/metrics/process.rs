//! The process itself: its version, and what the kernel says of it.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Gauge as Told, MetricFamily};

use super::family::{About, BOTH, Family, Gauge, Label};

static BUILD: Gauge<1> = Gauge::new(About::new(
    "imgfilter_build_info",
    BOTH,
    &[Label { name: "version", values: &[], more: Some("the version of the program") }],
    "1, for the version of the program.",
    "Which versions run, while they are replaced.",
));

pub(super) static ALL: &[&dyn Family] = &[&BUILD];

/// What the collector of the crate `prometheus` tells, of this process alone: engines are others.
pub(super) static COLLECTED: &[About] = &[
    collected("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", ""),
    collected(
        "process_open_fds",
        "gauge",
        "Number of open file descriptors.",
        "Must stay well below the next.",
    ),
    collected(
        "process_max_fds",
        "gauge",
        "Maximum number of open file descriptors.",
        "`LimitNOFILE` of the unit.",
    ),
    collected("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", ""),
    collected(
        "process_resident_memory_bytes",
        "gauge",
        "Resident memory size in bytes.",
        "Without the engines.",
    ),
    collected(
        START,
        "gauge",
        "Start time of the process since unix epoch in seconds.",
        "Changes when it was started anew.",
    ),
    collected("process_threads", "gauge", "Number of OS threads in the process.", ""),
];

const START: &str = "process_start_time_seconds";

const fn collected(
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    advice: &'static str,
) -> About {
    About { kind, ..About::new(name, BOTH, &[], help, advice) }
}

/// When this was first asked for, in seconds of Unix.
pub(super) static STARTED: LazyLock<f64> = LazyLock::new(|| {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs() as f64)
});

/// Says what is known from the beginning.
pub(super) fn begin() {
    BUILD.set([env!("CARGO_PKG_VERSION")], 1.0);
}

/// What asks the kernel.
pub(super) fn collector() -> ProcessCollector {
    ProcessCollector::for_self()
}

/// Puts in when the process was started where the collector could not find out: it asks /proc/stat, which a unit with
/// `ProcSubset=pid` does not have.
pub(super) fn correct(families: &mut [MetricFamily]) {
    for family in families.iter_mut().filter(|family| family.name() == START) {
        for metric in family.mut_metric().iter_mut().filter(|metric| metric.get_gauge().get_value() == 0.0) {
            let mut told = Told::default();
            told.set_value(*STARTED);
            metric.set_gauge(told);
        }
    }
}
