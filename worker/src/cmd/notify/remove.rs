//! `imgfilter notify remove`.

use clap::Args;
use uuid::Uuid;

use super::{Owned, list};
use crate::cli::Outcome;
use crate::cmd::change::{Changing, Item, each_named};
use crate::db::queue::Change;
use crate::db::targets::TargetLine;

/// Options of `imgfilter notify remove`.
#[derive(Debug, Args)]
#[command(after_help = "What waits for them is not told. Exit code 1 if one that was named is not removed.")]
pub struct Options {
    #[command(flatten)]
    which: Owned,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and removes.
pub async fn run(options: &Options) -> Outcome {
    let (db, owner) = (options.changing.db()?, options.which.owner.as_str());
    let found = db.targets(Some(owner), None).await?;
    let items = each_named(&options.which.ids, &found, |target| target.id, item);
    let remove = async |target| {
        let removed = db.remove_target(owner, target).await?;
        Ok(if removed.is_some() { Change::Removed } else { Change::Unknown })
    };
    options.changing.settle(items, true, remove).await
}

fn item(target: &TargetLine) -> Item<Uuid> {
    Item { id: target.id, about: list::line(target), change: Change::Removed }
}
