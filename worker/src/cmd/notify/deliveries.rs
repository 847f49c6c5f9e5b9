//! `imgfilter notify deliveries`.

use clap::Args;
use imgfilter_api::channel::Channel;
use imgfilter_api::delivery::STATUSES;
use uuid::Uuid;

use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::db::targets::{Deliveries, DeliveryLine, Try};

/// Options of `imgfilter notify deliveries`.
#[derive(Debug, Args)]
pub struct Options {
    /// Only those of this owner
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those that have come so far
    #[arg(long, value_name = "STATUS", value_parser = STATUSES)]
    status: Option<String>,
    /// Only those by this channel
    #[arg(long, value_name = "CHANNEL", value_parser = Channel::ALL.map(Channel::as_str))]
    channel: Option<String>,
    /// Only those of this task
    #[arg(long, value_name = "TASK")]
    task: Option<Uuid>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    limit: i32,
    #[command(flatten)]
    reading: Reading,
}

/// Prints a line for each, and one for each try.
pub async fn run(options: &Options) -> Outcome {
    let which = Deliveries {
        owner: options.owner.as_deref(),
        status: options.status.as_deref(),
        channel: options.channel.as_deref(),
        task: options.task,
        limit: Some(options.limit),
    };
    let found = options.reading.db()?.deliveries(which).await?;
    options.reading.print(&found, |delivery| lines(&delivery.row))
}

fn lines(delivery: &DeliveryLine) -> String {
    let DeliveryLine { id, event, channel, target, status, created_at, .. } = delivery;
    let mut words = vec![id.to_string(), status.clone(), format!("{event} by {channel} to {target}")];
    words.extend(delivery.owner.as_ref().map(|owner| format!("owner {owner}")));
    words.extend(delivery.task.map(|task| format!("task {task}")));
    words.extend(delivery.reason.clone());
    words.push(format!("created {created_at}"));
    words.extend(delivery.next_at.as_ref().map(|at| format!("next {at}")));
    words.extend(delivery.finished_at.as_ref().map(|at| format!("finished {at}")));
    let tries = delivery.attempts.iter().map(tried);
    std::iter::once(words.join("  ")).chain(tries).collect::<Vec<_>>().join("\n")
}

fn tried(one: &Try) -> String {
    let Try { at, ms, outcome, status, detail } = one;
    let status = status.map_or_else(String::new, |status| format!(" {status}"));
    format!("    {at}  {outcome}{status}  {detail}  ({ms} ms)")
}
