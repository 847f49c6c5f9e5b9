//! What the cleanup asks the database.

use std::time::Duration;

use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Db, DbError, interval};
use crate::config;

/// An object to delete, and the row that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// The link or the image.
    pub id: Uuid,
    /// Its object.
    pub object_key: String,
}

/// How long things are kept after they have ended.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    /// Originals.
    pub original: Duration,
    /// Tasks, and what lies with the dead.
    pub task: Duration,
    /// Deliveries of tasks that are still there.
    pub delivery: Duration,
}

impl From<&config::Cleanup> for Lives {
    fn from(settings: &config::Cleanup) -> Self {
        Self { original: settings.original_life, task: settings.task_life, delivery: settings.delivery_life }
    }
}

/// What a cleanup would remove now.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Preview {
    /// Expired links.
    pub links: u64,
    /// Originals that nobody needs any more.
    pub originals: u64,
    /// Rows of tasks, of deliveries and of the dead past their time.
    pub rows: u64,
    /// Objects of what was erased.
    pub erased: u64,
}

impl Db {
    /// Leases a batch of expired links to this cleanup.
    pub async fn expired_links(&self, batch: i32, lease: Duration) -> Result<Vec<Doomed>, DbError> {
        let sql = "SELECT link, object_key FROM imgfilter.expired_links($1, $2::text::interval)";
        Ok(doomed(self.rows(sql, &[&batch, &interval(lease)]).await?))
    }

    /// Strikes off links whose objects are gone. Returns how many.
    pub async fn remove_links(&self, links: &[Uuid]) -> Result<u64, DbError> {
        self.count("SELECT imgfilter.remove_links($1)", &[&links]).await
    }

    /// Leases a batch of originals that nobody has needed for `life` to this cleanup.
    pub async fn spent_originals(
        &self,
        life: Duration,
        batch: i32,
        lease: Duration,
    ) -> Result<Vec<Doomed>, DbError> {
        let sql = "SELECT image, object_key FROM imgfilter.spent_originals($1::text::interval, $2, $3::text::interval)";
        Ok(doomed(self.rows(sql, &[&interval(life), &batch, &interval(lease)]).await?))
    }

    /// Notes that these originals are gone. Returns how many.
    pub async fn remove_originals(&self, images: &[Uuid]) -> Result<u64, DbError> {
        self.count("SELECT imgfilter.remove_originals($1)", &[&images]).await
    }

    /// Leases a batch of objects that were erased to this cleanup.
    pub async fn erased_objects(&self, batch: i32, lease: Duration) -> Result<Vec<String>, DbError> {
        let sql = "SELECT imgfilter.erased_objects($1, $2::text::interval)";
        let rows = self.rows(sql, &[&batch, &interval(lease)]).await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    /// Strikes off objects that were erased and are gone. Returns how many.
    pub async fn remove_erased_objects(&self, keys: &[String]) -> Result<u64, DbError> {
        self.count("SELECT imgfilter.remove_erased_objects($1)", &[&keys]).await
    }

    /// Rows and objects that a cleanup has leased, and that are still there.
    pub async fn leased_rows(&self) -> Result<u64, DbError> {
        self.count("SELECT imgfilter.leased_rows()", &[]).await
    }

    /// Of these keys, those that belong to no one.
    pub async fn orphans(&self, keys: &[String]) -> Result<Vec<String>, DbError> {
        let rows = self.rows("SELECT imgfilter.orphans($1)", &[&keys]).await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    /// Deletes rows of what ended longer than its life ago. Returns how many.
    pub async fn remove_old_rows(&self, lives: Lives, batch: i32) -> Result<u64, DbError> {
        let sql = "SELECT imgfilter.remove_old_rows($1::text::interval, $2, $3::text::interval)";
        self.count(sql, &[&interval(lives.task), &batch, &interval(lives.delivery)]).await
    }

    /// What a cleanup would remove now.
    pub async fn cleanup_preview(&self, lives: Lives) -> Result<Preview, DbError> {
        let sql =
            "SELECT imgfilter.cleanup_preview($1::text::interval, $2::text::interval, $3::text::interval)";
        let Lives { original, task, delivery } = lives;
        let row = self.row(sql, &[&interval(original), &interval(task), &interval(delivery)]).await?;
        serde_json::from_value(row.get(0)).map_err(|error| DbError::Connection(error.into()))
    }

    /// Days that no link lives longer than, if new ones live for `life`, in PostgreSQL's words.
    pub async fn longest_life(&self, life: &str) -> Result<i32, DbError> {
        Ok(self.row("SELECT imgfilter.longest_life($1::text::interval)", &[&life]).await?.get(0))
    }

    /// Runs `work` unless another process is at the same: one at a time over all machines. The lock goes with the
    /// connection, so a process that dies leaves none behind.
    pub async fn alone<T>(&self, work: impl Future<Output = T>) -> Result<Option<T>, DbError> {
        let client = self.connection().await?;
        let got: bool =
            client.query_one("SELECT pg_try_advisory_lock(hashtext('imgfilter.cleanup'))", &[]).await?.get(0);
        if !got {
            return Ok(None);
        }
        let done = work.await;
        // Closing the connection releases the lock, also where it has broken meanwhile.
        drop(deadpool_postgres::Object::take(client));
        Ok(Some(done))
    }

    async fn count(&self, sql: &str, params: super::Params<'_>) -> Result<u64, DbError> {
        Ok(self.row(sql, params).await?.get::<_, i64>(0).unsigned_abs())
    }
}

fn doomed(rows: Vec<Row>) -> Vec<Doomed> {
    rows.into_iter().map(|row| Doomed { id: row.get(0), object_key: row.get(1) }).collect()
}
