//! `imgfilter config`: every setting, its unit and its default.

use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;
use crate::config;

/// Options of `imgfilter config`.
#[derive(Debug, Args)]
pub struct Options {
    /// As a Markdown page (the default)
    #[arg(long, conflicts_with = "example")]
    markdown: bool,
    /// As an environment file with every setting commented out
    #[arg(long)]
    example: bool,
}

/// Prints the settings.
pub fn run(options: &Options) -> Outcome {
    print!("{}", if options.example { config::example() } else { config::markdown() });
    Ok(ExitCode::SUCCESS)
}
