//! Changes that an operator asks for: shown before they are made, and made only if he says so.

use std::collections::HashSet;
use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::cli::Outcome;
use crate::config;
use crate::db::queue::{Change, Listed};
use crate::db::{Db, DbError};

/// Most lines of a preview in words; programs get all.
const MOST_SHOWN: usize = 50;

/// Options of every command that changes something.
#[derive(Debug, Args)]
pub struct Changing {
    /// Do it: without this the command tells what it would change, and on a terminal asks whether to
    #[arg(long)]
    yes: bool,
    /// As JSON: what would be changed or was, without asking
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

/// Something that a command would change.
#[derive(Debug, Clone, Serialize)]
pub struct Item<K> {
    /// What it is called.
    pub id: K,
    /// What is told of it.
    #[serde(skip)]
    pub about: String,
    /// What becomes of it, as far as can be foreseen, or what became of it.
    pub change: Change,
}

/// What was named, each once, in its order, also where there is none of that id; `id` is that of a row, `item` what a
/// command would make of it.
pub fn each_named<T>(
    ids: &[Uuid],
    found: &[Listed<T>],
    id: impl Fn(&T) -> Uuid,
    item: impl Fn(&T) -> Item<Uuid>,
) -> Vec<Item<Uuid>> {
    let mut seen = HashSet::new();
    let each = ids.iter().filter(|id| seen.insert(**id));
    each.map(|wanted| match found.iter().find(|one| id(&one.row) == *wanted) {
        Some(one) => item(&one.row),
        None => Item { id: *wanted, about: String::new(), change: Change::Unknown },
    })
    .collect()
}

/// What was to be changed.
#[derive(Serialize)]
struct Report<'a, K> {
    /// Whether it was, where it could be.
    done: bool,
    items: &'a [Item<K>],
}

impl Changing {
    /// As whom.
    pub fn db(&self) -> Result<Db, Box<dyn std::error::Error + Send + Sync>> {
        Db::as_owner(&self.database)
    }

    /// Shows what `make` would change, has it do so if that is wanted, and tells what came of it. The exit code is 1 if
    /// something that was `named` is not changed.
    pub async fn settle<K: Copy + Display + Serialize>(
        &self,
        mut items: Vec<Item<K>>,
        named: bool,
        make: impl AsyncFn(K) -> Result<Change, DbError>,
    ) -> Outcome {
        let foreseen = items.iter().filter(|item| item.change.is_one()).count();
        let done = self.yes || (foreseen > 0 && self.agreed(&items, foreseen)?);
        if done {
            for item in items.iter_mut().filter(|item| item.change.is_one()) {
                item.change = make(item.id).await?;
            }
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&Report { done, items: &items })?);
        } else if done {
            show(&items, true);
        } else if foreseen == 0 || !asks() {
            show(&items, false);
            eprintln!("{foreseen} would be changed. Nothing was: --yes does it.");
        }
        let left = named && items.iter().any(|item| !item.change.is_one());
        Ok(if left { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Asks whether to go on, if there is somebody to ask.
    fn agreed<K: Display>(&self, items: &[Item<K>], foreseen: usize) -> io::Result<bool> {
        if self.json || !asks() {
            return Ok(false);
        }
        show(items, false);
        confirmed(&format!("Change {foreseen}?"))
    }
}

/// Asks a question that is answered with yes or no, if there is somebody to ask.
pub fn confirmed(question: &str) -> io::Result<bool> {
    if !asks() {
        return Ok(false);
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Whether a person sits there.
fn asks() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn show<K: Display>(items: &[Item<K>], done: bool) {
    for Item { id, about, change } in items.iter().take(MOST_SHOWN) {
        let would_be = if change.is_one() && !done { "would be " } else { "" };
        let about = if about.is_empty() { String::new() } else { format!("  ({about})") };
        println!("{id}  {would_be}{}{about}", words(*change));
    }
    if items.len() > MOST_SHOWN {
        println!("and {} more", items.len() - MOST_SHOWN);
    }
}

fn words(change: Change) -> &'static str {
    match change {
        Change::Queued => "put back",
        Change::Canceled => "canceled",
        Change::Draining => "told to drain",
        Change::Ended => "left: it has ended",
        Change::Unknown => "left: there is none",
        Change::NotFailed => "left: it has not failed",
        Change::HasResults => "left: it has results",
        Change::OriginalGone => "left: its original is gone",
        Change::Revoked => "revoked",
        Change::Extended => "extended",
        Change::Removed => "removed",
        Change::TooLong => "left: it would live longer than IMGFILTER_MAX_LINK_LIFE",
    }
}
