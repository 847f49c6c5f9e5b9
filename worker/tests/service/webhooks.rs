//! Telling by webhook.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::stage::receiver::{Hook, Received};
use crate::stage::{Stage, WEBHOOK_SECRET, photo};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_task_is_told_signed_and_told_again() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["500 No", "200 OK"]);
    let _worker = stage.worker(&[]);
    let task = stage.order(&photo(), json!({"webhook": hook.url()})).await;
    let view = stage.until(task, "done").await;

    let first = hook.next(SOON);
    let second = hook.next(SOON);
    for request in [&first, &second] {
        assert_eq!(request.request_line, "POST /hook HTTP/1.1");
        assert_eq!(request.header("content-type"), "application/json");
        assert_signed(request);
    }
    assert_eq!(first.body, second.body, "the same bytes");
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"), "under the same id");
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"), "at another time");

    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["id"]), (&json!("task.done"), &json!(task)));
    assert_eq!(body["data"]["status_url"], format!("https://img.example/tasks/{task}"));
    assert_eq!(body["data"]["version"], view["version"]);
    assert!(body["data"]["results"][0]["url"].as_str().unwrap().starts_with("https://img.example/d/"));
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));

    stage.until_true("SELECT status = 'delivered' AND queue_id IS NULL FROM imgfilter.delivery").await;
    let attempts = "SELECT array_agg(status::integer ORDER BY at) = '{500,200}' AND bool_and(reply = 'hello') \
                    FROM imgfilter.attempt";
    assert!(stage.value::<bool>(attempts).await);
    hook.stays_silent(Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_and_gone_means_gone() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["410 Gone"]);
    let _worker = stage.worker(&[]);
    let task = stage.order(b"no image", json!({"webhook": hook.url()})).await;
    stage.until(task, "failed").await;
    let body: Value = serde_json::from_slice(&hook.next(SOON).body).unwrap();
    assert_eq!(body["type"], "task.failed");
    assert_eq!(body["data"]["results"][0]["error"]["code"], "not_an_image");
    stage.until_true("SELECT status = 'failed' FROM imgfilter.delivery").await;
    hook.stays_silent(Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_told_before_a_kill_is_told_after() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["200 OK"]);
    let mute = stage.worker(&[("IMGFILTER_WEBHOOK_SECRET", "")]);
    let task = stage.order(&photo(), json!({"webhook": hook.url()})).await;
    stage.until(task, "done").await;
    mute.kill();
    let _worker = stage.worker(&[]);
    assert_signed(&hook.next(SOON));
}

/// Verifies as a receiver would: written from the specification, not with the sender's code.
fn assert_signed(request: &Received) {
    let key = STANDARD.decode(WEBHOOK_SECRET.trim_start_matches("whsec_")).unwrap();
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    assert!(id.starts_with("msg_") && !id.contains('.'), "{id}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(timestamp.parse().unwrap()) < 60, "{timestamp}");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    let (version, tag) = request.header("webhook-signature").split_once(',').unwrap();
    assert_eq!(version, "v1");
    mac.verify_slice(&STANDARD.decode(tag).unwrap()).unwrap();
}
