//! What edges are told of links that have ended, by transactions that are under way at the same time.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_postgres::Client;

use crate::stage::{Stage, connect};

/// How long anything may take that should happen soon.
const PATIENCE: Duration = Duration::from_secs(40);

/// What an edge is told that has read the list up to a place: the objects, and the place where it ends.
async fn told(stage: &Stage, place: &str) -> (Vec<String>, String) {
    let list: Value = stage.value(&format!("SELECT imgfilter.purged_since('{place}', 0, 100)")).await;
    let objects = list["purged"].as_array().unwrap().iter();
    let objects = objects.map(|each| each["object"].as_str().unwrap().to_owned()).collect();
    (objects, list["place"].as_str().unwrap().to_owned())
}

/// Reads on from a place until there are so many objects; what they are, and the place where they end. Whatever else the
/// database is doing may hold the list up for a moment.
async fn read_on(stage: &Stage, place: &str, count: usize) -> (Vec<String>, String) {
    let (mut all, mut place) = (Vec::new(), place.to_owned());
    let begun = Instant::now();
    while all.len() < count {
        assert!(begun.elapsed() < PATIENCE, "told {all:?}, and no more");
        let (objects, end) = told(stage, &place).await;
        all.extend(objects);
        place = end;
    }
    (all, place)
}

async fn purge(client: &Client, object: &str) {
    client.query_one("SELECT imgfilter.purge(ARRAY[$1::text])", &[&object]).await.unwrap();
}

/// Begins a transaction that is the first to write, on a connection of its own.
async fn begin(stage: &Stage) -> Client {
    let client = connect(&stage.owner_url).await;
    client.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_is_told_before_what_came_after_it() {
    let stage = Stage::set().await;
    purge(&stage.sql, "r/first").await;
    let late = begin(&stage).await;
    purge(&late, "r/late").await;
    purge(&stage.sql, "r/prompt").await;

    let (objects, place) = read_on(&stage, "", 1).await;
    assert_eq!(objects, ["r/first"], "nothing that would put the place beyond what is still under way");
    assert_eq!(told(&stage, &place).await, (vec![], place.clone()));
    late.batch_execute("COMMIT").await.unwrap();
    let (objects, place) = read_on(&stage, &place, 2).await;
    assert_eq!(objects, ["r/late", "r/prompt"]);
    assert_eq!(told(&stage, &place).await, (vec![], place.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_be_told_yet_is_not_removed() {
    let stage = Stage::set().await;
    let open = begin(&stage).await;
    purge(&stage.sql, "r/waits").await;
    let old = "UPDATE imgfilter.purge SET at = now() - interval '3 days'";
    stage.sql.batch_execute(old).await.unwrap();

    let removed = "SELECT imgfilter.remove_purged(100)";
    assert_eq!(stage.value::<i64>(removed).await, 0, "a transaction is open that keeps it from being told");
    open.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read_on(&stage, "", 1).await.0, ["r/waits"]);
    stage.until_true("SELECT imgfilter.remove_purged(100) = 1").await;
}
