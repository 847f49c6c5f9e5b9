//! `imgfilter erase`: removes all that belongs to a person, or to a task, on request.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::block_on;
use super::change::confirmed;
use super::cleanup::REFUSED;
use crate::cleanup::{self, Cleanup, CleanupError, Pace, Report as Deleted};
use crate::cli::Outcome;
use crate::config;
use crate::db::erasure::Erasure;
use crate::db::{Db, DbError};
use crate::store::Store;

/// Pause between two looks at what workers are deleting.
const PAUSE: Duration = Duration::from_millis(200);
/// How the objects are deleted.
const PACE: Pace = Pace { batch: 1000, parallel: 4, until: None, lease: cleanup::LEASE };

/// Options of `imgfilter erase`.
#[derive(Debug, Args)]
#[command(
    after_help = "Removed are tasks, also those that have not ended, with their originals, results, links, deliveries and \
                  cached copies; an original stays while a task that is not erased has it. Of an owner also where it is told \
                  of its tasks. Links answer 410 from then on. \
                  Keys and what was counted against quotas are no part of it: see `imgfilter key revoke`.\n\
                  Exit codes: 0 erased, 1 a task that was named is not there, or an error, 4 erased, but some \
                  objects are still in the store, which the cleanup will try again."
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
    /// How long to wait for objects that a worker has begun to delete: longer than the 90 seconds after which they are taken
    /// from one that has died over it
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = config::parse_duration)]
    wait: Duration,
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
    /// Objects of what was erased that are still in the store, those that it refused among them.
    left: u64,
}

/// Shows and erases.
pub fn run(options: &Options) -> Outcome {
    let db = Db::as_owner(&options.database)?;
    let store = Store::new(&options.s3)?;
    block_on(async {
        let foreseen = db.erasure_preview(&options.tasks, options.owner.as_deref()).await?;
        if !options.yes && !agreed(options, &foreseen)? {
            print(&Report { done: false, erased: foreseen, objects: 0, refused: 0, left: 0 }, options.json)?;
            return Ok(exit(options, &foreseen, 0));
        }
        let begun = db.now().await?;
        let erased = erase(&db, options).await?;
        let ended = db.now().await?;
        let cleanup = Cleanup::new(&db, &store, PACE);
        let deleted = delete(&cleanup, async || db.erased_left(begun, ended).await, options.wait).await;
        let left = db.erased_left(begun, ended).await?;
        let Deleted { erased: objects, refused, .. } = cleanup.tally.report();
        print(&Report { done: true, erased, objects, refused, left }, options.json)?;
        // the rows are gone all the same, and the objects will be
        deleted?;
        Ok(exit(options, &erased, left))
    })
}

/// Erases each task in a transaction of its own, so that none holds up the others; and those that came meanwhile.
async fn erase(db: &Db, options: &Options) -> Result<Erasure, DbError> {
    let mut erased = Erasure::default();
    let Some(owner) = &options.owner else {
        for task in &options.tasks {
            erased += db.erase_task(*task).await?;
        }
        return Ok(erased);
    };
    loop {
        let tasks = db.tasks_of_owner(owner).await?;
        for task in &tasks {
            erased += db.erase_task(*task).await?;
        }
        erased.originals += db.erase_images(owner).await?;
        erased.targets += db.erase_notifications(owner).await?;
        if tasks.is_empty() {
            return Ok(erased);
        }
    }
}

/// Deletes the objects of what was erased. Workers heard of them, too, and may have some under way: these are waited for.
async fn delete(
    cleanup: &Cleanup<'_>,
    left: impl AsyncFn() -> Result<u64, DbError>,
    wait: Duration,
) -> Result<(), CleanupError> {
    let until = Instant::now() + wait;
    loop {
        cleanup.remove_erased().await?;
        // what the store refused it would only refuse again
        if left().await? <= cleanup.tally.report().refused || Instant::now() >= until {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks whether to go on, if there is something to erase and somebody to ask.
fn agreed(options: &Options, foreseen: &Erasure) -> std::io::Result<bool> {
    if options.json || *foreseen == Erasure::default() {
        return Ok(false);
    }
    confirmed(&format!("Erase {}?", words(foreseen)))
}

fn exit(options: &Options, erased: &Erasure, left: u64) -> ExitCode {
    let mut named = options.tasks.clone();
    named.sort_unstable();
    named.dedup();
    if erased.tasks < named.len() as u64 {
        ExitCode::FAILURE
    } else if left > 0 {
        REFUSED.into()
    } else {
        ExitCode::SUCCESS
    }
}

fn words(erasure: &Erasure) -> String {
    let Erasure { tasks, originals, results, links, targets } = erasure;
    let counted = format!("{tasks} tasks, {originals} originals, {results} results, {links} links");
    if *targets > 0 { format!("{counted}, {targets} notification targets") } else { counted }
}

fn print(report: &Report, json: bool) -> serde_json::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else if report.done {
        println!(
            "erased {}; deleted {} objects, {} refused, {} left",
            words(&report.erased),
            report.objects,
            report.refused,
            report.left
        );
    } else {
        println!("would erase {}", words(&report.erased));
        eprintln!("Nothing was erased: --yes does it.");
    }
    Ok(())
}
