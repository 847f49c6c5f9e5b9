//! The queue, as its operator sees it and what he does with it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Db, DbError, Params, interval};

/// A row of a list: what is shown of it in words, and all that the database says of it, which is what programs get.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Listed<T> {
    /// Everything.
    json: Value,
    /// What is shown.
    #[serde(skip)]
    pub row: T,
}

/// A lane at a glance.
#[derive(Debug, Clone, Deserialize)]
pub struct LaneStatus {
    /// `fast`, `slow`, `quarantine`, or a channel of deliveries.
    pub lane: String,
    /// Rows that are ready and no worker has.
    pub waiting: u64,
    /// Rows whose time has not come.
    pub delayed: u64,
    /// Rows that a worker has.
    pub running: u64,
    /// Seconds that the oldest of those that are ready has waited.
    pub oldest: u64,
    /// What came from it and lies with the dead.
    pub dead: u64,
}

/// Why a chain failed.
#[derive(Debug, Clone, Deserialize)]
pub struct Failure {
    /// One of the API's codes.
    pub code: String,
    /// For a person.
    pub detail: String,
}

/// A task. Times are RFC 3339.
#[derive(Debug, Clone, Deserialize)]
pub struct TaskLine {
    /// Its id.
    pub id: Uuid,
    /// Whose it is; `None`: nobody's.
    pub owner: Option<String>,
    /// As in the API, but not yet `expired` while only the cleanup is missing.
    pub status: String,
    /// The lane it is in, or was put into.
    pub lane: String,
    /// 0 (first) to 3, while it is open.
    pub priority: Option<u8>,
    /// How often it was claimed, while it is open.
    pub attempts: Option<u16>,
    /// How often it may be, while it is open.
    pub max_attempts: Option<u16>,
    /// The worker that has it.
    pub worker: Option<i32>,
    /// While it is open, when it may start or could have.
    pub run_at: Option<String>,
    /// Whether that is still to come.
    #[serde(default)]
    pub delayed: bool,
    /// When it was ordered.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Why its chains failed, by their index.
    #[serde(default)]
    pub errors: BTreeMap<String, Failure>,
    /// Of one that has failed: `possible`, or why it cannot be put back.
    pub retry: Option<String>,
}

/// What the service gave up on.
#[derive(Debug, Clone, Deserialize)]
pub struct DeadLine {
    /// Its number.
    pub id: i64,
    /// The lane it came from.
    pub lane: String,
    /// Why, for a program.
    pub code: String,
    /// Why, for a person.
    pub detail: String,
    /// How often it was tried.
    pub attempts: u16,
    /// RFC 3339.
    pub died_at: String,
    /// The task, or the one that the delivery tells of, if it is one.
    pub task: Option<Uuid>,
    /// Of a delivery: where it should have gone.
    pub target: Option<String>,
    /// `possible`, or why it cannot be put back.
    pub redrive: String,
}

/// A worker.
#[derive(Debug, Clone, Deserialize)]
pub struct WorkerLine {
    /// Its number.
    pub id: i32,
    /// Its machine.
    pub host: String,
    /// Its process there.
    pub pid: i32,
    /// Of the program.
    pub version: String,
    /// RFC 3339.
    pub started_at: String,
    /// Seconds since it was heard of.
    pub beat_age: f64,
    /// Whether it is to finish what it has, and end.
    pub draining: bool,
    /// How many tasks and deliveries it has.
    pub running: u64,
}

/// What becomes of a thing that an operator asks to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is put back into the queue.
    Queued,
    /// It is canceled.
    Canceled,
    /// The worker is told to drain.
    Draining,
    /// Nothing: it has ended.
    Ended,
    /// Nothing: there is none, or no more.
    Unknown,
    /// Nothing: it has not failed.
    NotFailed,
    /// Nothing: it has results already.
    HasResults,
    /// Nothing: its original is gone.
    OriginalGone,
    /// The link ends now.
    Revoked,
    /// The link ends later.
    Extended,
    /// The target is removed, and what waits for it ends.
    Removed,
    /// Nothing: the link would live longer than it may.
    TooLong,
}

impl Change {
    /// Whether something is changed.
    pub fn is_one(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Canceled | Self::Draining | Self::Revoked | Self::Extended | Self::Removed
        )
    }
}

/// Which open tasks. Nothing set: all.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenTasks<'a> {
    /// In this lane.
    pub lane: Option<&'a str>,
    /// `queued`, `delayed` (those of them whose time has not come) or `processing`.
    pub state: Option<&'a str>,
    /// Of this owner.
    pub owner: Option<&'a str>,
    /// No more than so many.
    pub limit: Option<i32>,
}

