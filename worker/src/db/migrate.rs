//! Bringing a database up to date, from the SQL files that are part of this program.
//!
//! Migrations are applied once each, in order, and never change: their checksums are kept, and a file that differs
//! from what was applied is refused. Functions and roles are written anew every time. All of it is one transaction
//! under an advisory lock, so a database is either as it was or wholly up to date, whoever else migrates.

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_postgres::{NoTls, Transaction};

static SQL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sql");

/// Who may do what.
pub(super) const ROLES: &str = include_str!("../../../sql/roles.sql");

/// Why a database could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// A migration is not what was applied to this database.
    #[error(
        "migration {name} is not what was applied to this database: migrations never change, add a new one"
    )]
    Changed {
        /// The file's name.
        name: String,
    },
    /// The database has a migration that this program does not know.
    #[error(
        "this database has migration {number}, which this version of imgfilter does not know: it is too old"
    )]
    Unknown {
        /// The migration's number.
        number: i32,
    },
    /// A file's name is not `NNNN_name.sql`, or a number is used twice or left out.
    #[error("migrations must be numbered 0001_name.sql, 0002_name.sql and so on: {0}")]
    Misnamed(String),
    /// A file was refused by the database.
    #[error("{file}: {message}")]
    Refused {
        /// The file.
        file: String,
        /// What the database said about it.
        message: String,
        /// The error itself.
        source: tokio_postgres::Error,
    },
    /// The database could not be asked.
    #[error("cannot migrate the database")]
    Database(#[from] tokio_postgres::Error),
}

/// A migration's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1.
    pub number: i32,
    /// Its file's name.
    pub name: String,
    /// Its text.
    pub sql: String,
}

impl Migration {
    /// SHA-256 of its text, hex: what is kept of it where it was applied.
    #[must_use]
    pub fn checksum(&self) -> String {
        hex::encode(Sha256::digest(&self.sql))
    }
}

/// Brings the database at `url` up to date with this program. Returns the names of the migrations that were missing.
pub async fn run(url: &str) -> Result<Vec<String>, MigrateError> {
    run_with(url, &migrations()?).await
}

/// As [`run`], with migrations given: tests need others than the program's own.
pub async fn run_with(url: &str, migrations: &[Migration]) -> Result<Vec<String>, MigrateError> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let transaction = client.transaction().await?;
    // "already exists, skipping" is not worth a line.
    transaction.batch_execute("SET LOCAL client_min_messages = warning").await?;
    transaction.batch_execute("SELECT pg_advisory_xact_lock(hashtext('imgfilter.migrate'))").await?;
    apply(&transaction, "schema.sql", text("schema.sql")).await?;
    transaction.batch_execute("SET LOCAL search_path = imgfilter, pg_temp").await?;
    let applied = apply_missing(&transaction, migrations).await?;
    rewrite_functions(&transaction).await?;
    apply(&transaction, "roles.sql", ROLES).await?;
    transaction.commit().await?;
    drop(client);
    let _ = connection.await;
    Ok(applied)
}

/// The migrations that are part of this program, in order.
pub fn migrations() -> Result<Vec<Migration>, MigrateError> {
    let mut found = Vec::new();
    for (path, sql) in files("migrations") {
        let name = path.trim_start_matches("migrations/").to_owned();
        let number = name.split_once('_').and_then(|(digits, _)| digits.parse().ok());
        let number = number.ok_or_else(|| MigrateError::Misnamed(name.clone()))?;
        if usize::try_from(number) != Ok(found.len() + 1) {
            return Err(MigrateError::Misnamed(name));
        }
        found.push(Migration { number, name, sql: sql.to_owned() });
    }
    Ok(found)
}

async fn apply_missing(
    transaction: &Transaction<'_>,
    migrations: &[Migration],
) -> Result<Vec<String>, MigrateError> {
    let rows = transaction.query("SELECT number, checksum FROM migration ORDER BY number", &[]).await?;
    for row in &rows {
        let (number, checksum): (i32, String) = (row.get(0), row.get(1));
        let known = migrations.iter().find(|migration| migration.number == number);
        let known = known.ok_or(MigrateError::Unknown { number })?;
        if known.checksum() != checksum {
            return Err(MigrateError::Changed { name: known.name.clone() });
        }
    }
    let mut applied = Vec::new();
    for migration in migrations.iter().skip(rows.len()) {
        apply(transaction, &migration.name, &migration.sql).await?;
        transaction
            .execute(
                "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)",
                &[&migration.number, &migration.name, &migration.checksum()],
            )
            .await?;
        applied.push(migration.name.clone());
    }
    Ok(applied)
}

/// Drops every function of the schema and creates those of this program: whoever calls one meanwhile sees the old ones
/// until the commit and the new ones after it. What a function is called by need not exist when it is created.
async fn rewrite_functions(transaction: &Transaction<'_>) -> Result<(), MigrateError> {
    transaction.batch_execute("SET LOCAL check_function_bodies = off").await?;
    apply(transaction, "drop_functions.sql", text("drop_functions.sql")).await?;
    for (path, sql) in files("functions") {
        apply(transaction, path, sql).await?;
    }
    Ok(())
}

async fn apply(transaction: &Transaction<'_>, file: &str, sql: &str) -> Result<(), MigrateError> {
    transaction.batch_execute(sql).await.map_err(|source| {
        let message = source.as_db_error().map_or_else(|| source.to_string(), ToString::to_string);
        MigrateError::Refused { file: file.to_owned(), message, source }
    })
}

/// The SQL files of a folder by name, in the order of their names.
fn files(folder: &str) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<_> = SQL
        .get_dir(folder)
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
        .collect();
    found.sort_unstable();
    found
}

fn text(path: &'static str) -> &'static str {
    SQL.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default()
}
