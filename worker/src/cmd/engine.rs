//! `imgfilter engine`: what the worker starts for itself; nobody else has a use for it.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;
use crate::engine::sandbox::Sandbox;
use crate::engine::serve;

/// Options of `imgfilter engine`.
#[derive(Debug, Args)]
pub struct Options {
    /// Folder of files that chains name
    #[arg(long, value_name = "PATH")]
    assets: PathBuf,
    /// How much it is shut in
    #[arg(long, value_enum, default_value = "auto")]
    sandbox: Sandbox,
    /// Most bytes of memory
    #[arg(long, value_name = "BYTES")]
    max_memory: u64,
}

/// Serves the worker, which has given its socket as the standard input.
pub fn run(options: &Options) -> Outcome {
    // Started by the name of a link, it would be called `exe` in the lists of `top` and `ps`.
    std::fs::write("/proc/self/comm", "imgfilter-engine")?;
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    imgfilter_filters::set_assets_folder(Some(&options.assets));
    serve::serve(socket, &options.assets, options.sandbox, options.max_memory)?;
    Ok(ExitCode::SUCCESS)
}
