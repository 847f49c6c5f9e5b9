//! Claims beside orders that are committed at the same moment.

use std::time::Duration;

use imgfilter::db::tasks::{ClaimTerms, Lane, Room};
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Stage, photo};

/// The claim waits for the queue, having begun before the task is there; the task is committed before it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_a_claim_begins_is_not_leased_to_nobody() {
    let stage = Stage::set().await;
    let db = stage.db();
    let worker = db.worker_start("test", 1, "test", None).await.unwrap();
    let terms = ClaimTerms { lease: Duration::from_secs(60), life: "3 months".to_owned() };
    let room = Room { tasks: 5, free_mib: u32::MAX, budget_mib: 1024 };
    stage.sql.batch_execute("BEGIN; LOCK TABLE imgfilter.queue IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    let claiming = tokio::spawn(async move {
        db.claim(worker, Lane::Fast, room, &Default::default(), &terms).await.unwrap()
    });
    stage.until_true("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").await;
    let task = Uuid::now_v7();
    let request = stage.request(task, &format!("o/{task}"), &photo(), &json!({}), 5);
    stage.sql.query_one("SELECT imgfilter.submit_task($1)", &[&request]).await.unwrap();
    stage.sql.batch_execute("COMMIT").await.unwrap();
    let claimed = claiming.await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.task).collect::<Vec<_>>(), [task]);
    assert_eq!(stage.view(task).await["status"], "processing");
}
