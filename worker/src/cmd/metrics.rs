//! `imgfilter metrics`: what workers and notifiers tell Prometheus.

use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;
use crate::metrics::page;

/// Options of `imgfilter metrics`.
#[derive(Debug, Args)]
pub struct Options {
    /// As the tables of a Markdown page (the default)
    #[arg(long)]
    markdown: bool,
}

/// Prints every metric.
pub fn run(_: &Options) -> Outcome {
    print!("{}", page::markdown());
    Ok(ExitCode::SUCCESS)
}
