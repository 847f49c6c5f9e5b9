//! Nothing is kept for longer than it should be, and nothing is removed before.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::process::command;
use crate::stage::{Stage, photo};

fn clean(stage: &Stage, arguments: &[&str]) -> Output {
    let arguments = [&["cleanup"], arguments].concat();
    command(&arguments, &stage.settings()).output().unwrap()
}

fn report(stage: &Stage, arguments: &[&str]) -> Value {
    let output = clean(stage, &[&["--json"], arguments].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"))
}

async fn done(stage: &Stage) -> uuid::Uuid {
    let task = stage.order(&photo(), json!({"filters": ["", "grayscale"]})).await;
    stage.until(task, "done").await;
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_links_go_with_their_objects() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let (old, young) = (done(&stage).await, done(&stage).await);
    assert_eq!(stage.objects().await.len(), 6, "two originals, four results");
    assert_eq!(report(&stage, &[])["links"], 0);
    let expire = "UPDATE imgfilter.link SET expires_at = now() WHERE task_id = $1";
    stage.sql.execute(expire, &[&old]).await.unwrap();
    stage.sql.execute("UPDATE imgfilter.task SET expires_at = now() WHERE id = $1", &[&old]).await.unwrap();
    let before = stage.view(old).await;
    assert_eq!((&before["status"], &before["results"][0]["status"]), (&json!("expired"), &json!("expired")));

    assert_eq!(report(&stage, &["--dry-run"])["links"], 2);
    assert_eq!(stage.objects().await.len(), 6, "a dry run touches nothing");
    let cleaned = report(&stage, &["--batch", "1"]);
    assert_eq!(
        (&cleaned["links"], &cleaned["orphans"], &cleaned["finished"]),
        (&json!(2), &json!(0), &json!(true))
    );
    let objects = stage.objects().await;
    assert_eq!(objects.len(), 4);
    assert!(!objects.iter().any(|key| key.contains(&old.to_string())));
    let left: i64 = stage.value("SELECT count(*) FROM imgfilter.link").await;
    assert_eq!((left, stage.view(old).await), (2, before), "shown as before, now written down");
    assert_eq!(stage.view(young).await["status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_go_when_they_are_old() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = done(&stage).await;
    for key in ["o/202601/lost", "r/202601/lost/0-1.png", "elsewhere/kept"] {
        stage.store.put(key, photo().into(), "image/png").await.unwrap();
    }
    assert_eq!(report(&stage, &[])["orphans"], 0, "they are young");
    assert_eq!(report(&stage, &["--orphan-age", "0", "--dry-run"])["orphans"], 2);
    assert_eq!(report(&stage, &["--orphan-age", "0"])["orphans"], 2);
    let objects = stage.objects().await;
    assert_eq!(objects.len(), 4, "{objects:?}");
    assert!(objects.contains(&"elsewhere/kept".to_owned()));
    assert_eq!(stage.view(task).await["status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_go_when_their_last_task_has_ended() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    done(&stage).await;
    worker.kill();
    stage.order(&photo(), json!({})).await;
    assert_eq!(report(&stage, &[])["originals"], 0, "too soon");
    let cleaned = report(&stage, &["--original-life", "0"]);
    assert_eq!(
        (&cleaned["originals"], &cleaned["orphans"]),
        (&json!(1), &json!(0)),
        "the other waits for its task"
    );
    let originals = stage.objects().await.into_iter().filter(|key| key.starts_with("o/")).count();
    assert_eq!(originals, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_last() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    done(&stage).await;
    assert_eq!(report(&stage, &["--task-life", "0", "--original-life", "0"])["rows"], 0, "its links live");
    stage.sql.batch_execute("UPDATE imgfilter.link SET expires_at = now()").await.unwrap();
    stage.sql.batch_execute("UPDATE imgfilter.task SET expires_at = now()").await.unwrap();
    let cleaned = report(&stage, &["--task-life", "0", "--original-life", "0"]);
    assert_eq!((&cleaned["links"], &cleaned["rows"]), (&json!(2), &json!(2)), "a task and its image");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.task").await, 0);
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.image").await, 0);
    assert!(stage.objects().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cleanups_share_the_work() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    for _ in 0..10 {
        done(&stage).await;
    }
    stage.sql.batch_execute("UPDATE imgfilter.link SET expires_at = now()").await.unwrap();
    let arguments = ["cleanup", "--json", "--batch", "3"];
    let mut other =
        command(&arguments, &stage.settings()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mine = report(&stage, &["--batch", "3"]);
    other.wait().unwrap();
    let theirs: Value = serde_json::from_reader(other.stdout.take().unwrap()).unwrap();
    assert_eq!(mine["links"].as_u64().unwrap() + theirs["links"].as_u64().unwrap(), 20);
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.link").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_it_could_not() {
    let mut stage = Stage::set().await;
    stage.store_process.signal(rustix::process::Signal::KILL);
    stage.store_process.ended();
    let output = clean(&stage, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the object store failed"));
    stage.restart_store();
    let output = clean(&stage, &["--max-seconds", "0"]);
    assert_eq!(output.status.code(), Some(3), "the time was up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_cleans_by_itself() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[("IMGFILTER_CLEANUP_EVERY", "500ms"), ("IMGFILTER_ORPHAN_AGE", "0")]);
    stage.store.put("r/202601/lost/0-1.png", photo().into(), "image/png").await.unwrap();
    for _ in 0..100 {
        if stage.objects().await.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the orphan is still there");
}
