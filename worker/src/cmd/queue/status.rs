//! `imgfilter queue status`.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::Reading;
use crate::cli::Outcome;
use crate::config::Scaling;
use crate::db::queue::{LaneStatus, Listed};
use crate::queue::observer::MAX_COUNTED;
use crate::queue::scaling::{Load, workers_wanted};

/// Options of `imgfilter queue status`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    scaling: Scaling,
}

/// All that is told.
#[derive(Serialize)]
struct Told {
    lanes: Vec<Listed<LaneStatus>>,
    workers: Workers,
}

/// How many workers there are and should be, and by what.
#[derive(Serialize)]
struct Workers {
    running: u32,
    wanted: u32,
    slots: f64,
    arrival_cost: f64,
    backlog_seconds: f64,
}

/// Prints a line for each lane, and one for the workers that it takes.
pub async fn run(options: &Options) -> Outcome {
    let db = options.reading.db()?;
    let lanes = db.queue_status().await?;
    let load = Load::of(&db.count_service(MAX_COUNTED).await?, 1);
    let workers = Workers {
        running: load.workers,
        wanted: workers_wanted(&load, &options.scaling),
        slots: load.slots,
        arrival_cost: load.arrival_cost,
        backlog_seconds: load.backlog_seconds,
    };
    if options.reading.json {
        println!("{}", serde_json::to_string_pretty(&Told { lanes, workers })?);
    } else {
        lanes.iter().for_each(|lane| println!("{}", line(&lane.row)));
        println!("{}", words(&workers));
    }
    Ok(ExitCode::SUCCESS)
}

fn words(workers: &Workers) -> String {
    let Workers { running, wanted, slots, arrival_cost, backlog_seconds } = workers;
    format!(
        "workers     {running} of {slots} engines, wanted {wanted}: {arrival_cost:.2} engines for what arrives, \
         {backlog_seconds:.0} s of one for what waits"
    )
}

fn line(lane: &LaneStatus) -> String {
    let LaneStatus { lane, waiting, delayed, running, oldest, dead } = lane;
    format!(
        "{lane:<10}  waiting {waiting}, the oldest for {oldest} s  delayed {delayed}  running {running}  dead {dead}"
    )
}
