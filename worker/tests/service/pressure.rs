//! Workers tell how much waits, by turns.

use rustix::process::Signal;
use serde_json::json;

use crate::stage::{Stage, photo};

#[tokio::test(flavor = "multi_thread")]
async fn workers_publish_the_state_of_the_queue_by_turns() {
    let stage = Stage::set().await;
    stage
        .sql
        .batch_execute(
            "CREATE TABLE told (at timestamptz);
             CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN INSERT INTO public.told VALUES (NEW.published_at); RETURN NULL; END $$;
             CREATE TRIGGER told AFTER UPDATE ON imgfilter.queue_state FOR EACH ROW EXECUTE FUNCTION tell()",
        )
        .await
        .unwrap();
    let first = stage.worker(&[]);
    let _others = [stage.worker(&[]), stage.worker(&[])];
    stage.until_true("SELECT count(*) > 3 FROM told").await;
    // whoever does it may die at any time
    first.kill();
    stage.until_true("SELECT count(*) > 7 FROM told").await;
    let crowded = "SELECT count(*) FROM (SELECT at - lag(at) OVER (ORDER BY at) AS since FROM told) AS s
                   WHERE since < interval '700 milliseconds'";
    assert_eq!(stage.value::<i64>(crowded).await, 0, "three workers do not count three times as often");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_what_waits() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    stage.store_process.signal(Signal::STOP);
    // more than it has slots for, so that some of them wait
    for n in 0..20 {
        let key = format!("o/202601/{n}");
        stage.order_stored(uuid::Uuid::now_v7(), &key, &photo(), json!({}), 1).await;
    }
    let waiting = "(SELECT count(*) FROM imgfilter.queue WHERE worker_id IS NULL)";
    let as_it_is = format!(
        "SELECT fast_waiting BETWEEN 10 AND 20 AND fast_waiting = {waiting} AND fast_oldest IS NOT NULL
           FROM imgfilter.queue_state"
    );
    stage.until_true(&as_it_is).await;
    worker.kill();
    let stale = "SELECT published_at < now() - imgfilter.queue_state_life() AND fast_waiting > 0 FROM imgfilter.queue_state";
    stage.until_true(stale).await;
    stage.sql.batch_execute("DELETE FROM imgfilter.queue").await.unwrap();
    let told = "SELECT (imgfilter.queue_pressure(1000) -> 'waiting')::bigint";
    assert_eq!(stage.value::<i64>(told).await, 0, "without a worker whoever asks counts");
    let _next = stage.worker(&[]);
    stage.until_true("SELECT fast_waiting = 0 AND fast_oldest IS NULL FROM imgfilter.queue_state").await;
}
