//! API keys, for their operator.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Db, DbError};

/// Limits, or what was used of them: a day's, but for tasks, which are counted while they are open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// Uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Number>,
    /// Bytes of the images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Number>,
    /// Megapixels of all frames of the images, once for each result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub megapixels: Option<Number>,
    /// Tasks that have not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_tasks: Option<Number>,
}

/// A key, without what its holder sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// Names it to its operator.
    pub id: Uuid,
    /// Whose uploads are made with it.
    pub owner: String,
    /// What its operator calls it; may be empty.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// What it allows; nothing there: no limit.
    pub quota: Quota,
    /// How long links live, as ISO 8601 has it; `None`: as long as the service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_life: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; `None` while it is good.
    pub revoked_at: Option<String>,
    /// What its owner has used today; only listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<Quota>,
}

/// A key to be made.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// Whose uploads will be made with it.
    pub owner: &'a str,
    /// What its operator calls it.
    pub name: &'a str,
    /// The SHA-256 of what its holder sends.
    pub sha256: &'a [u8],
    /// What it may be used for.
    pub scopes: &'a [String],
    /// What it allows, as [`Quota`] is written.
    pub quota: Value,
    /// How long links are to live: an interval in PostgreSQL's words.
    pub link_life: Option<&'a str>,
    /// How long they may live at most: likewise.
    pub max_link_life: &'a str,
}

impl Db {
    /// Enters a key.
    pub async fn create_key(&self, key: &NewKey<'_>) -> Result<Key, DbError> {
        let sql = "SELECT imgfilter.create_key($1, $2, $3, $4, $5, $6::text::interval, $7::text::interval)";
        let NewKey { owner, name, sha256, scopes, quota, link_life, max_link_life } = key;
        read(&self.row(sql, &[owner, name, sha256, scopes, quota, link_life, max_link_life]).await?)
    }

    /// The keys of an owner, or all.
    pub async fn list_keys(&self, owner: Option<&str>) -> Result<Vec<Key>, DbError> {
        self.rows("SELECT imgfilter.list_keys($1)", &[&owner]).await?.iter().map(read).collect()
    }

    /// Ends a key. `None`: there is none of this id.
    pub async fn revoke_key(&self, id: Uuid) -> Result<Option<Key>, DbError> {
        let row = self.row("SELECT imgfilter.revoke_key($1)", &[&id]).await?;
        let found: Option<Value> = row.get(0);
        found.map(|_| read(&row)).transpose()
    }
}

fn read(row: &Row) -> Result<Key, DbError> {
    serde_json::from_value(row.get(0)).map_err(|error| DbError::Connection(error.into()))
}
