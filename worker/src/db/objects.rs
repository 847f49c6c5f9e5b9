//! Which objects the store must have.

use uuid::Uuid;

use super::{Db, DbError};

/// Whose object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A living link's.
    Link,
    /// An original that is kept.
    Original,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Original => "original",
        }
    }
}

/// An object that must be there.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The link or the image.
    pub id: Uuid,
    /// Its key.
    pub object_key: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Db {
    /// Some of the objects that must be there, `most` at a time, from the one behind `after` on.
    pub async fn expected_objects(
        &self,
        kind: Kind,
        after: Option<Uuid>,
        most: i32,
    ) -> Result<Vec<Expected>, DbError> {
        let sql = "SELECT id, object_key, bytes FROM imgfilter.expected_objects($1, $2, $3)";
        let rows = self.rows(sql, &[&kind.word(), &after, &most]).await?;
        let expected = |row: tokio_postgres::Row| Expected {
            id: row.get(0),
            object_key: row.get(1),
            bytes: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
        };
        Ok(rows.into_iter().map(expected).collect())
    }

    /// Whether the object of this link or image must still be there.
    pub async fn is_expected(&self, kind: Kind, id: Uuid) -> Result<bool, DbError> {
        Ok(self.row("SELECT imgfilter.is_expected($1, $2)", &[&kind.word(), &id]).await?.get(0))
    }
}
