//! `imgfilter migrate`: brings the schema, the functions and the roles up to date.

use std::process::ExitCode;

use clap::Args;

use super::block_on;
use crate::cli::Outcome;
use crate::config;
use crate::db::migrate;

/// Options of `imgfilter migrate`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    database: config::Migrate,
}

/// Applies what is missing, all in one transaction, and says what it was.
pub fn run(options: &Options) -> Outcome {
    let url = options.database.url()?;
    block_on(async {
        let applied = migrate::run(url.reveal()).await?;
        for name in &applied {
            println!("applied {name}");
        }
        if applied.is_empty() {
            println!("the schema was up to date; functions and roles were written anew");
        }
        Ok(ExitCode::SUCCESS)
    })
}
