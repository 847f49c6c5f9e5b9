//! `imgfilter filters`: the catalogue of filters.

use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;

/// Options of `imgfilter filters`.
#[derive(Debug, Args)]
pub struct Options {
    /// As JSON, as `GET /filters` answers
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// As a Markdown page (the default)
    #[arg(long)]
    markdown: bool,
}

/// Prints every filter with its parameters, and every look.
pub fn run(options: &Options) -> Outcome {
    if options.json {
        println!("{}", serde_json::to_string_pretty(&imgfilter_filters::catalogue())?);
    } else {
        print!("{}", imgfilter_filters::catalogue_markdown());
    }
    Ok(ExitCode::SUCCESS)
}
