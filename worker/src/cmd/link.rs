//! `imgfilter link`: links, seen and changed by the owner of the schema.

mod extend;
mod keys;
mod list;
mod revoke;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::block_on;
use super::change::{Item, each_named};
use crate::cli::Outcome;
use crate::db::links::{LinkLine, Links};
use crate::db::queue::Change;
use crate::db::{Db, DbError};

/// Options of `imgfilter link`.
#[derive(Debug, Args)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// What can be done with links.
#[derive(Debug, Subcommand)]
enum Action {
    /// List links, the last made first
    List(list::Options),
    /// End links now: they are answered with 410 within a minute, and their objects go with the next cleanup
    Revoke(revoke::Options),
    /// Let links live longer
    Extend(extend::Options),
    /// Tell which keys of IMGFILTER_LINK_KEYS a living link still needs, and which may go
    Keys(keys::Options),
}

/// Does it.
pub fn run(options: &Options) -> Outcome {
    block_on(async {
        match &options.action {
            Action::List(options) => list::run(options).await,
            Action::Revoke(options) => revoke::run(options).await,
            Action::Extend(options) => extend::run(options).await,
            Action::Keys(options) => keys::run(options).await,
        }
    })
}

/// Which links a command is about.
#[derive(Debug, Args)]
struct Which {
    /// Ids of links, as `imgfilter link list` shows them
    #[arg(value_name = "LINK", required_unless_present_any = ["owner", "task"])]
    links: Vec<Uuid>,
    /// All of this owner that live
    #[arg(long, value_name = "NAME", conflicts_with = "links")]
    owner: Option<String>,
    /// All of this task that live; with --owner what is both
    #[arg(long, value_name = "TASK", conflicts_with = "links")]
    task: Option<Uuid>,
}

impl Which {
    /// The links, each once, with what becomes of those that live.
    async fn items(&self, db: &Db, change: Change) -> Result<Vec<Item<Uuid>>, DbError> {
        if self.links.is_empty() {
            let all = Links { owner: self.owner.as_deref(), task: self.task, ..Links::default() };
            let found = db.links(all).await?;
            return Ok(found
                .iter()
                .filter(|link| link.row.living)
                .map(|link| item(&link.row, change))
                .collect());
        }
        let found = db.links(Links { ids: Some(&self.links), ..Links::default() }).await?;
        Ok(each_named(&self.links, &found, |link| link.id, |link| item(link, change)))
    }

    /// Whether each was named.
    fn is_named(&self) -> bool {
        !self.links.is_empty()
    }
}

fn item(link: &LinkLine, change: Change) -> Item<Uuid> {
    Item { id: link.id, about: line(link), change: if link.living { change } else { Change::Ended } }
}

/// A link on one line, but for its id.
fn line(link: &LinkLine) -> String {
    let mut words = vec![if link.living { "lives" } else { "ended" }.to_owned()];
    words.push(format!("task {} result {}", link.task, link.n));
    words.extend(link.owner.as_ref().map(|owner| format!("owner {owner}")));
    words.push(format!("{:?} of {} bytes", link.filename, link.bytes));
    words.push(format!("created {}", link.created_at));
    words.push(match &link.revoked_at {
        Some(at) => format!("revoked {at}"),
        None if link.living => format!("until {}", link.expires_at),
        None => format!("ended {}", link.expires_at),
    });
    words.join("  ")
}
