//! `imgfilter link revoke`.

use clap::Args;

use super::Which;
use crate::cli::Outcome;
use crate::cmd::change::Changing;
use crate::db::queue::Change;

/// Options of `imgfilter link revoke`.
#[derive(Debug, Args)]
#[command(
    after_help = "It cannot be taken back. Every edge forgets what it has of them within seconds; a CDN before it keeps \
                  what it has for IMGFILTER_CDN_MAX_AGE. Exit code 1 if a link that was named is not revoked."
)]
pub struct Options {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    changing: Changing,
}

/// Shows and revokes.
pub async fn run(options: &Options) -> Outcome {
    let db = options.changing.db()?;
    let items = options.which.items(&db, Change::Revoked).await?;
    options.changing.settle(items, options.which.is_named(), async |link| db.revoke_link(link).await).await
}
