//! `imgfilter notify replay`.

use clap::Args;

use super::{Done, Owned, each};
use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::db::targets::Replay;

/// Options of `imgfilter notify replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "One that waits is tried now. A code is not told twice, nor is a short message that may have arrived, nor \
                  what was tried 20 times within a day. Exit code 1 if one is not told again."
)]
pub struct Options {
    #[command(flatten)]
    which: Owned,
    #[command(flatten)]
    how: Reading,
}

/// Puts each back.
pub async fn run(options: &Options) -> Outcome {
    let db = options.how.db()?;
    let replay = async |owner: &str, id| {
        let (became, well) = match db.replay_delivery(owner, id).await? {
            Some(Replay::Queued { .. }) => ("queued".to_owned(), true),
            Some(Replay::Refused { refused }) => (refused, false),
            None => ("unknown".to_owned(), false),
        };
        Ok(Done { id, became, well })
    };
    each(&options.which, options.how.json, replay).await
}
