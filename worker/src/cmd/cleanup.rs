//! `imgfilter cleanup`: removes what has ended; for cron and timers.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::block_on;
use crate::cleanup::{Cleanup, Report, Terms};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::store::Store;

/// Exit code when the time was up before everything was looked at.
const UNFINISHED: u8 = 3;
/// Exit code when the store refused to delete some objects.
const REFUSED: u8 = 4;

/// Options of `imgfilter cleanup`. Exit codes: 0 all is clean, 1 broken off by an error, 3 the time was up, 4 some
/// objects could not be deleted.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is clean, 1 broken off by an error, 3 the time was up, 4 the store refused to \
                        delete some objects. It may be killed at any time and run beside others."
)]
pub struct Options {
    /// Only count what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    max_seconds: Option<u64>,
    /// Rows or objects at a time
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch: u16,
    #[command(flatten)]
    settings: config::Cleanup,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    s3: config::S3,
}

/// Cleans, prints what was removed, also when it broke off, and says by the exit code how it went.
pub fn run(options: Options) -> Outcome {
    let db = Db::new(&options.database)?;
    let store = Store::new(&options.s3)?;
    let terms = Terms {
        dry_run: options.dry_run,
        batch: options.batch.into(),
        until: options.max_seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        settings: options.settings,
    };
    block_on(async {
        let mut cleanup = Cleanup { db: &db, store: &store, terms: &terms, report: Report::default() };
        let ended = cleanup.run().await;
        print(&cleanup.report, options.json, terms.dry_run)?;
        ended?;
        Ok(match cleanup.report {
            Report { refused: 1.., .. } => REFUSED.into(),
            Report { finished: false, .. } => UNFINISHED.into(),
            _ => ExitCode::SUCCESS,
        })
    })
}

fn print(report: &Report, json: bool, dry_run: bool) -> serde_json::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    let Report { links, originals, orphans, spooled, rows, refused, finished } = report;
    let verb = if dry_run { "would remove" } else { "removed" };
    println!(
        "{verb} {links} links, {originals} originals, {orphans} orphaned objects, {spooled} spooled files, {rows} rows; \
         {refused} refused{}",
        if *finished { "" } else { "; not finished" }
    );
    Ok(())
}
