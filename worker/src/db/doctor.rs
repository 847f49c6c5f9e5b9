//! What `imgfilter doctor` asks: the server, the schema as it is, and who may call what. Nothing is changed.

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::migrate::ROLES;
use super::{Db, DbError, OWNER_TIMEOUT};
use crate::config;

/// What a server says of itself.
#[derive(Debug, Clone)]
pub struct Server {
    /// As whom it knows us.
    pub role: String,
    /// Its version, as a number: 150004 for 15.4.
    pub number: i32,
    /// Its version, in its own words.
    pub version: String,
    /// Whether it removes dead rows by itself.
    pub autovacuum: bool,
}

/// A migration that was applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Its number.
    pub number: i32,
    /// Its file's name.
    pub name: String,
    /// SHA-256 of the file, hex.
    pub checksum: String,
}

/// What keeps a role from calling a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// There is no such role.
    Role(String),
    /// It may not log in.
    Login(String),
    /// There is no such function.
    Function(String),
    /// The role may not call the function.
    Right(String, String),
}

impl Lack {
    fn of(row: &Row) -> Self {
        let (role, function): (String, String) = (row.get(0), row.get(1));
        match row.get(2) {
            "role" => Self::Role(role),
            "login" => Self::Login(role),
            "function" => Self::Function(function),
            _ => Self::Right(role, function),
        }
    }
}

impl Db {
    /// As the edge. Its Lua side connects by libpq, which knows words that are not known here.
    pub fn as_edge(config: &config::Edge) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::at("IMGFILTER_EDGE_DATABASE_URL", &config.database_url()?, OWNER_TIMEOUT)
    }

    /// The server.
    pub async fn server(&self) -> Result<Server, DbError> {
        let sql = "SELECT current_user::text, current_setting('server_version_num')::int, \
                          current_setting('server_version'), \
                          current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean";
        let row = self.row(sql, &[]).await?;
        Ok(Server { role: row.get(0), number: row.get(1), version: row.get(2), autovacuum: row.get(3) })
    }

    /// The server's clock, in seconds since 1970 (UTC).
    pub async fn seconds(&self) -> Result<f64, DbError> {
        Ok(self.row("SELECT extract(epoch FROM clock_timestamp())::float8", &[]).await?.get(0))
    }

    /// Tables of the schema from which autovacuum is kept away.
    pub async fn unvacuumed(&self) -> Result<Vec<String>, DbError> {
        let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                    WHERE n.nspname = 'imgfilter' AND c.relkind = 'r' \
                      AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o \
                                   WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean) \
                    ORDER BY 1";
        Ok(self.rows(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Whether this is an interval in PostgreSQL's words.
    pub async fn is_interval(&self, text: &str) -> Result<bool, DbError> {
        match self.row("SELECT $1::text::interval", &[&text]).await {
            Ok(_) => Ok(true),
            Err(DbError::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The migrations that were applied, in order; none where there is no schema. Only the schema's owner may ask.
    pub async fn applied(&self) -> Result<Vec<Applied>, DbError> {
        let sql = "SELECT number, name, checksum FROM imgfilter.migration ORDER BY number";
        let rows = match self.rows(sql, &[]).await {
            Err(error) if error.code() == Some(SqlState::UNDEFINED_TABLE.code()) => Vec::new(),
            other => other?,
        };
        let applied = |row: &Row| Applied { number: row.get(0), name: row.get(1), checksum: row.get(2) };
        Ok(rows.iter().map(applied).collect())
    }

    /// What keeps the service's two roles from what they need.
    pub async fn lacks(&self) -> Result<Vec<Lack>, DbError> {
        let (roles, functions): (Vec<&str>, Vec<&str>) = granted(ROLES).into_iter().unzip();
        let sql = "SELECT DISTINCT w.role, \
                          CASE WHEN r.oid IS NULL OR NOT r.rolcanlogin THEN '' ELSE w.function END, \
                          CASE WHEN r.oid IS NULL THEN 'role' WHEN NOT r.rolcanlogin THEN 'login' \
                               WHEN p.oid IS NULL THEN 'function' ELSE 'right' END \
                     FROM unnest($1::text[], $2::text[]) AS w (role, function) \
                     LEFT JOIN pg_roles r ON r.rolname = w.role \
                     LEFT JOIN pg_namespace n ON n.nspname = 'imgfilter' \
                     LEFT JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = w.function \
                    WHERE r.oid IS NULL OR NOT r.rolcanlogin OR p.oid IS NULL \
                       OR NOT has_schema_privilege(r.oid, n.oid, 'usage') \
                       OR NOT has_function_privilege(r.oid, p.oid, 'execute') \
                    ORDER BY 3 DESC, 1, 2";
        Ok(self.rows(sql, &[&roles, &functions]).await?.iter().map(Lack::of).collect())
    }

    /// Numbers of all keys that ever signed links, as edges and workers noted them. Only the schema's owner may ask.
    pub async fn noted_link_keys(&self) -> Result<Vec<u8>, DbError> {
        let rows = self.rows("SELECT number::int FROM imgfilter.link_key ORDER BY number", &[]).await?;
        Ok(rows.iter().filter_map(|row| u8::try_from(row.get::<_, i32>(0)).ok()).collect())
    }
}

/// Role and function of every right to call that a file of SQL grants.
fn granted(sql: &str) -> Vec<(&str, &str)> {
    let grants = sql.split(';').filter_map(|statement| {
        let (_, rest) = statement.split_once("GRANT EXECUTE ON FUNCTION ")?;
        let (functions, role) = rest.rsplit_once("TO ")?;
        Some((role.trim(), functions))
    });
    grants.flat_map(|(role, functions)| functions.split(',').map(move |name| (role, name.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_of_the_file_of_roles() {
        let all = granted(ROLES);
        for right in [
            ("imgfilter_edge", "submit_task"),
            ("imgfilter_edge", "erase_task"),
            ("imgfilter_worker", "claim"),
            ("imgfilter_worker", "note_link_key"),
        ] {
            assert!(all.contains(&right), "{right:?} in {all:?}");
        }
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(all.iter().all(|(role, name)| plain(role) && plain(name) && !name.is_empty()), "{all:?}");
    }
}
