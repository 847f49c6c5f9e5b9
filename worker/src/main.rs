//! The `imgfilter` command: everything it does is in the library beside it.

use std::process::ExitCode;

use clap::Parser;
use imgfilter::cli::Cli;

fn main() -> ExitCode {
    imgfilter::cli::run(Cli::parse())
}
