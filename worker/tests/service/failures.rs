//! Everything dies at some time. Work is held up by freezing the store, so that a worker is in the middle of a task
//! for as long as a test needs.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use uuid::Uuid;

use crate::stage::cluster::Cluster;
use crate::stage::{Stage, photo};

const ATTEMPTS: &str = "SELECT attempts::integer FROM imgfilter.queue";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_held_is_done_by_the_next() {
    let stage = Stage::set().await;
    let first = stage.worker(&[]);
    let task = order_while_frozen(&stage).await;
    stage.until(task, "processing").await;
    first.kill();
    stage.store_process.signal(Signal::CONT);
    let _second = stage.worker(&[]);
    let view = stage.until(task, "done").await;
    assert_eq!(view["version"], 5, "queued, processing, queued, processing, done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_result_is_refused() {
    let stage = Stage::set().await;
    let first = stage.worker(&[]);
    let task = order_while_frozen(&stage).await;
    stage.until(task, "processing").await;
    first.signal(Signal::STOP);
    let _second = stage.worker(&[]);
    stage.store_process.signal(Signal::CONT);
    let done = stage.until(task, "done").await;
    let key: String = stage.value("SELECT object_key FROM imgfilter.link").await;

    first.signal(Signal::CONT);
    stage.until_true("SELECT count(*) = 2 FROM imgfilter.worker").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.view(task).await, done, "nothing has changed");
    assert_eq!(stage.value::<String>("SELECT object_key FROM imgfilter.link").await, key);
    assert!(first.said().contains("taken for dead"), "{}", first.said());
    // And it works on, under a new number.
    let next = stage.order(&photo(), json!({})).await;
    stage.until(next, "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_end_finishes_first() {
    let stage = Stage::set().await;
    let mut worker = stage.worker(&[("IMGFILTER_DRAIN", "30s")]);
    let task = order_while_frozen(&stage).await;
    stage.until(task, "processing").await;
    worker.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.store_process.signal(Signal::CONT);
    assert!(worker.ended().success());
    assert_eq!(stage.view(task).await["status"], "done");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.worker").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_finished_is_given_back_with_its_attempt() {
    let stage = Stage::set().await;
    let mut worker = stage.worker(&[("IMGFILTER_DRAIN", "300ms")]);
    let task = order_while_frozen(&stage).await;
    stage.until(task, "processing").await;
    assert_eq!(stage.value::<i32>(ATTEMPTS).await, 1);
    worker.signal(Signal::TERM);
    assert!(worker.ended().success());
    assert_eq!(stage.view(task).await["status"], "queued");
    assert_eq!(stage.value::<i32>(ATTEMPTS).await, 0);
    assert!(stage.value::<bool>("SELECT worker_id IS NULL FROM imgfilter.queue").await);
    stage.store_process.signal(Signal::CONT);
    let _next = stage.worker(&[]);
    stage.until(task, "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisonous_task_ends_and_its_neighbour_does_not() {
    let stage = Stage::set().await;
    let poison = Uuid::now_v7();
    stage.store.put("o/202601/poison", photo().into(), "image/png").await.unwrap();
    stage.store_process.signal(Signal::STOP);
    stage.order_stored(poison, "o/202601/poison", &photo(), json!({}), 2).await;
    for attempt in 1..=2 {
        let worker = stage.worker(&[]);
        stage
            .until_true(&format!(
                "SELECT attempts = {attempt} AND worker_id IS NOT NULL FROM imgfilter.queue"
            ))
            .await;
        worker.kill();
    }
    stage.store_process.signal(Signal::CONT);
    let _worker = stage.worker(&[]);
    let view = stage.until(poison, "failed").await;
    assert_eq!(view["results"][0]["error"]["code"], "worker_lost");
    let dead = "SELECT attempts = 2 AND lane = imgfilter.lane_number('quarantine') FROM imgfilter.dead";
    assert!(stage.value::<bool>(dead).await, "it died where it could harm nobody");
    let neighbour = stage.order(&photo(), json!({})).await;
    stage.until(neighbour, "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_costs_no_attempt() {
    let mut stage = Stage::set().await;
    let worker = stage.worker(&[]);
    let task = Uuid::now_v7();
    stage.store.put("o/202601/one", photo().into(), "image/png").await.unwrap();
    stage.store_process.signal(Signal::KILL);
    stage.store_process.ended();
    stage.order_stored(task, "o/202601/one", &photo(), json!({}), 1).await;
    while !worker.said().contains("the object store failed") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.until(task, "queued").await;
    assert_eq!(stage.value::<i32>(ATTEMPTS).await, 0);
    stage.restart_store();
    stage.until(task, "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_that_is_missing_fails_after_its_attempts() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = Uuid::now_v7();
    stage.order_stored(task, "o/202601/never", &photo(), json!({}), 1).await;
    let view = stage.until(task, "failed").await;
    assert_eq!(view["results"][0]["error"]["code"], "internal_error");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.dead").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_outlive_a_restart_of_the_database() {
    let cluster = Cluster::start();
    let stage = Stage::set_on(&cluster).await;
    let _worker = stage.worker(&[]);
    let first = stage.order(&photo(), json!({})).await;
    stage.until(first, "done").await;
    cluster.restart();
    let stage = stage.reconnected().await;
    assert_eq!(stage.view(first).await["status"], "done");
    let second = stage.order(&photo(), json!({})).await;
    stage.until(second, "done").await;
}

/// An order whose original was stored before the store was frozen.
async fn order_while_frozen(stage: &Stage) -> Uuid {
    let (task, key) = (Uuid::now_v7(), "o/202601/frozen");
    stage.store.put(key, photo().into(), "image/png").await.unwrap();
    stage.store_process.signal(Signal::STOP);
    stage.order_stored(task, key, &photo(), json!({}), 5).await;
    task
}
