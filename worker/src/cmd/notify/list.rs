//! `imgfilter notify list`.

use clap::Args;

use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::db::targets::TargetLine;

/// Options of `imgfilter notify list`.
#[derive(Debug, Args)]
pub struct Options {
    /// Only those of this owner
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    limit: i32,
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each.
pub async fn run(options: &Options) -> Outcome {
    let targets = options.reading.db()?.targets(options.owner.as_deref(), Some(options.limit)).await?;
    options.reading.print(&targets, |target| format!("{}  {}", target.row.id, line(&target.row)))
}

/// A target on one line, but for its id.
pub(super) fn line(target: &TargetLine) -> String {
    let TargetLine { owner, channel, address, events, status, waiting, .. } = target;
    let reason = target.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    let failing = target.failing_since.as_ref();
    let failing = failing.map_or_else(String::new, |since| format!("  failing since {since}"));
    let events = events.join("+");
    format!("{owner}  {channel} {address}  {status}{reason}  {events}  {waiting} waiting{failing}")
}
