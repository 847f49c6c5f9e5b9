//! What commands that only look have in common.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::Outcome;
use crate::config;
use crate::db::Db;

/// Options of every command that only reads.
#[derive(Debug, Args)]
pub struct Reading {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

impl Reading {
    /// As whom.
    pub fn db(&self) -> Result<Db, Box<dyn std::error::Error + Send + Sync>> {
        Db::as_owner(&self.database)
    }

    /// Prints a list: as JSON, or a line for each.
    pub fn print<T: Serialize>(&self, all: &[T], line: impl Fn(&T) -> String) -> Outcome {
        if self.json {
            println!("{}", serde_json::to_string_pretty(all)?);
        } else {
            all.iter().for_each(|one| println!("{}", line(one)));
        }
        Ok(ExitCode::SUCCESS)
    }
}
