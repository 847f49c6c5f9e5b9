//! Links, as their operator sees them and what he does with them; and the keys that sign them.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::queue::{Change, Listed};
use super::{Db, DbError};

/// A link. Times are RFC 3339.
#[derive(Debug, Clone, Deserialize)]
pub struct LinkLine {
    /// Its id: not its token, which only the keys can make of it.
    pub id: Uuid,
    /// The task whose result it leads to.
    pub task: Uuid,
    /// Which of its results, from 0.
    pub n: u16,
    /// Whose it is; `None`: nobody's.
    pub owner: Option<String>,
    /// What the file is called.
    pub filename: String,
    /// Size of the file.
    pub bytes: u64,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// Whether it has not ended.
    pub living: bool,
}

/// Which links. Nothing set: all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Links<'a> {
    /// These.
    pub ids: Option<&'a [Uuid]>,
    /// Of this owner.
    pub owner: Option<&'a str>,
    /// Of this task.
    pub task: Option<Uuid>,
    /// No more than so many.
    pub limit: Option<i32>,
}

impl Db {
    /// Links, the last made first.
    pub async fn links(&self, which: Links<'_>) -> Result<Vec<Listed<LinkLine>>, DbError> {
        let sql = "SELECT imgfilter.list_links($1, $2, $3, $4)";
        self.listed(sql, &[&which.ids, &which.owner, &which.task, &which.limit]).await
    }

    /// The key of the object that a link leads to. `None`: it has ended, or there is none of this id.
    pub async fn object_of_link(&self, link: Uuid) -> Result<Option<String>, DbError> {
        let row = self.row("SELECT imgfilter.link_view($1)", &[&link]).await?;
        let Some(view) = row.get::<_, Option<Value>>(0) else { return Ok(None) };
        let lives = view["gone"] == false;
        Ok(view["object_key"].as_str().filter(|_| lives).map(str::to_owned))
    }

    /// Ends a link now.
    pub async fn revoke_link(&self, link: Uuid) -> Result<Change, DbError> {
        self.change("SELECT imgfilter.revoke_link($1)", &[&link]).await
    }

    /// Lets a link live on for `by`, up to `longest` after it was made: intervals in PostgreSQL's words.
    pub async fn extend_link(&self, link: Uuid, by: &str, longest: &str) -> Result<Change, DbError> {
        let sql = "SELECT imgfilter.extend_link($1, $2::text::interval, $3::text::interval)";
        self.change(sql, &[&link, &by, &longest]).await
    }

    /// When the last living link ends that the key of this number may have signed; `None`: there is none.
    pub async fn key_needed_until(&self, number: u8) -> Result<Option<String>, DbError> {
        let sql = "SELECT imgfilter.utc(imgfilter.key_needed_until($1))";
        Ok(self.row(sql, &[&i32::from(number)]).await?.get(0))
    }

    /// Notes that links are signed with the key of this number now.
    pub async fn note_link_key(&self, number: u8) -> Result<(), DbError> {
        self.row("SELECT imgfilter.note_link_key($1)", &[&i32::from(number)]).await.map(drop)
    }
}
