//! What is erased goes from the store, too: at once, also when a worker has it or is away.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::full_store::FullStore;
use crate::stage::process::command;
use crate::stage::{Stage, connect, photo};

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
    let target = json!([{"channel": "email", "address": "ann@example.com", "events": []}]);
    stage.sql.query("SELECT imgfilter.set_notifications('acme', $1, '{}')", &[&target]).await.unwrap();
    let erase = |arguments: &[&str]| erase_as_operator(&stage, arguments);

    let foreseen = told(&erase(&["--owner", "acme"]));
    let counted = json!({"done": false, "tasks": 2, "originals": 2, "results": 4, "links": 4, "targets": 1, "objects": 0,
                         "refused": 0, "left": 0});
    assert_eq!(foreseen, counted);
    assert_eq!(stage.objects().await.len(), 9);
    let done = told(&erase(&["--owner", "acme", "--yes"]));
    assert_eq!((&done["done"], &done["tasks"], &done["links"]), (&json!(true), &json!(2), &json!(4)));
    assert_eq!((&done["left"], &done["targets"]), (&json!(0), &json!(1)), "also of what the worker deletes");
    let told_of =
        "SELECT (SELECT count(*) FROM imgfilter.target) + (SELECT count(*) FROM imgfilter.delivery)";
    assert_eq!(stage.value::<i64>(told_of).await, 0, "nothing says where the owner was told");
    assert_eq!(stage.objects().await.len(), 3, "what is another's stays");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.task").await, 1);

    let unknown = erase(&["--task", &tasks[1].to_string(), "--yes"]);
    assert_eq!((unknown.status.code(), &told(&unknown)["tasks"]), (Some(1), &json!(0)));
    let last = erase(&["--task", &tasks[0].to_string(), "--yes"]);
    assert_eq!(last.status.code(), Some(0));
    assert!(stage.objects().await.is_empty());
}

/// `imgfilter erase`.
fn erase_as_operator(stage: &Stage, arguments: &[&str]) -> Output {
    let mut settings = stage.settings();
    settings.push(("IMGFILTER_MIGRATE_DATABASE_URL", stage.owner_url.clone()));
    command(&[&["erase", "--json"], arguments].concat(), &settings).output().unwrap()
}

fn told(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"))
}

/// A task of acme's, which waits.
async fn order_of_acme(stage: &Stage) -> Uuid {
    let task = stage.order(&photo(), json!({})).await;
    stage.sql.execute("UPDATE imgfilter.task SET owner = 'acme' WHERE id = $1", &[&task]).await.unwrap();
    task
}

