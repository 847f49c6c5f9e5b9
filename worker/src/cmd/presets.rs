//! `imgfilter presets`: the operator's presets, checked.

use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;
use crate::config::{Assets, ChainLimits};

/// Options of `imgfilter presets`.
#[derive(Debug, Args)]
#[command(after_help = "A mistake is told as FILE:LINE:COLUMN: REASON, and the exit code is 1.")]
pub struct Options {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: ChainLimits,
    #[command(flatten)]
    assets: Assets,
}

/// Prints every preset with its chain, or every mistake in them.
pub fn run(options: &Options) -> Outcome {
    let presets = options.assets.open_with_presets(&(&options.limits).into())?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&presets)?);
    } else {
        for preset in presets {
            println!("{}: {}\n    {}", preset.name, preset.title, preset.chain);
        }
    }
    Ok(ExitCode::SUCCESS)
}
