//! `imgfilter notify verify`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::{explain, none};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::db::targets::Coded;

/// Options of `imgfilter notify verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "A code is good for 30 minutes and for 5 tries. At most 5 are sent to one address within a day."
)]
pub struct Options {
    /// The target's id, as `imgfilter notify list` shows it
    target: Uuid,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// The code that came there; without it another one is sent
    #[arg(long)]
    code: Option<String>,
    /// What came of it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

/// Does it. The exit code is 1 if the target is not verified, or no code was sent.
pub async fn run(options: &Options) -> Outcome {
    let Options { target, owner, code, .. } = options;
    let db = Db::as_owner(&options.database)?;
    let came = match code {
        Some(code) => db.verify_target(owner, *target, code).await?,
        None => db.send_code(owner, *target).await.map_err(explain)?,
    };
    let (shown, words, well) = match came.ok_or_else(|| none(*target))? {
        Coded::Sent { until } => {
            (json!({ "until": until }), format!("a code is on its way, good until {until}"), true)
        }
        Coded::Verified { .. } => (json!({ "verified": true }), "verified".to_owned(), true),
        Coded::Refused { refused } => {
            (json!({ "refused": refused }), format!("not verified: {}", why(&refused)), false)
        }
    };
    if options.json {
        println!("{shown}");
    } else {
        println!("{words}");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn why(refused: &str) -> &str {
    match refused {
        "wrong" => "this is not the code that was sent last",
        "expired" => "the code is too old, or there is none",
        "tries" => "the code was tried too often",
        "disabled" => "the target is disabled",
        other => other,
    }
}
