//! What is erased goes from the store, too: at once, also when a worker has it or is away.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::process::command;
use crate::stage::{Stage, photo};

/// A chain that takes some seconds.
const LONG: &str = "resize(width=1500, height=1500)|oil(10)|oil(10)|oil(10)|oil(10)|oil(10)|oil(10)";

async fn erase(stage: &Stage, task: Uuid) -> Value {
    stage.sql.query_one("SELECT imgfilter.erase_task($1, NULL)", &[&task]).await.unwrap().get(0)
}

async fn until_empty(stage: &Stage) {
    for _ in 0..400 {
        if stage.objects().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", stage.objects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_deletes_at_once_what_was_erased() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = stage.order(&photo(), json!({"filters": ["", "grayscale"]})).await;
    stage.until(task, "done").await;
    assert_eq!(stage.objects().await.len(), 3);
    assert_eq!(erase(&stage, task).await, json!({"removed": {"originals": 1, "results": 2, "links": 2}}));
    until_empty(&stage).await;
    stage.until_true("SELECT count(*) = 0 FROM imgfilter.erased_object").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_while_no_worker_ran_is_the_next_ones_or_the_cleanups() {
    let mut stage = Stage::set().await;
    let worker = stage.worker(&[]);
    let (first, second) = (stage.order(&photo(), json!({})).await, stage.order(&photo(), json!({})).await);
    stage.until(first, "done").await;
    stage.until(second, "done").await;
    worker.kill();
    erase(&stage, first).await;
    let cleanup = |stage: &Stage| command(&["cleanup", "--json"], &stage.settings()).output().unwrap();
    stage.store_process.signal(rustix::process::Signal::KILL);
    stage.store_process.ended();
    assert_eq!(cleanup(&stage).status.code(), Some(1), "the store is away");
    stage.restart_store();
    assert_eq!(stage.objects().await.len(), 4, "nothing was deleted");
    stage.sql.batch_execute("UPDATE imgfilter.erased_object SET deleting_until = now()").await.unwrap();
    let report: Value = serde_json::from_slice(&cleanup(&stage).stdout).unwrap();
    assert_eq!((&report["erased"], &report["orphans"]), (&json!(2), &json!(0)));
    erase(&stage, second).await;
    let _worker = stage.worker(&[]);
    until_empty(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_a_task_that_is_erased_while_it_is_made_go_too() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = stage.order(&photo(), json!({"filters": ["", LONG]})).await;
    stage.until(task, "processing").await;
    assert_eq!(erase(&stage, task).await["removed"]["originals"], 1);
    until_empty(&stage).await;
    assert_eq!(stage.view(task).await, json!({"id": task, "erased": true}));
    let next = stage.order(&photo(), json!({})).await;
    stage.until(next, "done").await;
}

/// A worker learns only when it tells the result that nobody wants it.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_came_too_late_is_deleted() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[("IMGFILTER_BEAT", "10s"), ("IMGFILTER_LEASE", "60s")]);
    let too_late = "CREATE TABLE told (at timestamptz);
                    ALTER FUNCTION imgfilter.complete_many RENAME TO complete_in_time;
                    CREATE FUNCTION imgfilter.complete_many(integer[], bigint[], bigint[], jsonb[], interval)
                    RETURNS bigint[] LANGUAGE sql SECURITY DEFINER AS
                    $$ INSERT INTO public.told VALUES (now()); SELECT '{}'::bigint[] $$;
                    GRANT EXECUTE ON FUNCTION imgfilter.complete_many TO imgfilter_worker";
    stage.sql.batch_execute(too_late).await.unwrap();
    stage.order(&photo(), json!({})).await;
    stage.until_true("SELECT EXISTS (SELECT FROM told)").await;
    for _ in 0..200 {
        if !stage.objects().await.iter().any(|key| key.starts_with("r/")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the result is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_forgotten_by_one_command() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let task = stage.order(&photo(), json!({"filters": ["", "invert"]})).await;
        stage.until(task, "done").await;
        tasks.push(task);
    }
    let own = "UPDATE imgfilter.task SET owner = 'acme' WHERE id = ANY ($1)";
    stage.sql.execute(own, &[&&tasks[1..]]).await.unwrap();
    let erase = |arguments: &[&str]| {
        let mut settings = stage.settings();
        settings.push(("IMGFILTER_MIGRATE_DATABASE_URL", stage.owner_url.clone()));
        command(&[&["erase", "--json"], arguments].concat(), &settings).output().unwrap()
    };
    let told = |output: &std::process::Output| serde_json::from_slice::<Value>(&output.stdout).unwrap();

    let foreseen = told(&erase(&["--owner", "acme"]));
    let counted = json!({"done": false, "tasks": 2, "originals": 2, "results": 4, "links": 4, "objects": 0, "refused": 0});
    assert_eq!(foreseen, counted);
    assert_eq!(stage.objects().await.len(), 9);
    let done = told(&erase(&["--owner", "acme", "--yes"]));
    assert_eq!((&done["done"], &done["tasks"], &done["links"]), (&json!(true), &json!(2), &json!(4)));
    for _ in 0..100 {
        if stage.objects().await.len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stage.objects().await.len(), 3, "what is another's stays");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.task").await, 1);

    let unknown = erase(&["--task", &tasks[1].to_string(), "--yes"]);
    assert_eq!((unknown.status.code(), &told(&unknown)["tasks"]), (Some(1), &json!(0)));
    let last = erase(&["--task", &tasks[0].to_string(), "--yes"]);
    assert_eq!(last.status.code(), Some(0));
    until_empty(&stage).await;
}
