//! Nothing is kept for longer than it should be, and nothing is removed before.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::fake_store::FakeStore;
use crate::stage::process::command;
use crate::stage::{Stage, connect, photo};

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
    let refused = clean(&stage, &["--orphan-age", "59m", "--orphan-age-unsafe", "false"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("less than an hour"));
    assert!(clean(&stage, &["--orphan-age", "1h", "--orphan-age-unsafe", "false"]).status.success());
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
async fn an_original_that_is_used_again_stays() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    let first = done(&stage).await;
    stage.sql.batch_execute("UPDATE imgfilter.image SET created_at = now() - interval '3 h'").await.unwrap();
    stage.sql.batch_execute("UPDATE imgfilter.task SET finished_at = now() - interval '2 h'").await.unwrap();
    let life = ["--original-life", "1h"];
    assert_eq!(report(&stage, &[&["--dry-run"], &life[..]].concat())["originals"], 1, "it would go");

    let again = stage.order_again(first, json!({"filters": ["invert"]})).await.unwrap();
    assert_eq!(report(&stage, &life)["originals"], 0);
    assert_eq!(stage.until(again, "done").await["results"][0]["filters"], "invert");
    assert_eq!(report(&stage, &life)["originals"], 0, "its new task has just ended");
    worker.kill();
    stage.sql.batch_execute("UPDATE imgfilter.task SET finished_at = now() - interval '2 h'").await.unwrap();
    assert_eq!(report(&stage, &life)["originals"], 1);
    assert_eq!(stage.order_again(first, json!({})).await, Err("IF016".to_owned()));
}

/// Whether somebody waits for a lock.
const WAITING: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                       WHERE datname = current_database() AND wait_event_type = 'Lock')";

/// Holds a cleanup up after it has looked for spent originals, for as long as somebody has the lock 7.
const SLOW_LOOK: &str = "
    ALTER FUNCTION imgfilter.spent_images RENAME TO quick_look;
    CREATE FUNCTION imgfilter.spent_images(p_life interval) RETURNS SETOF imgfilter.image LANGUAGE plpgsql STABLE AS $$
    BEGIN
      RETURN QUERY SELECT * FROM imgfilter.quick_look(p_life);
      PERFORM pg_advisory_xact_lock(7);
    END $$";

/// Holds cleanups up after their objects are gone, until the lock 7 is let go.
const SLOW_REMOVAL: &str = "
    ALTER FUNCTION imgfilter.remove_links RENAME TO remove_at_once;
    CREATE FUNCTION imgfilter.remove_links(p uuid[]) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN PERFORM pg_advisory_xact_lock(7); RETURN imgfilter.remove_at_once(p); END $$;
    GRANT EXECUTE ON FUNCTION imgfilter.remove_links TO imgfilter_worker;
    SELECT pg_advisory_lock(7)";

