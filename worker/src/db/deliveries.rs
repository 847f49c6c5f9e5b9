//! Claiming and ending deliveries.

use std::time::Duration;

use imgfilter_api::trace::Trace;
use serde_json::Value;
use tokio_postgres::Row;
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
    /// `webhook`, `email`, `push`, `sms` or `topic`.
    pub channel: String,
    /// `task.done`, `task.failed`, `link.expiring`, `target.verify` or `target.disabled`.
    pub event: String,
    /// When it happened, RFC 3339.
    pub event_at: String,
    /// Where to send it: personal data, not for logs.
    pub target: String,
    /// The owner's target that it is for; `None`: the request named the address itself.
    pub target_id: Option<Uuid>,
    /// Of a push, what it is encrypted with: `{"p256dh", "auth"}`.
    pub keys: Option<Value>,
    /// Whose it is; `None`: nobody's.
    pub owner: Option<String>,
    /// Of an event that is of no task, what it is about: `{"code"}`, or `{"channel", "address", "reason"}`.
    pub details: Option<Value>,
    /// The numbers of the target's secrets that sign now, the newest first. Empty: the service's own secret signs.
    pub secret_numbers: Vec<i32>,
    /// Whether an earlier claim had begun to send it: see [`Db::begin_delivery`].
    pub begun: bool,
    /// The exact bytes, once they are fixed.
    pub body: Option<Vec<u8>>,
    /// The task, as the database shows it; `None`: the event is of none.
    pub task: Option<Value>,
    /// Of the request that ordered the task.
    pub trace: Option<Trace>,
}

impl Delivery {
    /// The id of the task that it tells of, as the database shows it.
    pub fn task_id(&self) -> Option<&str> {
        self.task.as_ref()?.get("id")?.as_str()
    }
}

/// What a look into the outbox found.
#[derive(Debug, Default)]
pub struct Claimed {
    /// What is to be sent.
    pub deliveries: Vec<Delivery>,
    /// Much had ended that was not to be sent any more, and behind it there may be more.
    pub more: bool,
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
    /// It is not taken, or we do not send there.
    Refused,
    /// It may have been sent, and must not be sent again.
    Unknown,
}

impl Verdict {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry => "retry",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
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
    /// Claims up to `limit` deliveries of a channel that are due.
    pub async fn claim_deliveries(
        &self,
        worker: i32,
        channel: &str,
        limit: usize,
        lease: Duration,
    ) -> Result<Claimed, DbError> {
        let sql = "SELECT queue_id, lease, attempts, delivery, event, event_at, target, body, task, channel, \
                   target_id, keys, owner, details, secret_numbers, begun, trace \
                   FROM imgfilter.claim_deliveries($1, $2, $3, $4::text::interval)";
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let rows = self.rows(sql, &[&worker, &channel, &limit, &interval(lease)]).await?;
        let is_one = |row: &&Row| row.get::<_, Option<i64>>("queue_id").is_some();
        let deliveries: Vec<_> = rows.iter().filter(is_one).map(|row| delivery(worker, row)).collect();
        Ok(Claimed { more: deliveries.len() < rows.len(), deliveries })
    }

    /// Notes that a delivery is about to be sent which must not be sent twice. False: the lease is no longer this
    /// worker's, and it must not be sent.
    pub async fn begin_delivery(&self, held: Held) -> Result<bool, DbError> {
        let sql = "SELECT imgfilter.begin_delivery($1, $2, $3)";
        Ok(self.row(sql, &[&held.worker, &held.queue, &held.lease]).await?.get(0))
    }

    /// Gives a delivery back untried, for `pause` or, where its host is away, a while that grows with its age: the attempt
    /// does not count. One that is too old is given up. False: the lease is no longer this worker's.
    pub async fn defer_delivery(&self, held: Held, pause: Duration, away: bool) -> Result<bool, DbError> {
        let sql = "SELECT imgfilter.defer_delivery($1, $2, $3, $4::text::interval, $5)";
        Ok(self.row(sql, &[&held.worker, &held.queue, &held.lease, &interval(pause), &away]).await?.get(0))
    }

    /// Tells owners who want to hear it of up to `limit` tasks whose links all end within `before`, each once. Returns how
    /// many tasks were looked at: as many as `limit`, and there may be more.
    pub async fn tell_expiring(&self, before: Duration, limit: i32) -> Result<u32, DbError> {
        let sql = "SELECT imgfilter.tell_expiring($1::text::interval, $2)";
        Ok(self.row(sql, &[&interval(before), &limit]).await?.get::<_, i32>(0).unsigned_abs())
    }

    /// Fixes the bytes of a delivery and returns those that are fixed. None: the lease is no longer this worker's.
    pub async fn store_body(&self, held: Held, body: &[u8]) -> Result<Option<Vec<u8>>, DbError> {
        let sql = "SELECT imgfilter.store_body($1, $2, $3, $4)";
        Ok(self.row(sql, &[&held.worker, &held.queue, &held.lease, &body]).await?.get(0))
    }

    /// Records a try. `pause` is the time until the next, where there is one. Returns what became of the delivery:
    /// `delivered`, `retry`, `failed`, `unknown` or `stale`.
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

    /// What has become of a delivery on which this lease is no longer this worker's: `erased`; what
    /// [`Db::finish_delivery`] said, if that was recorded under it; `lost`, if it went on without this worker.
    pub async fn delivery_end(&self, delivery: Uuid, lease: i64) -> Result<String, DbError> {
        Ok(self.row("SELECT imgfilter.delivery_end($1, $2)", &[&delivery, &lease]).await?.get(0))
    }
}

fn delivery(worker: i32, row: &Row) -> Delivery {
    Delivery {
        held: Held { worker, queue: row.get("queue_id"), lease: row.get("lease") },
        attempts: row.get("attempts"),
        id: row.get("delivery"),
        channel: row.get("channel"),
        event: row.get("event"),
        event_at: row.get("event_at"),
        target: row.get("target"),
        target_id: row.get("target_id"),
        keys: row.get("keys"),
        owner: row.get("owner"),
        details: row.get("details"),
        secret_numbers: row.get("secret_numbers"),
        begun: row.get("begun"),
        body: row.get("body"),
        task: row.get("task"),
        trace: row.get::<_, Option<Value>>("trace").as_ref().and_then(Trace::read),
    }
}
