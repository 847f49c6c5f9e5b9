//! `imgfilter link list`.

use clap::Args;
use uuid::Uuid;

use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::db::links::Links;

/// Options of `imgfilter link list`.
#[derive(Debug, Args)]
#[command(
    after_help = "Not the links themselves: whoever has one may download. A task shows them to who knows its id."
)]
pub struct Options {
    /// Only those of this owner
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those of this task
    #[arg(long, value_name = "TASK")]
    task: Option<Uuid>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    limit: i32,
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each.
pub async fn run(options: &Options) -> Outcome {
    let which =
        Links { ids: None, owner: options.owner.as_deref(), task: options.task, limit: Some(options.limit) };
    let links = options.reading.db()?.links(which).await?;
    options.reading.print(&links, |link| format!("{}  {}", link.row.id, super::line(&link.row)))
}