/// What is erased is at once leased to somebody who never deletes it.
async fn lease_to_the_dead(stage: &Stage, lease: &str) {
    let sql = format!(
        "CREATE FUNCTION public.leased() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.deleting_until := clock_timestamp() + interval '{lease}'; RETURN NEW; END $$;
         CREATE TRIGGER leased BEFORE INSERT ON imgfilter.erased_object FOR EACH ROW EXECUTE FUNCTION public.leased()"
    );
    stage.sql.batch_execute(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_has_begun_to_delete_is_waited_for() {
    let stage = Stage::set().await;
    order_of_acme(&stage).await;
    lease_to_the_dead(&stage, "2 s").await;
    let done = erase_as_operator(&stage, &["--owner", "acme", "--yes"]);
    assert_eq!(
        (done.status.code(), &told(&done)["left"], &told(&done)["objects"]),
        (Some(0), &json!(0), &json!(1))
    );
    assert!(stage.objects().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_in_the_store_is_told() {
    let stage = Stage::set().await;
    order_of_acme(&stage).await;
    lease_to_the_dead(&stage, "1 h").await;
    let done = erase_as_operator(&stage, &["--owner", "acme", "--yes", "--wait", "1s"]);
    assert_eq!(
        (done.status.code(), &told(&done)["left"], &told(&done)["refused"]),
        (Some(4), &json!(1), &json!(0))
    );
    assert_eq!(stage.objects().await.len(), 1);
}

/// Two that are ordered while the first is erased.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_meanwhile_is_erased_too() {
    let stage = Stage::set().await;
    order_of_acme(&stage).await;
    let template = stage.request(Uuid::nil(), "o/202601/more", &photo(), &json!({}), 5);
    let sql = format!(
        "CREATE SEQUENCE public.more;
         CREATE FUNCTION public.order_more() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF nextval('public.more') <= 2 THEN
             PERFORM imgfilter.submit_task('{template}'::jsonb || jsonb_build_object(
               'task', gen_random_uuid(), 'owner', 'acme', 'image', '{template}'::jsonb -> 'image' || jsonb_build_object(
                 'id', gen_random_uuid(), 'object_key', 'o/202601/' || gen_random_uuid())));
           END IF;
           RETURN NULL;
         END $$;
         CREATE TRIGGER order_more AFTER INSERT ON imgfilter.erased_task FOR EACH ROW EXECUTE FUNCTION public.order_more()"
    );
    stage.sql.batch_execute(&sql).await.unwrap();
    let done = erase_as_operator(&stage, &["--owner", "acme", "--yes"]);
    assert_eq!((done.status.code(), &told(&done)["tasks"]), (Some(0), &json!(3)));
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.task").await, 0);
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.image").await, 0);
}

/// A worker that ends two tasks at once locks their rows in the queue in the order in which they came, which need not be
/// that of the tasks' ids.
#[tokio::test(flavor = "multi_thread")]
async fn erasing_many_does_not_stand_in_the_way_of_workers() {
    let stage = Stage::set().await;
    let [low, high] = [1, 2].map(|n| Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n));
    for task in [high, low] {
        stage.order_stored(task, &format!("o/202601/{task}"), &photo(), json!({}), 5).await;
    }
    let row = "SELECT queue_id FROM imgfilter.task WHERE id = $1";
    let first: i64 = stage.sql.query_one(row, &[&high]).await.unwrap().get(0);
    let second: i64 = stage.sql.query_one(row, &[&low]).await.unwrap().get(0);
    let mut worker = connect(&stage.owner_url).await;
    let ending = worker.transaction().await.unwrap();
    let lock = "SELECT FROM imgfilter.queue WHERE id = $1 FOR UPDATE";
    ending.execute(lock, &[&first]).await.unwrap();
    let erasing = tokio::task::spawn_blocking({
        let mut settings = stage.settings();
        settings.push(("IMGFILTER_MIGRATE_DATABASE_URL", stage.owner_url.clone()));
        let tasks = [low.to_string(), high.to_string()];
        move || {
            let arguments = ["erase", "--json", "--yes", "--task", &tasks[0], "--task", &tasks[1]];
            command(&arguments, &settings).output().unwrap()
        }
    });
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                   WHERE datname = current_database() AND wait_event_type = 'Lock')";
    stage.until_true(waiting).await;
    ending.execute(lock, &[&second]).await.unwrap();
    ending.commit().await.unwrap();
    assert_eq!(told(&erasing.await.unwrap())["tasks"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_let_go_tries_again() {
    let stage = Stage::set().await;
    order_of_acme(&stage).await;
    let sql = "CREATE SEQUENCE public.tries;
               CREATE FUNCTION public.in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN
                 IF nextval('public.tries') <= 2 THEN RAISE deadlock_detected; END IF;
                 RETURN NULL;
               END $$;
               CREATE TRIGGER in_the_way AFTER INSERT ON imgfilter.erased_task FOR EACH ROW EXECUTE FUNCTION public.in_the_way()";
    stage.sql.batch_execute(sql).await.unwrap();
    let done = erase_as_operator(&stage, &["--owner", "acme", "--yes"]);
    assert_eq!((done.status.code(), &told(&done)["tasks"]), (Some(0), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_result_goes_when_the_second_cannot_be_stored() {
    let stage = Stage::set().await;
    let task = stage.order(&photo(), json!({"filters": ["", "invert"]})).await;
    let original = stage.objects().await;
    stage.sql.batch_execute("UPDATE imgfilter.queue SET max_attempts = 1").await.unwrap();
    let store = FullStore::before(&stage.store_address, 1);
    let worker = stage.worker(&[("IMGFILTER_S3_ENDPOINT", &store.url())]);
    stage.until(task, "failed").await;
    worker.says("deleted results that nobody wants any more");
    assert_eq!(stage.objects().await, original, "of the results nothing is left");
}
