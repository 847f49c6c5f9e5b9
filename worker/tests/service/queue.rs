//! The operator's hands: `imgfilter queue`, and that what he does meets what workers and cleanups do at the same time.

use std::process::Output;

use futures_util::{StreamExt, stream};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls};
use uuid::Uuid;

use crate::stage::process::command;
use crate::stage::{Stage, connect, photo};

/// Whether somebody waits for a lock.
const WAITING: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                       WHERE datname = current_database() AND wait_event_type = 'Lock')";

fn queue(stage: &Stage, arguments: &[&str]) -> Output {
    let settings = [("IMGFILTER_MIGRATE_DATABASE_URL", stage.owner_url.clone())];
    command(&[&["queue"], arguments].concat(), &settings).output().unwrap()
}

/// What it says to programs.
fn json_of(stage: &Stage, arguments: &[&str]) -> Value {
    let output = queue(stage, &[arguments, &["--json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"))
}

fn words_of(stage: &Stage, arguments: &[&str]) -> String {
    let output = queue(stage, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A task whose original is not there.
async fn order_lost(stage: &Stage, max_attempts: i32) -> Uuid {
    let task = Uuid::now_v7();
    stage.order_stored(task, &format!("o/202601/{task}"), &photo(), json!({}), max_attempts).await;
    task
}

async fn ask(client: &Client, sql: &str, task: Uuid) -> String {
    client.query_one(sql, &[&task]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_seen_as_it_is() {
    let stage = Stage::set().await;
    let (one, two) = (order_lost(&stage, 5).await, order_lost(&stage, 5).await);
    stage.sql.execute("UPDATE imgfilter.task SET owner = 'acme' WHERE id = $1", &[&one]).await.unwrap();
    stage
        .sql
        .execute("UPDATE imgfilter.queue SET run_at = now() + interval '1 hour' WHERE ref = $1", &[&two])
        .await
        .unwrap();

    let status = json_of(&stage, &["status"]);
    let lane = &status["lanes"][0];
    assert_eq!(lane["lane"], "fast");
    assert_eq!((&lane["waiting"], &lane["delayed"], &lane["dead"]), (&json!(1), &json!(1), &json!(0)));
    assert!(words_of(&stage, &["status"]).contains("slow        waiting 0"));
    let ids = |arguments: &[&str]| -> Vec<String> {
        let listed = json_of(&stage, &[&["list"], arguments].concat());
        listed.as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), [one.to_string(), two.to_string()]);
    assert_eq!(ids(&["--status", "delayed"]), [two.to_string()]);
    assert_eq!(ids(&["--owner", "acme", "--lane", "fast", "--status", "queued"]), [one.to_string()]);
    assert_eq!(ids(&["--limit", "1"]), [one.to_string()]);
    assert_eq!(ids(&["--status", "done"]).len(), 0);
    assert!(
        words_of(&stage, &["list"]).starts_with(&format!("{one}  queued  fast  priority 1  attempts 0/5"))
    );
    assert_eq!(
        json_of(&stage, &["show", &one.to_string()])["image"]["object_key"],
        format!("o/202601/{one}")
    );
    let unknown = queue(&stage, &["show", &Uuid::nil().to_string()]);
    assert_eq!(unknown.status.code(), Some(1));

    let worker = stage.worker(&[]);
    stage.until(one, "queued").await;
    let workers = json_of(&stage, &["workers"]);
    assert_eq!((workers.as_array().unwrap().len(), &workers[0]["draining"]), (1, &json!(false)));
    worker.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_before_it_was_shown() {
    let stage = Stage::set().await;
    let (one, two) = (order_lost(&stage, 5).await, order_lost(&stage, 5).await);
    let named = ["cancel", &one.to_string(), &Uuid::nil().to_string()];
    let shown = json_of(&stage, &named);
    assert_eq!(shown["done"], false);
    assert_eq!(
        (&shown["items"][0]["change"], &shown["items"][1]["change"]),
        (&json!("canceled"), &json!("unknown"))
    );
    let told = queue(&stage, &["cancel", "--lane", "fast"]);
    assert!(told.status.success(), "a preview is no failure");
    assert!(
        String::from_utf8_lossy(&told.stderr).contains("2 would be changed. Nothing was: --yes does it.")
    );
    assert_eq!(
        (stage.view(one).await["version"].clone(), stage.view(two).await["version"].clone()),
        (json!(1), json!(1))
    );

    let done = queue(&stage, &[&named[..], &["--yes"]].concat());
    assert_eq!(done.status.code(), Some(1), "one of those that were named is not there");
    assert_eq!(stage.view(one).await["status"], "canceled");
    assert_eq!(stage.view(two).await["status"], "queued");
    let again = json_of(&stage, &["cancel", &one.to_string(), "--yes"]);
    assert_eq!(again["items"][0]["change"], "ended");
    assert_eq!(json_of(&stage, &["cancel", "--lane", "fast", "--yes"])["items"].as_array().unwrap().len(), 1);
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.queue").await, 0);
    for (arguments, said) in [
        (&["cancel"][..], "required"),
        (&["cancel", "--lane", "express"], "possible values: fast, slow, quarantine"),
        (&["retry", "--since", "1h"], "--all-failed"),
        (&["redrive", "1", "--all"], "cannot be used with"),
    ] {
        let output = queue(&stage, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(said), "{arguments:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_being_done_is_canceled() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = Uuid::now_v7();
    stage.store.put("o/202601/frozen", photo().into(), "image/png").await.unwrap();
    stage.store_process.signal(Signal::STOP);
    stage.order_stored(task, "o/202601/frozen", &photo(), json!({}), 5).await;
    stage.until(task, "processing").await;
    assert_eq!(json_of(&stage, &["cancel", &task.to_string(), "--yes"])["items"][0]["change"], "canceled");
    stage.store_process.signal(Signal::CONT);
    let next = stage.order(&photo(), json!({})).await;
    stage.until(next, "done").await;
    let view = stage.view(task).await;
    assert_eq!((&view["status"], &view["version"]), (&json!("canceled"), &json!(3)));
    let links = format!("SELECT count(*) FROM imgfilter.link WHERE task_id = '{task}'");
    assert_eq!(stage.value::<i64>(&links).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_told_of_a_cancel_if_one_of_them_has_the_task() {
    let stage = Stage::set().await;
    let (client, mut connection) = tokio_postgres::connect(&stage.owner_url, NoTls).await.unwrap();
    let (told, mut heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message {
                told.send(notification.payload().to_owned()).unwrap();
            }
        }
    });
    client.batch_execute("LISTEN imgfilter").await.unwrap();
    let (waits, runs) = (order_lost(&stage, 5).await, order_lost(&stage, 5).await);
    let hold =
        "UPDATE imgfilter.queue SET worker_id = 1, lease_until = now() + interval '1 h' WHERE ref = $1";
    stage.sql.execute(hold, &[&runs]).await.unwrap();
    for (task, payload) in [(waits, "after the first"), (runs, "after the second")] {
        assert_eq!(ask(&client, "SELECT imgfilter.cancel($1)", task).await, "canceled");
        client.execute("SELECT pg_notify('imgfilter', $1)", &[&payload]).await.unwrap();
    }
    for payload in ["after the first", "cancel", "after the second"] {
        assert_eq!(heard.recv().await.unwrap(), payload);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_failed_is_done_after_all() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let tasks = [order_lost(&stage, 1).await, order_lost(&stage, 1).await];
    for task in tasks {
        stage.until(task, "failed").await;
    }
    assert_eq!(json_of(&stage, &["dead"]).as_array().unwrap().len(), 2);
    assert_eq!(json_of(&stage, &["dead", "--code", "other"]), json!([]));
    assert!(words_of(&stage, &["dead"]).contains("fast  internal_error: "));
    for task in tasks {
        stage.store.put(&format!("o/202601/{task}"), photo().into(), "image/png").await.unwrap();
    }
    let before = json_of(&stage, &["retry", "--all-failed", "--since", "1h"]);
    assert_eq!((&before["done"], before["items"].as_array().unwrap().len()), (&json!(false), 2));
    let retried = json_of(&stage, &["retry", &tasks[0].to_string(), "--yes"]);
    assert_eq!(retried, json!({"done": true, "items": [{"id": tasks[0], "change": "queued"}]}));
    stage.until(tasks[0], "done").await;
    assert_eq!(json_of(&stage, &["retry", &tasks[0].to_string()])["items"][0]["change"], "not_failed");

    let dead = json_of(&stage, &["dead"]);
    assert_eq!((dead.as_array().unwrap().len(), &dead[0]["task"]), (1, &json!(tasks[1])));
    assert_eq!(json_of(&stage, &["redrive", "--code", "other", "--yes"])["items"], json!([]));
    assert_eq!(json_of(&stage, &["redrive", "--all", "--yes"])["items"][0]["change"], "queued");
    stage.until(tasks[1], "done").await;
    assert_eq!(json_of(&stage, &["dead"]), json!([]));
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.link").await, 2, "each was done once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_told_to_drain() {
    let stage = Stage::set().await;
    let number: i32 = stage.value("SELECT imgfilter.worker_start('host', 1, 'test')").await;
    let shown = json_of(&stage, &["drain", &number.to_string(), "999"]);
    assert_eq!(
        (&shown["items"][0]["change"], &shown["items"][1]["change"]),
        (&json!("draining"), &json!("unknown"))
    );
    assert_eq!(json_of(&stage, &["workers"])[0]["draining"], false, "it was only shown");
    json_of(&stage, &["drain", "--all", "--yes"]);
    assert_eq!(json_of(&stage, &["workers"])[0]["draining"], true);
    let draining = format!("SELECT imgfilter.is_draining({number})");
    assert!(stage.value::<bool>(&draining).await);
}

/// A result and a cancel of the same task, each held up in its transaction while the other asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_done_or_canceled_but_never_both() {
    let stage = Stage::set().await;
    let worker: i32 = stage.value("SELECT imgfilter.worker_start('host', 1, 'test')").await;
    let claim = format!(
        "SELECT count(*) FROM imgfilter.claim({worker}, 'fast', 9, 900, 900, '1 min', NULL, '3 months')"
    );
    let complete = format!(
        "SELECT imgfilter.complete({worker}, q.id, q.lease, '[{{\"status\":\"failed\",\"error\":{{\"code\":\"x\",\"detail\":\"x\"}}}}]', \
                '3 months')::text FROM imgfilter.queue q WHERE q.ref = $1"
    );
    let cancel = "SELECT imgfilter.cancel($1)";
    for (first, second, ended, answer) in
        [(complete.as_str(), cancel, "failed", "ended"), (cancel, complete.as_str(), "canceled", "false")]
    {
        let task = order_lost(&stage, 5).await;
        assert_eq!(stage.value::<i64>(&claim).await, 1);
        let mut quick = connect(&stage.owner_url).await;
        let held_up = quick.transaction().await.unwrap();
        held_up.query_one(first, &[&task]).await.unwrap();
        let late = connect(&stage.owner_url).await;
        let commit = async {
            stage.until_true(WAITING).await;
            held_up.commit().await.unwrap();
        };
        let (said, ()) = tokio::join!(ask(&late, second, task), commit);
        assert_eq!(said, answer, "after {first}");
        assert_eq!(stage.view(task).await["status"], ended);
    }
}

/// A cleanup and a task that is put back, each held up in its transaction while the other asks.
#[tokio::test(flavor = "multi_thread")]
async fn an_original_is_erased_or_its_task_put_back_but_never_both() {
    let stage = Stage::set().await;
    let task = order_lost(&stage, 1).await;
    let fail = "SELECT fail_task($1, 'internal_error', 'x')";
    stage.sql.batch_execute("SET search_path = imgfilter").await.unwrap();
    stage.sql.execute(fail, &[&task]).await.unwrap();
    stage
        .sql
        .batch_execute(
            "DELETE FROM queue; UPDATE image SET created_at = now() - interval '1 h';
             UPDATE task SET finished_at = now() - interval '1 s'",
        )
        .await
        .unwrap();
    let clean = "SELECT count(*) FROM imgfilter.spent_originals('0', 9, '1 min')";
    let requeue = "SELECT imgfilter.requeue($1)";
    let mut other = connect(&stage.owner_url).await;

    // The operator was first: the cleanup passes over what he has locked.
    let operator = other.transaction().await.unwrap();
    assert_eq!(operator.query_one(requeue, &[&task]).await.unwrap().get::<_, String>(0), "queued");
    assert_eq!(stage.value::<i64>(clean).await, 0);
    operator.rollback().await.unwrap();

    // The cleanup was first: the operator waits for it, and is told.
    let cleanup = other.transaction().await.unwrap();
    assert_eq!(cleanup.query_one(clean, &[]).await.unwrap().get::<_, i64>(0), 1);
    let late = connect(&stage.owner_url).await;
    let commit = async {
        stage.until_true(WAITING).await;
        cleanup.commit().await.unwrap();
    };
    let (said, ()) = tokio::join!(ask(&late, requeue, task), commit);
    assert_eq!(said, "original_gone");
    assert_eq!(stage.view(task).await["status"], "failed");
}
