//! `imgfilter notify rotate`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::{none, secret_of};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;

/// Options of `imgfilter notify rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints the new secret, if it is told IMGFILTER_WEBHOOK_SECRET. The one before signs too for a day."
)]
pub struct Options {
    /// The target's id, as `imgfilter notify list` shows it
    target: Uuid,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    webhooks: config::Webhooks,
    #[command(flatten)]
    database: config::Migrate,
}

/// Does it.
pub async fn run(options: &Options) -> Outcome {
    let Options { target, owner, .. } = options;
    let db = Db::as_owner(&options.database)?;
    let found = db.targets(Some(owner), None).await?;
    let found = found.iter().find(|one| one.row.id == *target).ok_or_else(|| none(*target))?;
    if found.row.channel != "webhook" {
        return Err("only a target of the channel webhook has a secret".into());
    }
    let rotated = db.rotate_secret(owner, *target).await?.ok_or_else(|| none(*target))?;
    let secret = secret_of(&options.webhooks, rotated.id, rotated.secret_number)?;
    if options.json {
        println!("{}", json!({ "id": rotated.id, "secret_number": rotated.secret_number, "secret": secret }));
    } else {
        println!("{}", secret.unwrap_or_else(|| format!("secret number {}", rotated.secret_number)));
    }
    Ok(ExitCode::SUCCESS)
}
