//! Claiming and ending deliveries.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::workers::Held;
use super::{Db, DbError, interval};

/// A delivery that this worker has claimed.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its hot row and the lease on it.
    pub held: Held,
    /// Which try this is, from 1.
    pub attempts: i16,
    /// Its id, the same for every try.
    pub id: Uuid,
    /// `task.done` or `task.failed`.
    pub event: String,
    /// When it happened, RFC 3339.
    pub event_at: String,
    /// Where to send it.
    pub target: String,
    /// The exact bytes, once they are fixed.
    pub body: Option<Vec<u8>>,
    /// The task, as the database shows it.
    pub task: Value,
}

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Not this time.
    Retry,
    /// The receiver says that it wants no more.
    Gone,
    /// We do not send there.
    Refused,
}

impl Verdict {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry => "retry",
            Self::Gone => "gone",
            Self::Refused => "refused",
        }
    }
}

/// A try and what it came to.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What it came to.
    pub verdict: Verdict,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
    /// In words.
    pub detail: String,
    /// The beginning of the answer, 2,048 bytes at most.
    pub reply: Vec<u8>,
}

impl Db {
    /// Claims up to `limit` webhooks that are due.
    pub async fn claim_webhooks(
        &self,
        worker: i32,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Delivery>, DbError> {
        let sql = "SELECT queue_id, lease, attempts, delivery, event, event_at, target, body, task \
                   FROM imgfilter.claim_deliveries($1, 'webhook', $2, $3::text::interval)";
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let rows = self.rows(sql, &[&worker, &limit, &interval(lease)]).await?;
        Ok(rows
            .into_iter()
            .map(|row| Delivery {
                held: Held { worker, queue: row.get("queue_id"), lease: row.get("lease") },
                attempts: row.get("attempts"),
                id: row.get("delivery"),
                event: row.get("event"),
                event_at: row.get("event_at"),
                target: row.get("target"),
                body: row.get("body"),
                task: row.get("task"),
            })
            .collect())
    }

    /// Fixes the bytes of a delivery and returns those that are fixed. None: the lease is no longer this worker's.
    pub async fn store_body(&self, held: Held, body: &[u8]) -> Result<Option<Vec<u8>>, DbError> {
        let sql = "SELECT imgfilter.store_body($1, $2, $3, $4)";
        Ok(self.row(sql, &[&held.worker, &held.queue, &held.lease, &body]).await?.get(0))
    }

    /// Records a try. `pause` is the time until the next, where there is one. Returns what became of the delivery:
    /// `delivered`, `retry`, `failed` or `stale`.
    pub async fn finish_delivery(
        &self,
        held: Held,
        attempt: &Attempt,
        pause: Duration,
    ) -> Result<String, DbError> {
        let sql = "SELECT imgfilter.finish_delivery($1, $2, $3, $4, $5, $6, $7, $8, $9::text::interval)";
        let took = i32::try_from(attempt.took.as_millis()).unwrap_or(i32::MAX);
        let row = self
            .row(
                sql,
                &[
                    &held.worker,
                    &held.queue,
                    &held.lease,
                    &attempt.verdict.name(),
                    &attempt.status.map(i32::from),
                    &took,
                    &attempt.detail,
                    &attempt.reply,
                    &interval(pause),
                ],
            )
            .await?;
        Ok(row.get(0))
    }
}
