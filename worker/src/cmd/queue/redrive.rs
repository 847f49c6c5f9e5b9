//! `imgfilter queue redrive`.

use clap::Args;

use super::dead;
use crate::cli::Outcome;
use crate::cmd::change::{Changing, Item};
use crate::db::queue::{Change, DeadLine};

/// Options of `imgfilter queue redrive`.
#[derive(Debug, Args)]
#[command(
    after_help = "A task is put back as `imgfilter queue retry` does it, a delivery with the bytes that it had. Exit code 1 \
                  if something that was named is not put back."
)]
pub struct Options {
    /// Numbers, as `imgfilter queue dead` shows them
    #[arg(value_name = "ID", required_unless_present_any = ["all", "code"])]
    ids: Vec<i64>,
    /// All there is
    #[arg(long, conflicts_with_all = ["ids", "code"])]
    all: bool,
    /// All that was given up for this reason, such as worker_lost
    #[arg(long, conflicts_with = "ids")]
    code: Option<String>,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and puts back.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let named = !options.ids.is_empty();
    let dead = db.dead(named.then_some(options.ids.as_slice()), options.code.as_deref(), None).await?;
    let mut items: Vec<_> = dead.iter().map(|dead| item(&dead.row)).collect();
    let unknown = options.ids.iter().filter(|id| dead.iter().all(|dead| dead.row.id != **id));
    items.extend(unknown.map(|id| Item { id: *id, about: String::new(), change: Change::Unknown }));
    options.changing.settle(items, named, async |dead| db.redrive(dead).await).await
}

fn item(dead: &DeadLine) -> Item<i64> {
    let change = match dead.redrive.as_str() {
        "possible" => Change::Queued,
        "not_failed" => Change::NotFailed,
        "has_results" => Change::HasResults,
        "original_gone" => Change::OriginalGone,
        _ => Change::Unknown,
    };
    Item { id: dead.id, about: dead::line(dead), change }
}
