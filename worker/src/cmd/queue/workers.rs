//! `imgfilter queue workers`.

use clap::Args;

use super::Reading;
use crate::cli::Outcome;
use crate::db::queue::WorkerLine;

/// Options of `imgfilter queue workers`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each worker.
pub async fn run(options: &Options) -> Outcome {
    let workers = options.reading.db()?.workers().await?;
    options.reading.print(&workers, |worker| format!("{}  {}", worker.row.id, line(&worker.row)))
}

/// A worker, but for its number.
pub fn line(worker: &WorkerLine) -> String {
    let WorkerLine { host, pid, version, started_at, beat_age, draining, running, .. } = worker;
    let draining = if *draining { "  draining" } else { "" };
    format!(
        "{host}  process {pid}  version {version}  since {started_at}  last heard of {beat_age} s ago  \
         running {running}{draining}"
    )
}
