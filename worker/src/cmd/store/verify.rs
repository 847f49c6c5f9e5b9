//! `imgfilter store verify`: whether every object is there that the database promises.

use std::process::ExitCode;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use uuid::Uuid;

use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::config;
use crate::db::objects::{Expected, Kind};
use crate::db::{Db, DbError};
use crate::store::{Store, StoreError};

/// Rows that are asked for at a time.
const PAGE: i32 = 1000;

/// Options of `imgfilter store verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Asks the store for the size of each object, and reads none. Nothing is changed. What the store has beyond that \
                  tells `imgfilter cleanup --dry-run`.\n\
                  Exit codes: 0 all is there, 1 something is missing or has another size, or an error, which is named."
)]
pub struct Options {
    /// Requests to the store at a time
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: u16,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    s3: config::S3,
}

/// An object that is not as it should be.
#[derive(Debug, Serialize)]
struct Bad {
    kind: Kind,
    /// The link or the image.
    id: Uuid,
    object: String,
    /// What the database says.
    bytes: u64,
    /// What the store has; none: it has no such object.
    stored: Option<u64>,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    /// Living links that were looked at.
    links: u64,
    /// Originals that were looked at.
    originals: u64,
    bad: Vec<Bad>,
}

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks for all, and prints what is missing.
pub async fn run(options: &Options) -> Outcome {
    let db = options.reading.db()?;
    let store = Store::new(&options.s3)?;
    store.ready().await?;
    let mut bad = Vec::new();
    let links = verify(&db, &store, Kind::Link, options, &mut bad).await?;
    let originals = verify(&db, &store, Kind::Original, options, &mut bad).await?;
    let report = Report { links, originals, bad };
    if options.reading.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.bad.iter().for_each(|bad| println!("{}", line(bad)));
        let Report { links, originals, bad } = &report;
        println!("{links} links and {originals} originals looked at, {} not as they should be", bad.len());
    }
    Ok(if report.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at all objects of a kind. Returns how many there are.
async fn verify(
    db: &Db,
    store: &Store,
    kind: Kind,
    options: &Options,
    bad: &mut Vec<Bad>,
) -> Result<u64, VerifyError> {
    let (mut seen, mut after) = (0, None);
    loop {
        let page = db.expected_objects(kind, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(seen) };
        after = Some(last.id);
        seen += page.len() as u64;
        let found: Vec<Option<Bad>> = stream::iter(page)
            .map(|expected| look(db, store, kind, expected))
            .buffered(options.parallel.into())
            .try_collect()
            .await?;
        bad.extend(found.into_iter().flatten());
    }
}

/// What is wrong with an object, if anything is and it must still be there.
async fn look(db: &Db, store: &Store, kind: Kind, expected: Expected) -> Result<Option<Bad>, VerifyError> {
    let Expected { id, object_key, bytes } = expected;
    let stored = store.size(&object_key).await?;
    if stored == Some(bytes) || !db.is_expected(kind, id).await? {
        return Ok(None);
    }
    Ok(Some(Bad { kind, id, object: object_key, bytes, stored }))
}

fn line(bad: &Bad) -> String {
    let Bad { kind, id, object, bytes, stored } = bad;
    let kind = if *kind == Kind::Link { "link" } else { "original" };
    match stored {
        None => format!("{kind} {id}: {object} is missing"),
        Some(stored) => format!("{kind} {id}: {object} has {stored} bytes instead of {bytes}"),
    }
}
