//! `imgfilter queue show`.

use std::process::ExitCode;

use clap::Args;
use uuid::Uuid;

use super::Reading;
use crate::cli::Outcome;

/// Options of `imgfilter queue show`.
#[derive(Debug, Args)]
#[command(after_help = "A line, and all the rest below it in JSON; with --json the JSON alone.")]
pub struct Options {
    /// The task's id
    task: Uuid,
    #[command(flatten)]
    reading: Reading,
}

/// Prints all that is known of a task: image, links, deliveries with every try, and what it died of.
pub async fn run(options: &Options) -> Outcome {
    let shown = options.reading.db()?.show_task(options.task).await?;
    let task = shown.ok_or_else(|| format!("there is no task {}", options.task))?;
    if !options.reading.json {
        println!("{}  {}", task.row.id, super::line(&task.row));
    }
    println!("{}", serde_json::to_string_pretty(&task)?);
    Ok(ExitCode::SUCCESS)
}
