//! `imgfilter calibrate`: how fast this machine is.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::calibrate::{self, Measured};
use crate::cli::Outcome;

/// Options of `imgfilter calibrate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Put the line into imgfilter.env of every edge whose workers are machines like this one. Run it \
                        while nothing else does, best on the worker's machine."
)]
pub struct Options {
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// Measures some jobs, prints how far the estimates are off, and the setting that mends it.
pub fn run(options: &Options) -> Outcome {
    let measured = calibrate::measure(|number, count| {
        if std::io::stderr().is_terminal() {
            eprint!("\r{}/{count}", number + 1);
        }
    })?;
    if std::io::stderr().is_terminal() {
        eprint!("\r       \r");
    }
    let scale = calibrate::scale(&measured);
    let mut out = std::io::stdout().lock();
    if options.json {
        writeln!(out, "{}", json!({ "cost_scale": scale, "jobs": measured }))?;
    } else {
        table(&mut out, &measured)?;
        writeln!(out, "\nIMGFILTER_COST_SCALE={scale:.2}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(out: &mut impl Write, measured: &[Measured]) -> std::io::Result<()> {
    writeln!(out, "{:>12}{:>12}{:>8}  job (1.6 megapixels, one core)", "estimated", "measured", "ratio")?;
    for job in measured {
        let Measured { input, output, chain, estimated_ms, measured_ms } = job;
        writeln!(
            out,
            "{estimated_ms:>9.1} ms{measured_ms:>9.1} ms{:>8.2}  {input} → {output}  {chain}",
            job.ratio()
        )?;
    }
    Ok(())
}
