//! Tasks that end together: the completer, and two that tell the same.

use std::time::Duration;

use futures_util::future::join_all;
use imgfilter::db::tasks::{ClaimTerms, Claimed, Completion, Lane, Room, TaskResult};
use imgfilter::db::{Db, DbError};
use imgfilter::queue::completer::Completer;
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Stage, photo};

const LIFE: &str = "3 months";

/// Tasks that a worker has claimed.
async fn claimed(stage: &Stage, db: &Db, count: usize) -> Vec<Claimed> {
    for _ in 0..count {
        stage.order_stored(Uuid::now_v7(), &format!("o/{}", Uuid::now_v7()), &photo(), json!({}), 5).await;
    }
    let worker = db.worker_start("test", 1, "test", None).await.unwrap();
    let terms = ClaimTerms { lease: Duration::from_secs(60), life: LIFE.to_owned() };
    let room = Room { tasks: count, free_mib: u32::MAX, budget_mib: 1024 };
    let tasks = db.claim(worker, Lane::Fast, room, &Default::default(), &terms).await.unwrap();
    assert_eq!(tasks.len(), count);
    tasks
}

/// A result for each chain of a task.
fn results(task: &Claimed) -> Vec<TaskResult> {
    let result = |_| TaskResult::Done {
        object_key: format!("r/{}/{}.png", task.month, Uuid::now_v7()),
        format: "png",
        width: 8,
        height: 6,
        bytes: 100,
        sha256: "ab".repeat(32),
        filename: "photo.png".to_owned(),
    };
    (0..task.spec.filters.len()).map(result).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_its_own_answer_and_a_bad_one_spoils_no_other() {
    let stage = Stage::set().await;
    let db = stage.db();
    let mut tasks = claimed(&stage, &db, 30).await;
    let completer = Completer::start(db.clone(), LIFE.to_owned());
    tasks[7].held.lease += 1_000_000;
    let told = join_all(tasks.iter().enumerate().map(async |(n, task)| {
        let results = if n == 13 { Vec::new() } else { results(task) };
        completer.complete(task.held, &results).await
    }));
    for (n, answer) in told.await.into_iter().enumerate() {
        match n {
            7 => assert!(matches!(answer, Ok(false)), "{n}: {answer:?}"),
            13 => assert!(matches!(answer, Err(DbError::Refused(_))), "{n}: {answer:?}"),
            _ => assert!(matches!(answer, Ok(true)), "{n}: {answer:?}"),
        }
    }
    let statuses: String = stage
        .value("SELECT string_agg(format('%s %s', status, count), ',' ORDER BY status) FROM (SELECT status, count(*) FROM imgfilter.task GROUP BY 1) AS t")
        .await;
    assert_eq!(statuses, "done 28,processing 2");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.queue").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_tell_the_same_do_not_wait_for_each_other_for_ever() {
    let stage = Stage::set().await;
    let db = stage.db();
    for _ in 0..5 {
        let tasks = claimed(&stage, &db, 40).await;
        let mut told: Vec<_> =
            tasks.iter().map(|task| Completion::new(task.held, &results(task)).unwrap()).collect();
        let forwards = told.clone();
        told.reverse();
        let both = tokio::join!(db.complete_many(&forwards, LIFE), db.complete_many(&told, LIFE));
        let (mut first, mut second) = (both.0.unwrap(), both.1.unwrap());
        first.dedup();
        second.dedup();
        assert!(first.len() == 1 && second.len() == 1 && first != second, "{first:?} {second:?}");
    }
}
