//! `imgfilter webhook-secret`: a new secret for signing webhooks.

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cli::Outcome;

/// Prints a new secret: `whsec_` and 32 random bytes.
pub fn run() -> Outcome {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    println!("whsec_{}", STANDARD.encode(bytes));
    Ok(ExitCode::SUCCESS)
}
