//! `imgfilter store setup`: what the bucket itself should do, should the cleanup never come.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cleanup::sweep::{ORIGINALS, PREFIXES, RESULTS};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::store::{LifecycleRules, Store};

/// Uploads to the store in parts that are older were given up.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Options of `imgfilter store setup`.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes a rule for the results (r/) into the bucket's lifecycle, and has it give up uploads in parts under o/ \
                  and r/; all other rules stay as they are. Originals (o/) are not deleted by age: one that is filtered again \
                  and again lives on. It also gives up uploads to the store in parts that are older than a day. It may be \
                  run any number of times. What a rule deletes the database does not hear of, so days are refused that are \
                  not beyond the longest life of any link. A store without such rules is told of, and no failure."
)]
pub struct Options {
    /// Results that are so many days old are deleted by the store itself, whatever the database says of them
    #[arg(long, value_name = "DAYS", default_value_t = 400, value_parser = clap::value_parser!(i32).range(1..))]
    days: i32,
    /// The longest life of a link: an interval of the calendar in PostgreSQL's words
    #[arg(long, env = "IMGFILTER_MAX_LINK_LIFE", value_name = "INTERVAL", default_value = "1 year")]
    max_link_life: String,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    s3: config::S3,
}

/// Writes the rules, and says what became of it.
pub async fn run(options: &Options) -> Outcome {
    let store = Store::new(&options.s3)?;
    let longest = Db::new(&options.database)?.longest_life(&options.max_link_life).await?;
    if options.days <= longest {
        return Err(format!("a link may live {longest} days: --days must be more").into());
    }
    // Originals have none: one that is used again lives on, and the store counts from its upload.
    let rules = [(ORIGINALS, None), (RESULTS, Some(options.days))];
    match store.set_lifecycle(&rules).await? {
        LifecycleRules::Written => {
            println!("the store deletes results (r/) by itself when they are {} days old", options.days);
        }
        LifecycleRules::Unknown => {
            println!("this store has no lifecycle rules: nothing but `imgfilter cleanup` deletes objects");
        }
    }
    match store.abort_uploads(&PREFIXES, ABANDONED).await? {
        Some(aborted) => println!("{aborted} uploads in parts were given up"),
        None => println!("this store has no uploads in parts"),
    }
    Ok(ExitCode::SUCCESS)
}
