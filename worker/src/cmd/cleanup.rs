//! `imgfilter cleanup`: removes what has ended; for cron and timers.

mod progress;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use self::progress::Progress;
use super::block_on;
use crate::cleanup::{Cleanup, CleanupError, Pace, Report};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::shutdown;
use crate::store::Store;

/// Exit code when the time was up before everything was looked at.
const UNFINISHED: u8 = 3;
/// Exit code when the store refused to delete some objects.
pub const REFUSED: u8 = 4;

/// Options of `imgfilter cleanup`. Exit codes: 0 all is clean, 1 broken off by an error, 3 the time was up, 4 some
/// objects could not be deleted.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is clean, 1 broken off by an error, 2 a wrong command line, 3 the time was up or it was \
                  asked to end, 4 the store refused to delete some objects. It may be killed at any time and run beside \
                  others, which share the work."
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
    /// Batches under way at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=8))]
    parallel: u8,
    /// How long a batch stays this cleanup's: longer than the store takes for one
    #[arg(long, value_name = "DURATION", default_value = "90s", value_parser = config::parse_duration)]
    lease: Duration,
    #[command(flatten)]
    settings: config::Cleanup,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    s3: config::S3,
}

/// Cleans, prints what was removed, also when it broke off, and says by the exit code how it went.
pub fn run(options: Options) -> Outcome {
    options.settings.check()?;
    let db = Db::new(&options.database)?;
    let store = Store::new(&options.s3)?;
    let pace = Pace {
        batch: options.batch.into(),
        parallel: options.parallel.into(),
        lease: options.lease,
        until: options.max_seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
    };
    block_on(async {
        let cleanup = Cleanup::new(&db, &store, pace);
        let ended = clean(&cleanup, &options, &db).await;
        let report = cleanup.tally.report();
        print(&report, options.json, options.dry_run)?;
        ended?;
        Ok(match report {
            Report { refused: 1.., .. } => REFUSED.into(),
            Report { finished: false, .. } => UNFINISHED.into(),
            _ => ExitCode::SUCCESS,
        })
    })
}

/// Cleans until all is done, or somebody asks to end; shows how far it has come if somebody looks.
async fn clean(cleanup: &Cleanup<'_>, options: &Options, db: &Db) -> Result<(), CleanupError> {
    let settings = &options.settings;
    if options.dry_run {
        return cleanup.count(settings).await;
    }
    let progress = Progress::begin(db, settings, options.json).await;
    let mut work = std::pin::pin!(cleanup.run(settings));
    let mut asked_to_end = std::pin::pin!(shutdown::requested());
    let mut asked = false;
    loop {
        tokio::select! {
            ended = work.as_mut() => {
                progress.end();
                return ended;
            }
            _ = asked_to_end.as_mut(), if !asked => {
                asked = true;
                cleanup.stop();
            }
            () = progress.tick() => progress.show(&cleanup.tally),
        }
    }
}

fn print(report: &Report, json: bool, dry_run: bool) -> serde_json::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{} {report}", if dry_run { "would remove" } else { "removed" });
    }
    Ok(())
}
