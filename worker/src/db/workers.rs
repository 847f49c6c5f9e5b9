//! Workers coming, living and going.

use std::time::Duration;

use uuid::Uuid;

use super::{Db, DbError, interval};

/// What a worker holds: the queue row and the lease it was claimed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Held {
    /// The worker that claimed it.
    pub worker: i32,
    /// Key of the row in `queue`.
    pub queue: i64,
    /// The fencing number of the claim.
    pub lease: i64,
}

/// What came of a heartbeat.
#[derive(Debug, PartialEq, Eq)]
pub enum Beat {
    /// These leases are no longer this worker's.
    Lost(Vec<i64>),
    /// The worker was struck off: it must start anew, and nothing it holds is its own.
    StruckOff,
}

/// What has become of a task whose lease is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// It was canceled or erased: nobody wants it any more.
    Canceled,
    /// It is done, whoever did it.
    Done,
    /// It has failed, or one of its chains has, whoever said so.
    Failed,
    /// It is open, and somebody else's.
    Lost,
}

impl Db {
    /// Enters this process as a worker; the number is never used again.
    /// `slots` are the images that it filters at the same time; none: it filters none.
    pub async fn worker_start(
        &self,
        host: &str,
        pid: u32,
        version: &str,
        slots: Option<usize>,
    ) -> Result<i32, DbError> {
        let pid = i32::try_from(pid).unwrap_or_default();
        let slots = slots.map(|slots| i32::try_from(slots).unwrap_or(i32::MAX));
        let sql = "SELECT imgfilter.worker_start($1, $2, $3, $4)";
        Ok(self.row(sql, &[&host, &pid, &version, &slots]).await?.get(0))
    }

    /// Strikes this worker off and gives back what it holds. Returns how many leases that was.
    pub async fn worker_stop(&self, worker: i32) -> Result<i64, DbError> {
        Ok(self.row("SELECT imgfilter.worker_stop($1)", &[&worker]).await?.get(0))
    }

    /// Says that this worker lives and works on these leases, and extends them.
    pub async fn beat(&self, worker: i32, held: &[Held], lease: Duration) -> Result<Beat, DbError> {
        let rows: Vec<i64> = held.iter().map(|held| held.queue).collect();
        let leases: Vec<i64> = held.iter().map(|held| held.lease).collect();
        let sql = "SELECT imgfilter.beat($1, $2, $3, $4::text::interval)";
        let lost: Option<Vec<i64>> =
            self.row(sql, &[&worker, &rows, &leases, &interval(lease)]).await?.get(0);
        Ok(lost.map_or(Beat::StruckOff, Beat::Lost))
    }

    /// Whether this worker was told to finish what it has, claim no more and end.
    pub async fn is_draining(&self, worker: i32) -> Result<bool, DbError> {
        Ok(self.row("SELECT imgfilter.is_draining($1)", &[&worker]).await?.get(0))
    }

    /// Takes back what dead workers hold. Returns how many rows went back, tasks into the quarantine, and how
    /// many were given up.
    pub async fn reap(&self, dead_after: Duration, limit: i32) -> Result<(i64, i64), DbError> {
        let sql = "SELECT back, dead FROM imgfilter.reap($1::text::interval, $2)";
        let row = self.row(sql, &[&interval(dead_after), &limit]).await?;
        Ok((row.get(0), row.get(1)))
    }

    /// Counts what waits, up to `limit` tasks in each lane, and publishes it, unless that was done within `every`. Says
    /// whether it was done by this call.
    pub async fn publish_queue_state(&self, every: Duration, limit: i64) -> Result<bool, DbError> {
        let sql = "SELECT imgfilter.publish_queue_state($1::text::interval, $2)";
        Ok(self.row(sql, &[&interval(every), &limit]).await?.get(0))
    }

    /// What has become of a task on which a lease is no longer this worker's.
    pub async fn lease_end(&self, task: Uuid) -> Result<LeaseEnd, DbError> {
        let row = self.row("SELECT imgfilter.lease_end($1)", &[&task]).await?;
        Ok(match row.get(0) {
            "canceled" => LeaseEnd::Canceled,
            "done" | "expired" => LeaseEnd::Done,
            "failed" => LeaseEnd::Failed,
            _ => LeaseEnd::Lost,
        })
    }

    /// Gives these leases back: a clean end, which costs no attempt.
    pub async fn release(&self, worker: i32, leases: &[i64]) -> Result<i64, DbError> {
        Ok(self.row("SELECT imgfilter.release($1, $2)", &[&worker, &leases]).await?.get(0))
    }
}
