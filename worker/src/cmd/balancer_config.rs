//! `imgfilter balancer-config`: the nginx configuration of a load balancer before several edges.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Outcome;
use crate::{config, nginx};

/// Options of `imgfilter balancer-config`.
#[derive(Debug, Args)]
pub struct Options {
    /// File to write; without it standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    balancer: config::Balancer,
    #[command(flatten)]
    edge: config::Edge,
}

/// Writes the file that the balancer's `nginx -c` is given.
pub fn run(options: &Options) -> Outcome {
    let file = nginx::render_balancer(&options.edge, &options.balancer.edges)?;
    match &options.output {
        None => print!("{file}"),
        Some(path) => super::replace_file(path, file.as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
