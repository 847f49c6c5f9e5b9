//! `imgfilter notify`: whom owners have told, what was told, and who tells it.

mod add;
mod deliveries;
mod enable;
mod list;
mod remove;
mod replay;
mod rotate;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use imgfilter_api::signing::Masters;
use serde::Serialize;
use uuid::Uuid;

use super::{block_on, notify_run};
use crate::cli::Outcome;
use crate::config;
use crate::db::DbError;

/// Options of `imgfilter notify`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Send what is in the outbox, until told to end: what workers do, too, unless IMGFILTER_NOTIFIER=off
    Run(Box<notify_run::Options>),
    /// List targets: places where owners are told
    List(list::Options),
    /// Add a target to those of an owner, or change what one is told of
    Add(Box<add::Options>),
    /// Remove targets, and what waits for them
    Remove(remove::Options),
    /// Say the code that a mailbox or a telephone was sent, or have another one sent
    Verify(verify::Options),
    /// Give a webhook another secret; the one before signs too for a day
    Rotate(rotate::Options),
    /// Tell targets again that were disabled
    Enable(enable::Options),
    /// List what was told or is to be, the last first, with every try
    Deliveries(deliveries::Options),
    /// Tell what was told once more, now, under the same id
    Replay(replay::Options),
}

/// Does what is asked.
pub fn run(options: Options) -> Outcome {
    match options.action {
        Action::Run(options) => notify_run::run(*options),
        Action::List(options) => block_on(list::run(&options)),
        Action::Add(options) => block_on(add::run(&options)),
        Action::Remove(options) => block_on(remove::run(&options)),
        Action::Verify(options) => block_on(verify::run(&options)),
        Action::Rotate(options) => block_on(rotate::run(&options)),
        Action::Enable(options) => block_on(enable::run(&options)),
        Action::Deliveries(options) => block_on(deliveries::run(&options)),
        Action::Replay(options) => block_on(replay::run(&options)),
    }
}

/// Some things of one owner.
#[derive(Debug, Args)]
struct Owned {
    /// Whose they are
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// Ids, as the lists show them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<Uuid>,
}

/// What became of one of several.
#[derive(Debug, Serialize)]
struct Done {
    id: Uuid,
    became: String,
    /// Whether it is as it was asked for.
    #[serde(skip)]
    well: bool,
}

/// Does the same with each, and tells what became of it. The exit code is 1 if one is not as it was asked for.
async fn each(owned: &Owned, json: bool, make: impl AsyncFn(&str, Uuid) -> Result<Done, DbError>) -> Outcome {
    let mut all = Vec::with_capacity(owned.ids.len());
    for id in &owned.ids {
        all.push(make(&owned.owner, *id).await?);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        all.iter().for_each(|done| println!("{}  {}", done.id, done.became));
    }
    Ok(if all.iter().all(|done| done.well) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The secret of a webhook of this number, where the service's own is known.
fn secret_of(
    webhooks: &config::Webhooks,
    target: Uuid,
    number: i32,
) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    let Some(secret) = webhooks.secret()? else { return Ok(None) };
    Ok(Some(Masters::parse(secret.reveal())?.first().of_target(target, number).reveal()))
}

/// A target that the owner does not have, as an error.
fn none(target: Uuid) -> String {
    format!("the owner has no target {target}")
}

/// A refusal that says by its SQLSTATE what is wrong, in words.
fn explain(error: DbError) -> Box<dyn Error + Send + Sync> {
    match error.code() {
        Some("IF020") => "the owner has as many targets as IMGFILTER_MAX_TARGETS allows".into(),
        Some("IF021") => "too many codes were sent there, or for this owner, within a day".into(),
        _ => error.into(),
    }
}
