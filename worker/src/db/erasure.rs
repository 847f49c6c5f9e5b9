//! Erasing on request, as the owner of the schema.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Db, DbError};

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
}

impl AddAssign for Erasure {
    fn add_assign(&mut self, more: Self) {
        self.tasks += more.tasks;
        self.originals += more.originals;
        self.results += more.results;
        self.links += more.links;
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

    /// Erases tasks, in one transaction; those that are not there are passed over.
    pub async fn erase_tasks(&self, tasks: &[Uuid]) -> Result<Erasure, DbError> {
        let row = self.row("SELECT imgfilter.erase_tasks($1)", &[&tasks]).await?;
        erasure(row.get(0))
    }

    /// Erases originals of an owner that no task speaks of. Returns how many.
    pub async fn erase_images(&self, owner: &str) -> Result<u64, DbError> {
        let row = self.row("SELECT imgfilter.erase_images($1)", &[&owner]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }
}

fn erasure(said: serde_json::Value) -> Result<Erasure, DbError> {
    serde_json::from_value(said).map_err(|error| DbError::Connection(error.into()))
}
