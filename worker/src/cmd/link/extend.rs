//! `imgfilter link extend`.

use clap::Args;

use super::Which;
use crate::cli::Outcome;
use crate::cmd::change::Changing;
use crate::config;
use crate::db::queue::Change;

/// Options of `imgfilter link extend`.
#[derive(Debug, Args)]
#[command(
    after_help = "No link lives longer than IMGFILTER_MAX_LINK_LIFE after it was made, and none that has ended lives again. \
                  Exit code 1 if a link that was named is not extended."
)]
pub struct Options {
    #[command(flatten)]
    which: Which,
    /// By how long: an interval of the calendar in PostgreSQL's words, such as '3 months'
    #[arg(long, value_name = "INTERVAL")]
    by: String,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and extends.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let items = options.which.items(&db, Change::Extended).await?;
    let longest = &options.links.max_link_life;
    let extend = async |link| db.extend_link(link, &options.by, longest).await;
    options.changing.settle(items, options.which.is_named(), extend).await
}
