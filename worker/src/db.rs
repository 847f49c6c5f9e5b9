//! The database: calls of the functions in `sql/`, and nothing else.

pub mod cleanup;
pub mod deliveries;
pub mod doctor;
pub mod erasure;
pub mod keys;
pub mod links;
pub mod listen;
pub mod migrate;
pub mod objects;
pub mod queue;
pub mod state;
pub mod targets;
pub mod tasks;
pub mod workers;

use std::time::{Duration, Instant};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};

use crate::{config, metrics};

/// Connections to the database that one process opens at most.
const MAX_CONNECTIONS: usize = 8;

/// How long a call as the owner of the schema may take: a person waits for it.
const OWNER_TIMEOUT: Duration = Duration::from_secs(15);

/// Parameters of a call.
type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Why a call of the database failed. All of them may pass by themselves, but a [`DbError::Refused`] hardly will.
#[derive(Debug, Error)]
pub enum DbError {
    /// The URL cannot be used.
    #[error("{0} cannot be used")]
    Url(&'static str, #[source] tokio_postgres::Error),
    /// No answer in time.
    #[error("the database did not answer within {0:?}")]
    Timeout(Duration),
    /// The database cannot be reached, or the connection broke.
    #[error("the database cannot be reached")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database refused the call.
    #[error("the database refused a call")]
    Refused(#[source] tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        // 57 is the operator's intervention (a shutdown), 08 a broken connection, 53 a server out of resources.
        match error.code().map(|state| &state.code()[..2]) {
            None | Some("57" | "08" | "53") => Self::Connection(error.into()),
            Some(_) => Self::Refused(error),
        }
    }
}

impl DbError {
    /// The SQLSTATE with which the database refused the call; those of functions begin with `IF`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(error) => error.code().map(SqlState::code),
            _ => None,
        }
    }

    /// Whether the call was broken off because it and another waited for each other. It may be made again.
    #[must_use]
    pub fn is_deadlock(&self) -> bool {
        matches!(self, Self::Refused(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// Whether the call was broken off because another was in its way for too long. It may be made again.
    #[must_use]
    pub fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Refused(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE))
    }
}

/// A pool of connections, each call with a time limit.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    timeout: Duration,
}

impl Db {
    /// A pool for this database. Nothing is connected before the first call.
    pub fn new(config: &config::Database) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::at("IMGFILTER_DATABASE_URL", &config.url()?, config.database_timeout)
    }

    /// The same as the owner of the schema, who may call every function.
    pub fn as_owner(config: &config::Migrate) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::at("IMGFILTER_MIGRATE_DATABASE_URL", &config.url()?, OWNER_TIMEOUT)
    }

    fn at(
        name: &'static str,
        url: &config::Secret,
        timeout: Duration,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut parsed: tokio_postgres::Config =
            url.reveal().parse().map_err(|error| DbError::Url(name, error))?;
        parsed.connect_timeout(timeout);
        parsed.application_name("imgfilter");
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(parsed, NoTls, recycling))
            .max_size(MAX_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(timeout))
            .create_timeout(Some(timeout))
            .build()?;
        Ok(Self { pool, timeout })
    }

    /// A connection of one's own until it is dropped.
    async fn connection(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait | TimeoutType::Create | TimeoutType::Recycle) => {
                DbError::Timeout(self.timeout)
            }
            PoolError::Backend(error) => error.into(),
            other => DbError::Connection(other.into()),
        })
    }

    /// All rows of a statement.
    async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let begun = Instant::now();
        let rows = self.rows_uncounted(sql, params).await;
        metrics::database::called(&rows, begun.elapsed());
        rows
    }

    async fn rows_uncounted(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let client = self.connection().await?;
        let call = async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        };
        match tokio::time::timeout(self.timeout, call).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                // A migration may have given a function another type: what was prepared for the old one is void.
                client.statement_cache.clear();
                Err(error.into())
            }
            Err(_) => {
                // The answer may still come: the next one to use this connection must not wait for it.
                drop(Object::take(client));
                Err(DbError::Timeout(self.timeout))
            }
        }
    }

    /// The one row of a statement that always has one.
    async fn row(&self, sql: &str, params: Params<'_>) -> Result<Row, DbError> {
        self.rows(sql, params).await?.pop().ok_or_else(|| DbError::Connection("the answer has no row".into()))
    }
}

/// An interval as PostgreSQL reads it.
fn interval(duration: Duration) -> String {
    format!("{} milliseconds", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        assert_eq!(interval(Duration::from_secs(90)), "90000 milliseconds");
    }
}
