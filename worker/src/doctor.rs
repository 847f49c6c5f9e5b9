//! Looks at an installation and says what is wrong with it, and how to mend it.
//!
//! [`CHECKS`] is the one list of checks, a file for each concern. None changes anything, but for an object of its own in the
//! store, which it deletes; and none may take longer than [`TIME`].

mod channels;
mod configuration;
mod database;
mod finding;
mod link_keys;
mod machine;
mod nginx;
mod schema;
mod settings;
mod spool;
mod store;
mod workers;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use clap::ArgMatches;
use tokio::sync::OnceCell;

use database::Connected;
pub use finding::{Finding, Report, Status, Trouble};
use settings::Settings;

/// The longest that a check may take.
pub const TIME: Duration = Duration::from_secs(20);

type Running<'a> = Pin<Box<dyn Future<Output = Finding> + 'a>>;

/// A thing that is looked at.
pub struct Check {
    /// As `--only` has it.
    pub name: &'static str,
    run: fn(&Context) -> Running<'_>,
}

/// All of them, in the order in which a mistake explains those that come after it.
pub const CHECKS: &[Check] = &[
    Check { name: "configuration", run: |context| Box::pin(configuration::check(context)) },
    Check { name: "link-keys", run: |context| Box::pin(link_keys::check(context)) },
    Check { name: "database", run: |context| Box::pin(database::reached(context)) },
    Check { name: "database-server", run: |context| Box::pin(database::server(context)) },
    Check { name: "database-clock", run: |context| Box::pin(database::clock(context)) },
    Check { name: "migrations", run: |context| Box::pin(schema::migrations(context)) },
    Check { name: "roles", run: |context| Box::pin(schema::roles(context)) },
    Check { name: "store", run: |context| Box::pin(store::check(context)) },
    Check { name: "store-clock", run: |context| Box::pin(store::clock(context)) },
    Check { name: "nginx", run: |context| Box::pin(nginx::check(context)) },
    Check { name: "spool", run: |context| Box::pin(spool::check(context)) },
    Check { name: "processor", run: |context| Box::pin(machine::processor(context)) },
    Check { name: "sandbox", run: |context| Box::pin(machine::sandbox(context)) },
    Check { name: "webhook", run: |context| Box::pin(channels::webhook(context)) },
    Check { name: "email", run: |context| Box::pin(channels::email(context)) },
    Check { name: "push", run: |context| Box::pin(channels::push(context)) },
    Check { name: "sms", run: |context| Box::pin(channels::sms(context)) },
    Check { name: "topic", run: |context| Box::pin(channels::topic(context)) },
    Check { name: "workers", run: |context| Box::pin(workers::check(context)) },
];

/// What checks know of each other.
struct Context {
    settings: Settings,
    /// The same as they were written.
    matches: ArgMatches,
    /// What is wrong with how they were written.
    mistakes: Vec<Trouble>,
    /// A connection that has been tried; none: there is none to be had.
    connected: OnceCell<Option<Connected>>,
}

/// Runs the checks of these names, or all of them if there are none, one after the other. `told` hears of each as soon as it
/// is done.
pub async fn examine(only: &[String], mut told: impl FnMut(&Report)) -> Vec<Report> {
    let (read, mistakes) = settings::read();
    let wanted = CHECKS.iter().filter(|check| only.is_empty() || only.iter().any(|name| name == check.name));
    let mut reports = Vec::new();
    let context = match read {
        Ok((settings, matches)) => Ok(Context { settings, matches, mistakes, connected: OnceCell::new() }),
        Err(()) => Err(mistakes),
    };
    for check in wanted {
        let finding = match &context {
            Ok(context) => within(TIME, (check.run)(context)).await,
            Err(mistakes) if check.name == "configuration" => Finding::of(mistakes.clone(), ""),
            Err(_) => Finding::skipped("the settings cannot be read: see the check configuration"),
        };
        let report = finding.report(check.name);
        told(&report);
        reports.push(report);
    }
    reports
}

async fn within(limit: Duration, running: Running<'_>) -> Finding {
    tokio::time::timeout(limit, running).await.unwrap_or_else(|_| {
        let what = format!("no answer within {} s", limit.as_secs());
        Finding::wrong(
            what,
            "see whether what is asked here is overloaded, or a firewall swallows what is sent",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different() {
        for (index, check) in CHECKS.iter().enumerate() {
            assert!(CHECKS[index + 1..].iter().all(|other| other.name != check.name), "{}", check.name);
        }
    }

    #[tokio::test]
    async fn no_check_takes_for_ever() {
        let finding = within(Duration::ZERO, Box::pin(std::future::pending())).await;
        assert_eq!(finding.report("x").status, Status::Wrong);
    }
}
