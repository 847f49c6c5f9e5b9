//! `imgfilter erase`: removes all that belongs to a person, or to a task, on request.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::block_on;
use super::change::confirmed;
use super::cleanup::REFUSED;
use crate::cleanup::{self, Cleanup, Pace};
use crate::cli::Outcome;
use crate::config;
use crate::db::erasure::Erasure;
use crate::db::{Db, DbError};
use crate::store::Store;

/// Tasks that one transaction erases.
const TASKS_AT_ONCE: usize = 100;
/// How the objects are deleted.
const PACE: Pace = Pace { batch: 1000, parallel: 4, until: None, lease: cleanup::LEASE };

/// Options of `imgfilter erase`.
#[derive(Debug, Args)]
#[command(
    after_help = "Removed are tasks, also those that have not ended, with their originals, results, links, deliveries and \
                  cached copies; an original stays while a task that is not erased has it. Links answer 410 from then on. \
                  Keys and what was counted against quotas are no part of it: see `imgfilter key revoke`.\n\
                  Exit codes: 0 erased, 1 a task that was named is not there, or an error, 4 erased, but the store refused \
                  to delete some objects, which the cleanup will try again."
)]
pub struct Options {
    /// All that this owner has
    #[arg(long, value_name = "NAME", required_unless_present = "tasks", conflicts_with = "tasks")]
    owner: Option<String>,
    /// This task; may be given several times
    #[arg(long = "task", value_name = "ID")]
    tasks: Vec<Uuid>,
    /// Do it: without this the command tells what it would erase, and on a terminal asks whether to
    #[arg(long)]
    yes: bool,
    /// As JSON: what would be erased or was, without asking
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
    #[command(flatten)]
    s3: config::S3,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether anything was erased; otherwise it is what would be.
    done: bool,
    #[serde(flatten)]
    erased: Erasure,
    /// Objects that were deleted from the store; what was erased before and had not been deleted yet is among them.
    objects: u64,
    /// Objects that the store refused to delete.
    refused: u64,
}

/// Shows and erases.
pub fn run(options: &Options) -> Outcome {
    let db = Db::as_owner(&options.database)?;
    let store = Store::new(&options.s3)?;
    block_on(async {
        let foreseen = db.erasure_preview(&options.tasks, options.owner.as_deref()).await?;
        if !options.yes && !agreed(options, &foreseen)? {
            print(&Report { done: false, erased: foreseen, objects: 0, refused: 0 }, options.json)?;
            return Ok(exit(options, &foreseen, 0));
        }
        let erased = erase(&db, options).await?;
        let cleanup = Cleanup::new(&db, &store, PACE);
        let deleted = cleanup.remove_erased().await;
        let tally = cleanup.tally.report();
        print(&Report { done: true, erased, objects: tally.erased, refused: tally.refused }, options.json)?;
        // the rows are gone all the same, and the objects will be
        deleted?;
        Ok(exit(options, &erased, tally.refused))
    })
}

async fn erase(db: &Db, options: &Options) -> Result<Erasure, DbError> {
    let tasks = match &options.owner {
        Some(owner) => db.tasks_of_owner(owner).await?,
        None => options.tasks.clone(),
    };
    let mut erased = Erasure::default();
    for some in tasks.chunks(TASKS_AT_ONCE) {
        erased += db.erase_tasks(some).await?;
    }
    if let Some(owner) = &options.owner {
        erased.originals += db.erase_images(owner).await?;
    }
    Ok(erased)
}

/// Asks whether to go on, if there is something to erase and somebody to ask.
fn agreed(options: &Options, foreseen: &Erasure) -> std::io::Result<bool> {
    if options.json || *foreseen == Erasure::default() {
        return Ok(false);
    }
    confirmed(&format!("Erase {}?", words(foreseen)))
}

fn exit(options: &Options, erased: &Erasure, refused: u64) -> ExitCode {
    let mut named = options.tasks.clone();
    named.sort_unstable();
    named.dedup();
    if erased.tasks < named.len() as u64 {
        ExitCode::FAILURE
    } else if refused > 0 {
        REFUSED.into()
    } else {
        ExitCode::SUCCESS
    }
}

fn words(erasure: &Erasure) -> String {
    let Erasure { tasks, originals, results, links } = erasure;
    format!("{tasks} tasks, {originals} originals, {results} results, {links} links")
}

fn print(report: &Report, json: bool) -> serde_json::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else if report.done {
        println!(
            "erased {}; deleted {} objects, {} refused",
            words(&report.erased),
            report.objects,
            report.refused
        );
    } else {
        println!("would erase {}", words(&report.erased));
        eprintln!("Nothing was erased: --yes does it.");
    }
    Ok(())
}
