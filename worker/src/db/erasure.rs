//! Erasing on request, as the owner of the schema.

use std::ops::AddAssign;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Db, DbError};

/// How often a task is tried to be erased while others are in its way.
const TRIES: u32 = 10;

/// How much goes, or went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Tasks, with all that was told of them.
    pub tasks: u64,
    /// Originals that no other task has.
    pub originals: u64,
    /// Results.
    pub results: u64,
    /// Links.
    pub links: u64,
    /// Places where the owner is told, with all that was told there.
    #[serde(default)]
    pub targets: u64,
}

impl AddAssign for Erasure {
    fn add_assign(&mut self, more: Self) {
        self.tasks += more.tasks;
        self.originals += more.originals;
        self.results += more.results;
        self.links += more.links;
        self.targets += more.targets;
    }
}

impl Db {
    /// What erasing these tasks, or all that an owner has, would take.
    pub async fn erasure_preview(&self, tasks: &[Uuid], owner: Option<&str>) -> Result<Erasure, DbError> {
        let row = self.row("SELECT imgfilter.erasure_preview($1, $2)", &[&tasks, &owner]).await?;
        erasure(row.get(0))
    }

    /// The ids of all tasks of an owner.
    pub async fn tasks_of_owner(&self, owner: &str) -> Result<Vec<Uuid>, DbError> {
        let rows = self.rows("SELECT imgfilter.tasks_of_owner($1)", &[&owner]).await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    /// Erases a task; nothing goes where there is none. Locks of workers are taken in another order, so that one of both may be
    /// told to let go: then it is tried again.
    pub async fn erase_task(&self, task: Uuid) -> Result<Erasure, DbError> {
        let sql = "SELECT imgfilter.erase($1) || '{\"tasks\": 1}'";
        let mut tries = 1;
        loop {
            match self.row(sql, &[&task]).await {
                Ok(row) => {
                    let said: Option<Value> = row.get(0);
                    return said.map_or_else(|| Ok(Erasure::default()), erasure);
                }
                Err(error) if error.is_deadlock() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// What time it is for the database.
    pub async fn now(&self) -> Result<SystemTime, DbError> {
        Ok(self.row("SELECT clock_timestamp()", &[]).await?.get(0))
    }

    /// How many objects that were erased between these times are still to be deleted.
    pub async fn erased_left(&self, from: SystemTime, to: SystemTime) -> Result<u64, DbError> {
        let row = self.row("SELECT imgfilter.erased_left($1, $2)", &[&from, &to]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Erases originals of an owner that no task speaks of. Returns how many.
    pub async fn erase_images(&self, owner: &str) -> Result<u64, DbError> {
        let row = self.row("SELECT imgfilter.erase_images($1)", &[&owner]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Erases where an owner is told, and what was told there. Returns how many targets there were.
    pub async fn erase_notifications(&self, owner: &str) -> Result<u64, DbError> {
        let row = self.row("SELECT imgfilter.erase_notifications($1)", &[&owner]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }
}

fn erasure(said: Value) -> Result<Erasure, DbError> {
    serde_json::from_value(said).map_err(|error| DbError::Connection(error.into()))
}
