//! `imgfilter manual`: what the command line says of itself, for man and for shells.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::{Shell, generate_to};

use crate::cli::Outcome;

/// Shells that the program's words and options are completed in.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Options of `imgfilter manual`.
#[derive(Debug, Args)]
pub struct Options {
    /// Folder to write into: `man/` with a page for each subcommand, and `completions/`
    #[arg(value_name = "FOLDER")]
    into: PathBuf,
}

/// Writes the files. `command` is the whole command line.
pub fn run(options: &Options, mut command: Command) -> Outcome {
    let (pages, completions) = (options.into.join("man"), options.into.join("completions"));
    for folder in [&pages, &completions] {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    clap_mangen::generate_to(command.clone(), &pages)?;
    for shell in SHELLS {
        generate_to(shell, &mut command, "imgfilter", &completions)?;
    }
    Ok(ExitCode::SUCCESS)
}
