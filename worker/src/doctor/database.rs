//! Whether the database can be reached as everybody who has to, and what server it is.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;

use super::finding::{Finding, Trouble};
use super::{Context, configuration};
use crate::cli::with_causes;
use crate::config::ConfigError;
use crate::db::doctor::Server;
use crate::db::{Db, DbError};

/// The oldest server that the schema works on, as it numbers itself.
const OLDEST: i32 = 150_000;
/// A clock that differs by more is told of.
const NOTABLE: Duration = Duration::from_secs(10);
/// A clock that differs by more breaks signatures: of S3, of webhooks, of push services.
pub(super) const LARGEST_SKEW: Duration = Duration::from_secs(300);

/// A database that answers.
#[derive(Clone)]
pub(super) struct Connected {
    pub db: Db,
    pub server: Server,
}

type Made = Result<Db, Box<dyn Error + Send + Sync>>;

/// One who connects, and the setting that says where and as whom.
struct Client {
    setting: &'static str,
    /// Whether somebody said so, here; otherwise it is the default.
    given: bool,
    made: Made,
}

impl Context {
    /// The database, as the owner of the schema if that can be, or else as the worker; none: it cannot be had.
    pub(super) async fn database(&self) -> Option<&Connected> {
        let connect = async {
            // At once: each may take as long as a host that swallows what is sent to it.
            let (operator, worker) = tokio::join!(connect(self.operator()), connect(self.worker()));
            operator.or(worker)
        };
        self.connected.get_or_init(|| connect).await.as_ref()
    }

    fn operator(&self) -> Client {
        let made = Db::as_owner(&self.settings.migrate);
        Client { setting: "IMGFILTER_MIGRATE_DATABASE_URL", given: self.given("migrate_database_url"), made }
    }

    fn worker(&self) -> Client {
        let made = Db::new(&self.settings.database);
        Client { setting: "IMGFILTER_DATABASE_URL", given: self.given("database_url"), made }
    }

    fn edge(&self) -> Client {
        let made = Db::as_edge(&self.settings.edge);
        Client { setting: "IMGFILTER_EDGE_DATABASE_URL", given: self.given("edge_database_url"), made }
    }

    /// Whether a setting, or the file that holds it, was given.
    fn given(&self, id: &str) -> bool {
        use clap::parser::ValueSource::DefaultValue;
        let said = |id: &str| self.matches.value_source(id).is_some_and(|source| source != DefaultValue);
        said(id) || said(&format!("{id}_file"))
    }
}

async fn connect(client: Client) -> Option<Connected> {
    let db = client.made.ok()?;
    let server = db.server().await.ok()?;
    Some(Connected { db, server })
}

/// There is no database to ask.
pub(super) fn unreached() -> Finding {
    Finding::skipped("the database cannot be asked: see the check database")
}

/// What a call that failed means for a check that wanted to look.
pub(super) fn unasked(error: &DbError) -> Finding {
    match error.code() {
        Some("42501") => {
            Finding::skipped("only the owner of the schema may ask: set IMGFILTER_MIGRATE_DATABASE_URL")
        }
        Some("42P01" | "42883" | "3F000") => {
            Finding::skipped("the schema is not this program's: see the check migrations")
        }
        _ => Finding::wrong(with_causes(error), "see the log of PostgreSQL"),
    }
}

/// Connects as each that is given. Who is not given, and whose default does not work, is not missed.
pub(super) async fn reached(context: &Context) -> Finding {
    let mut troubles = Vec::new();
    let mut reached = Vec::new();
    let clients = [context.operator(), context.worker(), context.edge()];
    let outcomes = join_all(clients.iter().map(asked)).await;
    for (client, outcome) in clients.iter().zip(outcomes) {
        match outcome {
            Ok(server) => reached.push(server.role),
            Err(trouble) if client.given => troubles.push(trouble),
            Err(_) => {}
        }
    }
    if troubles.is_empty() && reached.is_empty() {
        return Finding::wrong(
            "no database answers at the places that are the defaults",
            "set IMGFILTER_DATABASE_URL, IMGFILTER_EDGE_DATABASE_URL and IMGFILTER_MIGRATE_DATABASE_URL",
        );
    }
    Finding::of(troubles, format!("reached as {}", reached.join(", ")))
}

async fn asked(client: &Client) -> Result<Server, Trouble> {
    match &client.made {
        Ok(db) => db.server().await.map_err(|error| refused(client.setting, &error)),
        Err(error) => Err(unusable(client.setting, &**error)),
    }
}

