//! `imgfilter notify`: notifications.

use clap::{Args, Subcommand};

use super::notify_run;
use crate::cli::Outcome;

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
}

/// Does what is asked.
pub fn run(options: Options) -> Outcome {
    match options.action {
        Action::Run(options) => notify_run::run(*options),
    }
}
