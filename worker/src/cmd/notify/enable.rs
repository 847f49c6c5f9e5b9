//! `imgfilter notify enable`.

use clap::Args;

use super::{Done, Owned, each};
use crate::cli::Outcome;
use crate::cmd::reading::Reading;

/// Options of `imgfilter notify enable`.
#[derive(Debug, Args)]
#[command(
    after_help = "What was ended when they were disabled stays ended. Exit code 1 if the owner has not all of them."
)]
pub struct Options {
    #[command(flatten)]
    which: Owned,
    #[command(flatten)]
    how: Reading,
}

/// Enables each.
pub async fn run(options: &Options) -> Outcome {
    let db = options.how.db()?;
    let enable = async |owner: &str, id| {
        let target = db.enable_target(owner, id).await?;
        let well = target.is_some();
        Ok(Done { id, became: target.map_or_else(|| "unknown".to_owned(), |target| target.status), well })
    };
    each(&options.which, options.how.json, enable).await
}
