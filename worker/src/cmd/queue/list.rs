//! `imgfilter queue list`.

use clap::Args;

use super::{Reading, image_lane};
use crate::cli::Outcome;
use crate::db::queue::{EndedTasks, OpenTasks};

/// States of a task that has not ended.
const OPEN: [&str; 3] = ["queued", "delayed", "processing"];

/// Options of `imgfilter queue list`.
#[derive(Debug, Args)]
#[command(
    after_help = "Tasks that have not ended come in the order in which they are claimed, others the last first."
)]
pub struct Options {
    /// Only those of this lane
    #[arg(long, value_parser = image_lane())]
    lane: Option<String>,
    /// Only those with this status; delayed are those that are queued and may not start yet. Without it: all that have
    /// not ended
    #[arg(long, value_parser = ["queued", "delayed", "processing", "done", "failed", "canceled", "expired"])]
    status: Option<String>,
    /// Only those of this owner
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    limit: i32,
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each task.
pub async fn run(options: &Options) -> Outcome {
    let db = options.reading.db()?;
    let (lane, owner, limit) = (options.lane.as_deref(), options.owner.as_deref(), Some(options.limit));
    let tasks = match options.status.as_deref() {
        Some(status) if !OPEN.contains(&status) => {
            db.ended_tasks(EndedTasks { status, lane, owner, since: None, limit }).await?
        }
        state => db.open_tasks(OpenTasks { lane, state, owner, limit }).await?,
    };
    options.reading.print(&tasks, |task| format!("{}  {}", task.row.id, super::line(&task.row)))
}
