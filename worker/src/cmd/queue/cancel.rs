//! `imgfilter queue cancel`.

use clap::Args;
use uuid::Uuid;

use super::image_lane;
use crate::cli::Outcome;
use crate::cmd::change::{Changing, Item, each_named};
use crate::db::queue::{Change, OpenTasks, TaskLine};

/// Options of `imgfilter queue cancel`.
#[derive(Debug, Args)]
#[command(
    after_help = "A task that a worker has is stopped within a second or two. Exit code 1 if a task that was named is not \
                  canceled."
)]
pub struct Options {
    /// Ids of tasks
    #[arg(value_name = "TASK", required_unless_present_any = ["owner", "lane"])]
    tasks: Vec<Uuid>,
    /// All that this owner has open
    #[arg(long, value_name = "NAME", conflicts_with = "tasks")]
    owner: Option<String>,
    /// All that is open in this lane; with --owner what is both
    #[arg(long, value_parser = image_lane(), conflicts_with = "tasks")]
    lane: Option<String>,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and cancels.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let named = !options.tasks.is_empty();
    let items = if named {
        each_named(&options.tasks, &db.tasks(&options.tasks).await?, |task| task.id, item)
    } else {
        let which = OpenTasks {
            lane: options.lane.as_deref(),
            owner: options.owner.as_deref(),
            ..OpenTasks::default()
        };
        db.open_tasks(which).await?.iter().map(|task| item(&task.row)).collect()
    };
    options.changing.settle(items, named, async |task| db.cancel(task).await).await
}

fn item(task: &TaskLine) -> Item<Uuid> {
    let open = matches!(task.status.as_str(), "queued" | "processing");
    let change = if open { Change::Canceled } else { Change::Ended };
    Item { id: task.id, about: super::line(task), change }
}
