//! `imgfilter queue retry`.

use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use crate::cli::Outcome;
use crate::cmd::change::{Changing, Item, each_named};
use crate::config::parse_duration;
use crate::db::queue::{Change, EndedTasks, TaskLine};

/// Options of `imgfilter queue retry`.
#[derive(Debug, Args)]
#[command(
    after_help = "Put back is what has failed, has no results and whose original is still there: with all its attempts, \
                  at the place of a new task. Exit code 1 if a task that was named is not put back."
)]
pub struct Options {
    /// Ids of tasks
    #[arg(value_name = "TASK", required_unless_present = "all_failed")]
    tasks: Vec<Uuid>,
    /// All tasks that have failed
    #[arg(long, conflicts_with = "tasks")]
    all_failed: bool,
    /// Only those that ended so long ago at most
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, requires = "all_failed")]
    since: Option<Duration>,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and puts back.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let items = if options.all_failed {
        let which =
            EndedTasks { status: "failed", lane: None, owner: None, since: options.since, limit: None };
        db.ended_tasks(which).await?.iter().map(|task| item(&task.row)).collect()
    } else {
        each_named(&options.tasks, &db.tasks(&options.tasks).await?, |task| task.id, item)
    };
    options.changing.settle(items, !options.all_failed, async |task| db.requeue(task).await).await
}

fn item(task: &TaskLine) -> Item<Uuid> {
    let change = match task.retry.as_deref() {
        Some("possible") => Change::Queued,
        Some("has_results") => Change::HasResults,
        Some("original_gone") => Change::OriginalGone,
        _ => Change::NotFailed,
    };
    Item { id: task.id, about: super::line(task), change }
}
