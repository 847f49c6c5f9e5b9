//! `imgfilter queue drain`.

use clap::Args;

use super::workers;
use crate::cli::Outcome;
use crate::cmd::change::{Changing, Item};
use crate::db::queue::Change;

/// Options of `imgfilter queue drain`.
#[derive(Debug, Args)]
#[command(
    after_help = "A worker learns it at its next beat, and ends as one that is stopped. With the shipped unit it stays down \
                  until it is started. Exit code 1 if a worker that was named is not there."
)]
pub struct Options {
    /// Numbers of workers, as `imgfilter queue workers` shows them
    #[arg(value_name = "WORKER", required_unless_present = "all")]
    workers: Vec<i32>,
    /// All there are now
    #[arg(long, conflicts_with = "workers")]
    all: bool,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and tells.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let there = db.workers().await?;
    let mut items: Vec<_> = there
        .iter()
        .filter(|worker| options.all || options.workers.contains(&worker.row.id))
        .map(|worker| Item { id: worker.row.id, about: workers::line(&worker.row), change: Change::Draining })
        .collect();
    let unknown = options.workers.iter().filter(|id| there.iter().all(|worker| worker.row.id != **id));
    items.extend(unknown.map(|id| Item { id: *id, about: String::new(), change: Change::Unknown }));
    options.changing.settle(items, !options.all, async |worker| db.drain(worker).await).await
}
