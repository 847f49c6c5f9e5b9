//! What one worker counts for all: queue, links and workers as a whole.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Db, DbError, interval};

/// What was counted. What may be many is counted up to a limit, or estimated.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ServiceState {
    /// Each lane, of images and of deliveries, by its name.
    pub lanes: BTreeMap<String, LaneLoad>,
    /// Seconds that one engine would take for all tasks that are ready.
    pub backlog_seconds: f64,
    /// Seconds of an engine that are ordered each second.
    pub arrival_cost: f64,
    /// What the service gave up on.
    pub dead: u64,
    /// Links that can be downloaded.
    pub links_alive: u64,
    /// Workers that take tasks.
    pub workers: u32,
    /// Images that one of them filters at the same time, on average; none: there is no worker.
    pub slots: Option<f64>,
    /// Seconds since it was counted.
    #[serde(default)]
    pub age: f64,
}

/// What lies in a lane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneLoad {
    /// Rows that are ready and that no worker has.
    pub ready: u64,
    /// Rows whose time has not come.
    pub delayed: u64,
    /// Rows that a worker has.
    pub running: u64,
    /// Seconds that the oldest of the ready has waited.
    pub oldest: f64,
}

impl Db {
    /// Counts the service, up to `limit` rows of each kind, and publishes it, unless that was done within `every`. Says
    /// whether it was done by this call.
    pub async fn publish_service_state(&self, every: Duration, limit: i64) -> Result<bool, DbError> {
        let sql = "SELECT imgfilter.publish_service_state($1::text::interval, $2)";
        Ok(self.row(sql, &[&interval(every), &limit]).await?.get(0))
    }

    /// What was published last; none: nothing was.
    pub async fn service_state(&self) -> Result<Option<ServiceState>, DbError> {
        let row = self.row("SELECT imgfilter.service_state()", &[]).await?;
        row.get::<_, Option<Value>>(0).map(read).transpose()
    }

    /// Counts the service now, as the owner of the schema, up to `limit` rows of each kind.
    pub async fn count_service(&self, limit: i64) -> Result<ServiceState, DbError> {
        read(self.row("SELECT imgfilter.count_service($1)", &[&limit]).await?.get(0))
    }
}

fn read(counted: Value) -> Result<ServiceState, DbError> {
    serde_json::from_value(counted).map_err(|error| DbError::Connection(error.into()))
}
