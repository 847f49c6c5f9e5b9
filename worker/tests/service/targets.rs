//! Owners' targets change while tasks end and two senders tell of them: nobody waits for ever, and nothing is left over.

use std::time::Duration;

use imgfilter::db::Db;
use imgfilter::db::deliveries::{Attempt, Verdict};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::stage::{Stage, connect};

const LEASE: Duration = Duration::from_secs(60);

/// Webhooks at these hosts, each wanting to hear of all ends.
fn webhooks(hosts: &[&str]) -> Value {
    hosts
        .iter()
        .map(|host| {
            json!({"channel": "webhook", "address": format!("https://{host}"), "events": ["task.done", "task.failed"]})
        })
        .collect()
}

async fn set(sql: &Client, targets: Value) -> Value {
    sql.query_one("SELECT imgfilter.set_notifications('acme', $1, '{}')", &[&targets]).await.unwrap().get(0)
}

/// Orders tasks of an owner.
async fn order(sql: &Client, count: i32) {
    let order = "SELECT imgfilter.submit_task(jsonb_build_object(
                   'task', gen_random_uuid(), 'owner', 'acme', 'lane', 'fast', 'spec', '{\"filters\": [\"\"]}'::jsonb,
                   'image', jsonb_build_object(
                     'id', gen_random_uuid(), 'sha256', repeat('ab', 32), 'format', 'png', 'width', 8, 'height', 6, 'frames', 1,
                     'bytes', 9, 'object_key', gen_random_uuid(), 'filename', '')))
                   FROM generate_series(1, $1::integer)";
    sql.query(order, &[&count]).await.unwrap();
}

/// Ends all tasks that wait: they have failed, which is told like success and has no links.
async fn end(sql: &Client, worker: i32) {
    let end =
        "SELECT imgfilter.complete_many(array_agg($1::integer), array_agg(queue_id), array_agg(lease),
                 array_agg('[{\"status\": \"failed\", \"error\": {\"code\": \"c\", \"detail\": \"d\"}}]'::jsonb), '3 months')
               FROM imgfilter.claim($1, 'fast', 1000, 1000000, 1000000, '1 min', NULL, '3 months')";
    sql.query(end, &[&worker]).await.unwrap();
}

/// Claims what is due and ends each try in another way, the target's own end among them.
async fn tell(db: &Db, worker: i32, verdicts: &[Verdict]) -> usize {
    let claimed = db.claim_deliveries(worker, "webhook", 10, LEASE).await.unwrap().deliveries;
    for (delivery, verdict) in claimed.iter().zip(verdicts.iter().cycle()) {
        let (took, detail) = (Duration::from_millis(1), String::new());
        let attempt = Attempt { verdict: *verdict, status: None, took, detail, reply: Vec::new() };
        db.finish_delivery(delivery.held, &attempt, Duration::ZERO).await.unwrap();
    }
    claimed.len()
}

async fn nothing_waits(stage: &Stage) {
    let waits = "SELECT (SELECT count(*) FROM imgfilter.delivery WHERE queue_id IS NOT NULL)
                      + (SELECT count(*) FROM imgfilter.queue)";
    assert_eq!(stage.value::<i64>(waits).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_behind_much_that_is_told_to_nobody_is_looked_for_at_once() {
    let stage = Stage::set().await;
    let db = stage.db();
    let worker = db.worker_start("host", 1, "test", None).await.unwrap();
    stage.sql.batch_execute("SET search_path = imgfilter").await.unwrap();
    let enqueue =
        "SELECT enqueue_delivery(NULL, 'webhook', 'task.done', 'https://' || n, 'acme', gen_random_uuid())
                     FROM generate_series(1, 1001) AS n";
    stage.sql.query(enqueue, &[]).await.unwrap();
    let claimed = db.claim_deliveries(worker, "webhook", 1000, LEASE).await.unwrap();
    assert!(claimed.deliveries.is_empty() && claimed.more, "there is one more");
    let claimed = db.claim_deliveries(worker, "webhook", 1000, LEASE).await.unwrap();
    assert!(claimed.deliveries.is_empty() && !claimed.more);
    nothing_waits(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_change_while_tasks_end_and_are_told() {
    use Verdict::{Delivered, Gone, Retry, Unknown};
    let stage = Stage::set().await;
    let (owner, ender) = (connect(&stage.owner_url).await, connect(&stage.owner_url).await);
    let (first, second) = (stage.db(), stage.db());
    let worker = first.worker_start("test", 1, "test", None).await.unwrap();
    let other = second.worker_start("test", 2, "test", None).await.unwrap();
    for _ in 0..12 {
        set(&owner, webhooks(&["a", "b", "c"])).await;
        order(&stage.sql, 30).await;
        end(&ender, worker).await;
        order(&stage.sql, 30).await;
        tokio::join!(
            async {
                for hosts in [&["b", "c"][..], &["a", "d"], &[], &["a", "b"], &["c"]] {
                    set(&owner, webhooks(hosts)).await;
                }
            },
            end(&ender, worker),
            async { while tell(&first, worker, &[Delivered, Retry, Delivered, Gone]).await > 0 {} },
            async { while tell(&second, other, &[Retry, Delivered, Unknown, Delivered]).await > 0 {} },
        );
    }
    while tell(&first, worker, &[Delivered]).await > 0 {}
    nothing_waits(&stage).await;
    let told = "SELECT count(*) > 0 AND bool_and(status = 'delivered') FROM imgfilter.delivery d
                 WHERE EXISTS (SELECT FROM imgfilter.attempt a WHERE a.delivery_id = d.id AND a.outcome = 'delivered')";
    assert!(stage.value::<bool>(told).await, "what was delivered is known to be");
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_of_an_owner_that_are_gone_at_once_are_all_disabled() {
    let stage = Stage::set().await;
    let (first, second) = (stage.db(), stage.db());
    let worker = first.worker_start("test", 1, "test", None).await.unwrap();
    let other = second.worker_start("test", 2, "test", None).await.unwrap();
    set(&stage.sql, webhooks(&["a", "b", "c", "d", "e", "f"])).await;
    order(&stage.sql, 20).await;
    end(&stage.sql, worker).await;
    tokio::join!(async { while tell(&first, worker, &[Verdict::Gone]).await > 0 {} }, async {
        while tell(&second, other, &[Verdict::Gone]).await > 0 {}
    },);
    while tell(&first, worker, &[Verdict::Gone]).await > 0 {}
    nothing_waits(&stage).await;
    let disabled =
        "SELECT bool_and(status = 'disabled' AND reason = 'gone') AND count(*) = 6 FROM imgfilter.target";
    assert!(stage.value::<bool>(disabled).await);
    let dead = "SELECT count(*) FROM imgfilter.dead";
    assert_eq!(stage.value::<i64>(dead).await, 0, "it is an answer");
    let notices =
        "SELECT count(*) <= 6 * 5 AND count(*) > 0 FROM imgfilter.delivery WHERE event = 'target.disabled'";
    assert!(stage.value::<bool>(notices).await, "whoever was left was told, once of each");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_are_asked_for_a_list_at_once_make_one() {
    let stage = Stage::set().await;
    let others = [connect(&stage.owner_url).await, connect(&stage.owner_url).await];
    for _ in 0..10 {
        let targets = webhooks(&["a", "b", "c"]);
        let (one, two) = tokio::join!(set(&others[0], targets.clone()), set(&others[1], targets));
        assert_eq!(one, two);
        set(&stage.sql, json!([])).await;
    }
}
