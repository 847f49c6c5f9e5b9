//! `imgfilter queue`: what an operator sees of the queue and does with it, as the owner of the schema.

mod cancel;
mod dead;
mod drain;
mod list;
mod redrive;
mod retry;
mod show;
mod status;
mod workers;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::block_on;
use super::reading::Reading;
use crate::cli::Outcome;
use crate::db::queue::TaskLine;
use crate::db::tasks::Lane;

/// Reads the name of a lane of images.
fn image_lane() -> PossibleValuesParser {
    PossibleValuesParser::new(Lane::ALL.map(Lane::name))
}

/// Options of `imgfilter queue`.
#[derive(Debug, Args)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// What can be done with the queue.
#[derive(Debug, Subcommand)]
enum Action {
    /// Tell how much waits, is delayed and is being done in each lane
    Status(status::Options),
    /// List tasks: those that have not ended, or those with a status
    List(list::Options),
    /// Show all that is known of a task
    Show(show::Options),
    /// Put tasks that have failed back into the queue
    Retry(retry::Options),
    /// Cancel tasks that have not ended
    Cancel(cancel::Options),
    /// Tell workers to finish what they have, to claim no more, and to end
    Drain(drain::Options),
    /// List what the service gave up on: tasks and deliveries
    Dead(dead::Options),
    /// Put what the service gave up on back into the queue
    Redrive(redrive::Options),
    /// List the workers
    Workers(workers::Options),
}

/// Does it.
pub fn run(options: &Options) -> Outcome {
    block_on(async {
        match &options.action {
            Action::Status(options) => status::run(options).await,
            Action::List(options) => list::run(options).await,
            Action::Show(options) => show::run(options).await,
            Action::Retry(options) => retry::run(options).await,
            Action::Cancel(options) => cancel::run(options).await,
            Action::Drain(options) => drain::run(options).await,
            Action::Dead(options) => dead::run(options).await,
            Action::Redrive(options) => redrive::run(options).await,
            Action::Workers(options) => workers::run(options).await,
        }
    })
}

/// A task on one line, but for its id: status, where it is and whose, and why it failed.
fn line(task: &TaskLine) -> String {
    let mut words = vec![task.status.clone(), task.lane.clone()];
    words.extend(task.priority.map(|priority| format!("priority {priority}")));
    if let (Some(attempts), Some(most)) = (task.attempts, task.max_attempts) {
        words.push(format!("attempts {attempts}/{most}"));
    }
    words.extend(task.worker.map(|worker| format!("worker {worker}")));
    words.extend(task.owner.as_ref().map(|owner| format!("owner {owner}")));
    words.push(format!("created {}", task.created_at));
    words.extend(task.run_at.as_ref().filter(|_| task.delayed).map(|at| format!("not before {at}")));
    words.extend(task.finished_at.as_ref().map(|at| format!("ended {at}")));
    // They are the same for every chain where the image itself was refused.
    words.extend(task.errors.values().next().map(|error| format!("{}: {}", error.code, error.detail)));
    words.join("  ")
}