/// A cleanup and an order for the same original, each held up in its transaction while the other asks.
#[tokio::test(flavor = "multi_thread")]
async fn an_original_is_erased_or_used_but_never_both() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    let first = done(&stage).await;
    worker.kill();
    let ask = "SELECT count(*) FROM imgfilter.spent_originals('0', 9, '1 min')";

    // The order was first: what it has locked is passed over, and what it has used is found.
    let mut other = connect(&stage.owner_url).await;
    let order = other.transaction().await.unwrap();
    let image = "SELECT image_id FROM imgfilter.task WHERE id = $1";
    let image: uuid::Uuid = order.query_one(image, &[&first]).await.unwrap().get(0);
    order.batch_execute("SET LOCAL search_path = imgfilter").await.unwrap();
    order.execute("SELECT use_image($1, NULL)", &[&image]).await.unwrap();
    assert_eq!(stage.value::<i64>(ask).await, 0);
    order.rollback().await.unwrap();

    // The order came while the cleanup was looking: after its first look, before its lock.
    stage.sql.batch_execute(SLOW_LOOK).await.unwrap();
    stage.sql.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let cleanup = connect(&stage.owner_url).await;
    let meanwhile = async {
        stage.until_true(WAITING).await;
        let task = stage.order_again(first, json!({})).await;
        stage.sql.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
        task
    };
    let (taken, task) = tokio::join!(cleanup.query_one(ask, &[]), meanwhile);
    assert!(task.is_ok(), "{task:?}");
    assert_eq!(taken.unwrap().get::<_, i64>(0), 0, "an original with an open task was leased");

    // The cleanup was first: the order waits for it, and is refused.
    stage.sql.batch_execute("DELETE FROM imgfilter.queue").await.unwrap();
    let end =
        "UPDATE imgfilter.task SET status = 'failed', queue_id = NULL, finished_at = now() - interval '1 s'
               WHERE finished_at IS NULL";
    stage.sql.batch_execute(end).await.unwrap();
    let cleanup = other.transaction().await.unwrap();
    assert_eq!(cleanup.query_one(ask, &[]).await.unwrap().get::<_, i64>(0), 1);
    let order = stage.order_again(first, json!({}));
    let commit = async {
        stage.until_true(WAITING).await;
        cleanup.commit().await.unwrap();
    };
    let (refused, ()) = tokio::join!(order, commit);
    assert_eq!(refused, Err("IF016".to_owned()));
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
    stage.sql.batch_execute(SLOW_REMOVAL).await.unwrap();
    let store = FakeStore::refusing("nothing");
    let begin = || {
        let mut settings = stage.settings();
        settings.push(("IMGFILTER_S3_ENDPOINT", store.url()));
        let arguments = ["cleanup", "--json", "--batch", "3", "--parallel", "1"];
        command(&arguments, &settings).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [begin(), begin()];
    let waiting = "SELECT count(*) = 2 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
    stage.until_true(waiting).await;
    stage.sql.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    let [mine, theirs] = both.map(|cleanup| {
        let said = cleanup.wait_with_output().unwrap().stdout;
        serde_json::from_slice::<Value>(&said).unwrap()["links"].as_u64().unwrap()
    });
    assert!(mine + theirs == 20 && mine >= 3 && theirs >= 3, "{mine} and {theirs}");
    let mut deleted = store.deleted();
    deleted.sort_unstable();
    deleted.dedup();
    assert_eq!((store.deleted().len(), deleted.len()), (20, 20), "none was deleted twice");
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

/// Half of the objects are refused: those of the second chain.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_refuses_to_delete_keeps_its_row() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    done(&stage).await;
    worker.kill();
    let expired = "UPDATE imgfilter.link SET expires_at = now(), \
                   object_key = object_key || CASE n WHEN 1 THEN '-stays' ELSE '' END";
    stage.sql.batch_execute(expired).await.unwrap();
    let store = FakeStore::refusing("-stays");
    let clean = || {
        let mut settings = stage.settings();
        settings.push(("IMGFILTER_S3_ENDPOINT", store.url()));
        let output = command(&["cleanup", "--json", "--lease", "1h"], &settings).output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap(), output.stderr)
    };
    let (code, report, log) = clean();
    assert_eq!((&report["links"], &report["refused"], &report["leased"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((code, &report["finished"]), (Some(4), &json!(true)));
    assert!(String::from_utf8_lossy(&log).contains("Not this one"), "the store's reason is told");
    let left: String = stage.value("SELECT string_agg(object_key, ' ') FROM imgfilter.link").await;
    assert!(left.ends_with("-stays") && !left.contains(' '), "{left}");
    let (code, report, _) = clean();
    assert_eq!(
        (code, &report["links"], &report["refused"]),
        (Some(0), &json!(0), &json!(0)),
        "not asked for again at once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_is_asked_for_fewer_at_once() {
    let stage = Stage::set().await;
    let erased = "INSERT INTO imgfilter.erased_object (object_key) SELECT 'r/202601/' || n FROM generate_series(1, 150) AS n";
    stage.sql.batch_execute(erased).await.unwrap();
    let store = FakeStore::taking(40);
    let mut settings = stage.settings();
    settings.push(("IMGFILTER_S3_ENDPOINT", store.url()));
    let output = command(&["cleanup", "--json"], &settings).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["erased"]), (Some(0), &json!(150)));
    assert!(String::from_utf8_lossy(&output.stderr).contains("asking for half as many"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_is_asked_to() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    done(&stage).await;
    worker.kill();
    stage.sql.batch_execute("UPDATE imgfilter.link SET expires_at = now()").await.unwrap();
    stage.sql.batch_execute(SLOW_REMOVAL).await.unwrap();
    let arguments = ["cleanup", "--json", "--batch", "1", "--parallel", "1"];
    let mut cleanup =
        command(&arguments, &stage.settings()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    stage.until_true(WAITING).await;
    let pid = rustix::process::Pid::from_child(&cleanup);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    // Heard before the batch goes on: the process reads its signals all the time.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    stage.sql.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    let code = cleanup.wait().unwrap().code();
    let report: Value = serde_json::from_reader(cleanup.stdout.take().unwrap()).unwrap();
    assert_eq!((code, &report["links"], &report["finished"]), (Some(3), &json!(1), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_in_pieces_go_when_nobody_went_on_with_them() {
    let stage = Stage::set().await;
    let uploads = stage.folder.path().join("spool/uploads");
    std::fs::create_dir_all(&uploads).unwrap();
    std::fs::write(uploads.join("0123.info"), "{}").unwrap();
    std::fs::write(uploads.join("0123"), "half of it").unwrap();
    assert_eq!(report(&stage, &[])["uploads"], 0);
    assert_eq!(report(&stage, &["--upload-life", "0", "--dry-run"])["uploads"], 2);
    assert_eq!(report(&stage, &["--upload-life", "0"])["uploads"], 2);
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0);
}

fn set_up(stage: &Stage, endpoint: Option<String>, arguments: &[&str]) -> Output {
    let mut settings = stage.settings();
    settings.extend(endpoint.map(|url| ("IMGFILTER_S3_ENDPOINT", url)));
    command(&[&["store", "setup"], arguments].concat(), &settings).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_told_to_delete_what_nobody_came_for() {
    let stage = Stage::set().await;
    let store = FakeStore::refusing("nothing");
    let output = set_up(&stage, Some(store.url()), &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("when they are 400 days old") && said.contains("1 uploads in parts"), "{said}");
    let rules = store.lifecycle();
    for part in ["<Prefix>o/</Prefix>", "<Prefix>r/</Prefix>", "<Days>400</Days>", "<ID>theirs</ID>"] {
        assert!(rules.contains(part), "{part} is not in {rules}");
    }
    let originals = rules.split("<Rule>").find(|rule| rule.contains("<Prefix>o/</Prefix>")).unwrap();
    assert!(!originals.contains("<Expiration>"), "an original that is used again lives on: {originals}");
    assert!(originals.contains("<AbortIncompleteMultipartUpload>"), "{originals}");
    assert!(!rules.contains("<ID>imgfilter-old</ID>"), "a rule of ours that is no more");
    let refused = set_up(&stage, Some(store.url()), &["--days", "360"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--days must be more"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_has_no_rules_is_told_of() {
    let stage = Stage::set().await;
    let output = set_up(&stage, None, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no lifecycle rules"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_daemon_cleans_at_a_time() {
    let stage = Stage::set().await;
    stage.sql.batch_execute("SELECT pg_advisory_lock(hashtext('imgfilter.cleanup'))").await.unwrap();
    let settings = [
        ("IMGFILTER_CLEANUP_EVERY", "200ms"),
        ("IMGFILTER_ORPHAN_AGE", "0"),
        ("RUST_LOG", "imgfilter=debug"),
    ];
    let worker = stage.worker(&settings);
    stage.store.put("r/202601/lost/0-1.png", photo().into(), "image/png").await.unwrap();
    worker.says("another worker is cleaning");
    assert_eq!(stage.objects().await.len(), 1);
    stage.sql.batch_execute("SELECT pg_advisory_unlock(hashtext('imgfilter.cleanup'))").await.unwrap();
    worker.says("cleaned: 0 links, 0 originals, 0 erased objects, 1 orphaned objects");
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
