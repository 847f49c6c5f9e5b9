//! `imgfilter link-key`: a new key for signing links.

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use crate::cli::Outcome;

/// Options of `imgfilter link-key`.
#[derive(Debug, Args)]
pub struct Options {
    /// Number of the key, 1 to 255: one that IMGFILTER_LINK_KEYS does not have yet
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    number: u8,
}

/// Prints a new entry for IMGFILTER_LINK_KEYS: its number and 32 random bytes. Put it first in the list and keep the
/// others as long as links signed by them live.
pub fn run(options: &Options) -> Outcome {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    println!("{}:{}", options.number, STANDARD.encode(bytes));
    Ok(ExitCode::SUCCESS)
}
