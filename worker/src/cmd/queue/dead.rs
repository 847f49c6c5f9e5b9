//! `imgfilter queue dead`.

use clap::Args;

use super::Reading;
use crate::cli::Outcome;
use crate::db::queue::DeadLine;

/// Options of `imgfilter queue dead`.
#[derive(Debug, Args)]
#[command(
    after_help = "A task that was refused because of its image is not here: that is an answer, not a defeat."
)]
pub struct Options {
    /// Only what was given up for this reason, such as worker_lost
    #[arg(long)]
    code: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    limit: i32,
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each, the last first.
pub async fn run(options: &Options) -> Outcome {
    let dead = options.reading.db()?.dead(None, options.code.as_deref(), Some(options.limit)).await?;
    options.reading.print(&dead, |dead| format!("{}  {}", dead.row.id, line(&dead.row)))
}

/// What lies with the dead, but for its number.
pub fn line(dead: &DeadLine) -> String {
    let DeadLine { lane, code, detail, attempts, died_at, task, target, redrive, .. } = dead;
    let task = task.map_or_else(String::new, |task| format!("  task {task}"));
    let target = target.as_ref().map_or_else(String::new, |target| format!("  to {target}"));
    let redrive =
        if redrive == "possible" { String::new() } else { format!("  cannot be put back: {redrive}") };
    format!("{lane}  {code}: {detail}{task}{target}  attempts {attempts}  died {died_at}{redrive}")
}
