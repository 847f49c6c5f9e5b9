//! Where owners are told, and what was told to them: for their operator, as the owner of the schema.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::queue::Listed;
use super::{Db, DbError};

/// A target. Times are RFC 3339.
#[derive(Clone, Deserialize)]
pub struct TargetLine {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub owner: String,
    /// `webhook`, `email`, `push`, `sms` or `topic`.
    pub channel: String,
    /// A URL, an address, a number: personal data, not for logs.
    pub address: String,
    /// What it is told of.
    pub events: Vec<String>,
    /// `unverified`, `active` or `disabled`.
    pub status: String,
    /// Why it is disabled: `gone` or `failing`.
    pub reason: Option<String>,
    /// Since when nothing has arrived; `None`: the last did, or nothing was sent.
    pub failing_since: Option<String>,
    /// The number of its secret, from 1.
    pub secret_number: i32,
    /// Deliveries that are to be made.
    pub waiting: u64,
}

/// A target to be made, or whose events are to be changed.
#[derive(Clone, Serialize)]
pub struct NewTarget<'a> {
    /// `webhook`, `email`, `push`, `sms` or `topic`.
    pub channel: &'a str,
    /// Where.
    pub address: &'a str,
    /// Of a push: `{"p256dh", "auth"}`.
    pub keys: Option<Value>,
    /// What it is to be told of.
    pub events: &'a [String],
}

/// What owner and operator are told of one target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Target {
    /// Its id.
    pub id: Uuid,
    /// Its channel.
    pub channel: String,
    /// `unverified`, `active` or `disabled`.
    pub status: String,
    /// The number of its secret, from 1.
    pub secret_number: i32,
}

/// What came of a code, or of a request for one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Coded {
    /// A code is on its way.
    Sent {
        /// Until when it is good, RFC 3339.
        until: String,
    },
    /// The target is verified.
    Verified {
        /// True.
        verified: bool,
    },
    /// It is not.
    Refused {
        /// `wrong`, `expired`, `tries` (no more of them) or `disabled`.
        refused: String,
    },
}

/// What comes of a delivery that is to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Replay {
    /// It is put into its lane.
    Queued {
        /// True.
        queued: bool,
    },
    /// It is not.
    Refused {
        /// `busy`, `sent`, `often`, `code_void`, `target_removed`, `target_disabled` or `target_unverified`.
        refused: String,
    },
}

/// A try of a delivery.
#[derive(Debug, Clone, Deserialize)]
pub struct Try {
    /// RFC 3339.
    pub at: String,
    /// Milliseconds that it took.
    pub ms: u64,
    /// `delivered`, `retry`, `gone`, `refused` or `unknown`.
    pub outcome: String,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// In words.
    pub detail: String,
}

/// A delivery. Times are RFC 3339.
#[derive(Clone, Deserialize)]
pub struct DeliveryLine {
    /// Its id.
    pub id: Uuid,
    /// Whose it is; `None`: nobody's.
    pub owner: Option<String>,
    /// What is told.
    pub event: String,
    /// By which channel.
    pub channel: String,
    /// Where: personal data, not for logs.
    pub target: String,
    /// The task that it tells of, if it is one.
    pub task: Option<Uuid>,
    /// `pending`, `sending`, `delivered`, `failed` or `unknown`.
    pub status: String,
    /// Why it ended, where no try says it.
    pub reason: Option<String>,
    /// When the event happened.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When it is tried next, while it waits.
    pub next_at: Option<String>,
    /// Every try, the first first.
    pub attempts: Vec<Try>,
}

/// Which deliveries. Nothing set: all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deliveries<'a> {
    /// Of this owner.
    pub owner: Option<&'a str>,
    /// In this status.
    pub status: Option<&'a str>,
    /// By this channel.
    pub channel: Option<&'a str>,
    /// Of this task.
    pub task: Option<Uuid>,
    /// No more than so many.
    pub limit: Option<i32>,
}

impl Db {
    /// Targets, in the order in which they were made: of an owner or all.
    pub async fn targets(
        &self,
        owner: Option<&str>,
        limit: Option<i32>,
    ) -> Result<Vec<Listed<TargetLine>>, DbError> {
        self.listed("SELECT imgfilter.list_targets($1, $2)", &[&owner, &limit]).await
    }

    /// Deliveries, the last first.
    pub async fn deliveries(&self, which: Deliveries<'_>) -> Result<Vec<Listed<DeliveryLine>>, DbError> {
        let Deliveries { owner, status, channel, task, limit } = which;
        let sql = "SELECT imgfilter.list_deliveries($1, $2, $3, $4, $5)";
        self.listed(sql, &[&owner, &status, &channel, &task, &limit]).await
    }

    /// Enters a target, or changes the events of one that is there. A new one of e-mail or SMS gets a code. `max` is how
    /// many an owner may have. Refused (see [`DbError::code`]): IF020 for too many, IF021 for too many codes.
    pub async fn add_target(&self, owner: &str, target: &NewTarget<'_>, max: u32) -> Result<Target, DbError> {
        let (target, limits) = (json!(target), json!({ "max_targets": max }));
        let row = self.row("SELECT imgfilter.add_target($1, $2, $3)", &[&owner, &target, &limits]).await?;
        decode(row.get(0))
    }

    /// Removes a target, and what waits for it. `None`: the owner has none of this id.
    pub async fn remove_target(&self, owner: &str, target: Uuid) -> Result<Option<Target>, DbError> {
        self.found("SELECT imgfilter.remove_target($1, $2)", &[&owner, &target]).await
    }

    /// Sends another code. `None`: the owner has no target of this id. Refused: IF021 for too many codes.
    pub async fn send_code(&self, owner: &str, target: Uuid) -> Result<Option<Coded>, DbError> {
        self.found("SELECT imgfilter.send_code($1, $2)", &[&owner, &target]).await
    }

    /// Verifies a target by a code. `None`: the owner has none of this id.
    pub async fn verify_target(
        &self,
        owner: &str,
        target: Uuid,
        code: &str,
    ) -> Result<Option<Coded>, DbError> {
        self.found("SELECT imgfilter.verify_target($1, $2, $3)", &[&owner, &target, &code]).await
    }

    /// Gives a target another secret; the one before is good for another day. `None`: the owner has none of this id.
    pub async fn rotate_secret(&self, owner: &str, target: Uuid) -> Result<Option<Target>, DbError> {
        self.found("SELECT imgfilter.rotate_secret($1, $2)", &[&owner, &target]).await
    }

    /// Makes a disabled target what it was. `None`: the owner has none of this id.
    pub async fn enable_target(&self, owner: &str, target: Uuid) -> Result<Option<Target>, DbError> {
        self.found("SELECT imgfilter.enable_target($1, $2)", &[&owner, &target]).await
    }

    /// Tries a delivery once more. `None`: the owner has none of this id.
    pub async fn replay_delivery(&self, owner: &str, delivery: Uuid) -> Result<Option<Replay>, DbError> {
        self.found("SELECT imgfilter.replay_delivery($1, $2)", &[&owner, &delivery]).await
    }

    async fn found<T: for<'a> Deserialize<'a>>(
        &self,
        sql: &str,
        params: super::Params<'_>,
    ) -> Result<Option<T>, DbError> {
        let said: Option<Value> = self.row(sql, params).await?.get(0);
        said.map(decode).transpose()
    }
}

fn decode<T: for<'a> Deserialize<'a>>(said: Value) -> Result<T, DbError> {
    serde_json::from_value(said).map_err(|error| DbError::Connection(error.into()))
}
