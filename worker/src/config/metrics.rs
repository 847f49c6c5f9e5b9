//! What is told to Prometheus, and by what the number of workers is to change.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::within;

/// Where workers tell.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub struct WorkerMetrics {
    /// Where a worker answers `GET /metrics` for Prometheus; empty: nowhere. To be reached by nobody else: it needs no
    /// password. A worker that cannot listen there does not start
    #[arg(long, env = "IMGFILTER_METRICS", value_name = "ADDRESS:PORT", value_parser = place, default_value = "")]
    pub metrics: Place,
    /// By what workers are wanted.
    #[command(flatten)]
    pub scaling: Scaling,
}

/// Where `imgfilter notify run` tells.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub struct NotifyMetrics {
    /// Where `imgfilter notify run` answers `GET /metrics`, likewise
    #[arg(long, env = "IMGFILTER_NOTIFY_METRICS", value_name = "ADDRESS:PORT", value_parser = place, default_value = "")]
    pub notify_metrics: Place,
}

/// By what the number of workers is to change: see `imgfilter_workers_wanted`.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Metrics")]
pub struct Scaling {
    /// Within which time what waits is to be done, for imgfilter_workers_wanted: it takes more workers for a shorter one. While
    /// a task waits longer, no worker is to go
    #[arg(long, env = "IMGFILTER_BACKLOG_PATIENCE", value_name = "DURATION", default_value = "60s",
          value_parser = patience)]
    pub backlog_patience: Duration,
    /// Share of their time that engines may be busy, 0.05 to 1, for imgfilter_workers_wanted: the rest is for what estimates do
    /// not know, and for what comes while a worker starts
    #[arg(long, env = "IMGFILTER_UTILIZATION", value_name = "SHARE", default_value_t = 0.7, value_parser = share)]
    pub utilization: f64,
}

/// An address to listen on, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place(pub Option<SocketAddr>);

fn place(text: &str) -> Result<Place, String> {
    if text.is_empty() {
        return Ok(Place(None));
    }
    let wrong = |_| "an address and a port, as 127.0.0.1:9464 or [::1]:9464, or nothing".to_owned();
    text.parse().map(|address| Place(Some(address))).map_err(wrong)
}

fn patience(text: &str) -> Result<Duration, String> {
    within(text, 1, 24 * 3600)
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "a number from 0.05 to 1".to_owned())?;
    if (0.05..=1.0).contains(&share) { Ok(share) } else { Err("a number from 0.05 to 1".to_owned()) }
}
