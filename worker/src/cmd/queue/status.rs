//! `imgfilter queue status`.

use clap::Args;

use super::Reading;
use crate::cli::Outcome;
use crate::db::queue::LaneStatus;

/// Options of `imgfilter queue status`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each lane.
pub async fn run(options: &Options) -> Outcome {
    let lanes = options.reading.db()?.queue_status().await?;
    options.reading.print(&lanes, |lane| line(&lane.row))
}

fn line(lane: &LaneStatus) -> String {
    let LaneStatus { lane, waiting, delayed, running, oldest, dead } = lane;
    format!(
        "{lane:<10}  waiting {waiting}, the oldest for {oldest} s  delayed {delayed}  running {running}  dead {dead}"
    )
}