fn unusable(setting: &str, error: &(dyn Error + Send + Sync + 'static)) -> Trouble {
    if let Some(error) = error.downcast_ref::<ConfigError>() {
        return configuration::mended(error);
    }
    let what = with_causes(error);
    if setting == "IMGFILTER_EDGE_DATABASE_URL" {
        // libpq, which the edge connects by, knows more words than this program does.
        return Trouble::warning(what, format!("try it by hand: psql \"${setting}\""));
    }
    Trouble::wrong(what, format!("correct {setting}"))
}

fn refused(setting: &str, error: &DbError) -> Trouble {
    let what = format!("{setting}: {}", with_causes(error));
    match error.code() {
        Some("28P01") => Trouble::wrong(
            what,
            format!("put the role's password into {setting}, or give the role that password"),
        ),
        // Who may connect by peer is said by the user that runs this, which is not the one that runs the service.
        Some("28000") if what.contains("Peer authentication") => {
            Trouble::warning(what, "run this as the user that the service runs as, to see whether it may")
        }
        Some("28000") => {
            Trouble::wrong(what, "`imgfilter migrate` makes the roles; pg_hba.conf says who may connect")
        }
        Some("3D000") => Trouble::wrong(what, format!("make the database, or correct its name in {setting}")),
        Some(_) => Trouble::wrong(what, "see the log of PostgreSQL"),
        None => Trouble::wrong(what, format!("start PostgreSQL, or correct host and port in {setting}")),
    }
}

/// Version, autovacuum, and whether intervals of the settings are any.
pub(super) async fn server(context: &Context) -> Finding {
    let Some(Connected { db, server }) = context.database().await else { return unreached() };
    let mut troubles = Vec::new();
    if server.number < OLDEST {
        let what = format!("PostgreSQL is version {}", server.version);
        troubles.push(Trouble::wrong(what, format!("upgrade it to {} or later", OLDEST / 10_000)));
    }
    if !server.autovacuum {
        troubles.push(Trouble::wrong(
            "autovacuum is off: the queue grows slower with each task",
            "set autovacuum = on and track_counts = on in postgresql.conf",
        ));
    }
    let more = async {
        for table in db.unvacuumed().await? {
            let mend = format!("ALTER TABLE imgfilter.{table} RESET (autovacuum_enabled)");
            troubles.push(Trouble::wrong(format!("autovacuum is off for the table {table}"), mend));
        }
        let life = &context.settings.worker.link_life;
        let longest = &context.settings.links.max_link_life;
        for (name, text) in [("IMGFILTER_LINK_LIFE", life), ("IMGFILTER_MAX_LINK_LIFE", longest)] {
            if !db.is_interval(text).await? {
                let what = format!("{name}: {text:?} is no interval");
                troubles.push(Trouble::wrong(what, "write it as PostgreSQL does: '3 months', '90 days'"));
            }
        }
        Ok::<(), DbError>(())
    };
    match more.await {
        Ok(()) => Finding::of(troubles, format!("PostgreSQL {}, autovacuum is on", server.version)),
        Err(error) => unasked(&error),
    }
}

/// The server's clock against this machine's: leases and links end by the server's, signatures are dated by this one.
pub(super) async fn clock(context: &Context) -> Finding {
    let Some(Connected { db, .. }) = context.database().await else { return unreached() };
    let before = SystemTime::now();
    let theirs = match db.seconds().await {
        Ok(seconds) => seconds,
        Err(error) => return unasked(&error),
    };
    let middle = before + before.elapsed().unwrap_or_default() / 2;
    let ours = middle.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    skew("the database's clock", theirs - ours)
}

/// What it means that a clock is ahead of this machine's by so many seconds.
pub(super) fn skew(whose: &str, ahead: f64) -> Finding {
    let words =
        format!("{:.0} s {} this machine's", ahead.abs(), if ahead < 0.0 { "behind" } else { "ahead of" });
    let what = format!("{whose} is {words}");
    let mend = "let both machines keep time: timedatectl set-ntp true";
    if ahead.abs() > LARGEST_SKEW.as_secs_f64() {
        return Finding::wrong(what, mend);
    }
    if ahead.abs() > NOTABLE.as_secs_f64() { Finding::warning(what, mend) } else { Finding::ok(what) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn clocks() {
        let status = |ahead| skew("it", ahead).report("x").status;
        assert_eq!(
            [0.4, -2.0, 11.0, -299.0].map(status),
            [Status::Ok, Status::Ok, Status::Warning, Status::Warning]
        );
        assert_eq!([301.0, -301.0].map(status), [Status::Wrong, Status::Wrong]);
    }
}