/// Which tasks that have ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedTasks<'a> {
    /// `done`, `failed`, `canceled` or `expired`.
    pub status: &'a str,
    /// Put into this lane when they were ordered.
    pub lane: Option<&'a str>,
    /// Of this owner.
    pub owner: Option<&'a str>,
    /// Ended so long ago at most.
    pub since: Option<Duration>,
    /// No more than so many.
    pub limit: Option<i32>,
}

impl Db {
    /// Each lane at a glance.
    pub async fn queue_status(&self) -> Result<Vec<Listed<LaneStatus>>, DbError> {
        self.listed("SELECT imgfilter.queue_status()", &[]).await
    }

    /// Open tasks, in the order in which they are claimed.
    pub async fn open_tasks(&self, which: OpenTasks<'_>) -> Result<Vec<Listed<TaskLine>>, DbError> {
        let sql = "SELECT imgfilter.list_open_tasks($1, $2, $3, $4)";
        self.listed(sql, &[&which.lane, &which.state, &which.owner, &which.limit]).await
    }

    /// Tasks that have ended, the last first.
    pub async fn ended_tasks(&self, which: EndedTasks<'_>) -> Result<Vec<Listed<TaskLine>>, DbError> {
        let sql = "SELECT imgfilter.list_ended_tasks($1, $2, $3, $4::text::interval, $5)";
        let since = which.since.map(interval);
        self.listed(sql, &[&which.lane, &which.status, &which.owner, &since, &which.limit]).await
    }

    /// Those of these tasks that are there, in their order.
    pub async fn tasks(&self, ids: &[Uuid]) -> Result<Vec<Listed<TaskLine>>, DbError> {
        self.listed("SELECT imgfilter.list_tasks($1)", &[&ids]).await
    }

    /// All that is known of a task. `None`: there is none of this id.
    pub async fn show_task(&self, id: Uuid) -> Result<Option<Listed<TaskLine>>, DbError> {
        let row = self.row("SELECT imgfilter.show_task($1)", &[&id]).await?;
        row.get::<_, Option<Value>>(0).map(read).transpose()
    }

    /// What lies with the dead, the last first: these numbers or all, of a code or any.
    pub async fn dead(
        &self,
        ids: Option<&[i64]>,
        code: Option<&str>,
        limit: Option<i32>,
    ) -> Result<Vec<Listed<DeadLine>>, DbError> {
        self.listed("SELECT imgfilter.list_dead($1, $2, $3)", &[&ids, &code, &limit]).await
    }

    /// The workers there are.
    pub async fn workers(&self) -> Result<Vec<Listed<WorkerLine>>, DbError> {
        self.listed("SELECT imgfilter.list_workers()", &[]).await
    }

    /// Ends a task before it is done.
    pub async fn cancel(&self, task: Uuid) -> Result<Change, DbError> {
        self.change("SELECT imgfilter.cancel($1)", &[&task]).await
    }

    /// Puts a task that has failed back into the queue.
    pub async fn requeue(&self, task: Uuid) -> Result<Change, DbError> {
        self.change("SELECT imgfilter.requeue($1)", &[&task]).await
    }

    /// Puts what lies with the dead back into the queue.
    pub async fn redrive(&self, dead: i64) -> Result<Change, DbError> {
        self.change("SELECT imgfilter.redrive($1)", &[&dead]).await
    }

    /// Tells a worker to finish what it has and to end.
    pub async fn drain(&self, worker: i32) -> Result<Change, DbError> {
        let told: bool = self.row("SELECT imgfilter.drain($1)", &[&worker]).await?.get(0);
        Ok(if told { Change::Draining } else { Change::Unknown })
    }

    pub(super) async fn change(&self, sql: &str, params: Params<'_>) -> Result<Change, DbError> {
        let word: String = self.row(sql, params).await?.get(0);
        decode(Value::String(word))
    }

    pub(super) async fn listed<T: DeserializeOwned>(
        &self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Vec<Listed<T>>, DbError> {
        self.rows(sql, params).await?.iter().map(|row| read(row.get(0))).collect()
    }
}

fn read<T: DeserializeOwned>(json: Value) -> Result<Listed<T>, DbError> {
    Ok(Listed { row: decode(json.clone())?, json })
}

fn decode<T: DeserializeOwned>(json: Value) -> Result<T, DbError> {
    serde_json::from_value(json).map_err(|error| DbError::Connection(error.into()))
}
