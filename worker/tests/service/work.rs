//! The way of a task when all goes well, and of those whose image is no good.

use std::collections::HashSet;

use imgfilter_api::link::LinkKeys;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{LINK_KEYS, Stage, photo};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_becomes_links() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task =
        stage.order(&photo(), json!({"filters": ["grayscale", ""], "format": "jpeg", "quality": 90})).await;

    let view = stage.until(task, "done").await;
    assert_eq!(view["version"], 3, "queued, processing, done");
    assert_eq!(view["results"].as_array().unwrap().len(), 2);
    let mut keys = HashSet::new();
    for result in view["results"].as_array().unwrap() {
        assert_eq!((&result["status"], &result["format"]), (&json!("done"), &json!("jpeg")));
        assert_eq!((&result["width"], &result["height"]), (&json!(8), &json!(6)));
        assert_eq!(result["filename"], "my photo.jpg");
        let link: Value = link_view(&stage, result["link"].as_str().unwrap()).await;
        let key = link["object_key"].as_str().unwrap();
        let month = result["expires_at"].as_str().unwrap()[..7].replace('-', "");
        let own =
            key.strip_prefix(&format!("r/{month}/")).and_then(|rest| rest.strip_suffix(".jpg")).unwrap();
        assert_eq!(
            Uuid::parse_str(own).unwrap().get_version_num(),
            7,
            "an id of its own, which begins with its time"
        );
        let task = task.simple().to_string();
        assert!(
            !key.replace('-', "").contains(&task[12..]),
            "nothing of the task is in {key}, which redirects show"
        );
        assert!(keys.insert(key.to_owned()), "each result has a key of its own");
        let mut bytes = Vec::new();
        stage.store.read_into(&mut bytes, key, link["bytes"].as_u64().unwrap()).await.unwrap();
        assert_eq!(&bytes[..3], b"\xff\xd8\xff", "a JPEG");
        assert_eq!(link["gone"], false);
        assert!(link["seconds"].as_i64().unwrap() > 88 * 86_400, "the shortest three months have 89 days");
    }
    let calendar = "SELECT bool_and(expires_at AT TIME ZONE 'UTC' = (created_at AT TIME ZONE 'UTC') + interval '3 months') \
                    FROM imgfilter.link";
    assert!(
        stage.value::<bool>(calendar).await,
        "three months of the calendar, whatever the session's time zone"
    );
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.queue").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_life_is_respected() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = stage.order(&photo(), json!({"expires_in": 90})).await;
    stage.until(task, "done").await;
    let seconds = "SELECT extract(epoch FROM expires_at - created_at)::float8 FROM imgfilter.link";
    assert_eq!(stage.value::<f64>(seconds).await, 90.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_image_fails_at_once_and_for_good() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let whole = photo();
    let task = stage.order(&whole[..whole.len() / 2], json!({"filters": ["", "grayscale"]})).await;
    let view = stage.until(task, "failed").await;
    for result in view["results"].as_array().unwrap() {
        assert_eq!((&result["status"], &result["error"]["code"]), (&json!("failed"), &json!("broken_image")));
        assert!(!result["error"]["detail"].as_str().unwrap().is_empty());
    }
    assert_eq!(view["version"], 3, "one try");
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.dead").await, 0, "an answer, not a defeat");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_chain_leaves_the_others_their_links() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = stage
        .order(&photo(), json!({"filters": ["crop(x=100, y=100, width=5, height=5)", "grayscale"]}))
        .await;
    let view = stage.until(task, "failed").await;
    assert_eq!(view["results"][0]["error"]["code"], "impossible_chain");
    assert_eq!(view["results"][1]["status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_are_each_done_once() {
    let stage = Stage::set().await;
    let (_one, _two) = (stage.worker(&[]), stage.worker(&[]));
    let mut tasks = Vec::new();
    for _ in 0..40 {
        tasks.push(stage.order(&photo(), json!({})).await);
    }
    for task in tasks {
        assert_eq!(stage.until(task, "done").await["version"], 3);
    }
    let once = "SELECT count(*) = 40 AND count(DISTINCT task_id) = 40 FROM imgfilter.link";
    assert!(stage.value::<bool>(once).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_signed_for_the_edge() {
    let stage = Stage::set().await;
    let _worker = stage.worker(&[]);
    let task = stage.order(&photo(), json!({})).await;
    let view = stage.until(task, "done").await;
    let keys = LinkKeys::parse(LINK_KEYS).unwrap();
    let public = imgfilter_api::task::render(
        serde_json::from_value(view.clone()).unwrap(),
        "https://img.example",
        &keys,
    );
    let url = serde_json::to_value(public).unwrap()["results"][0]["url"].as_str().unwrap().to_owned();
    let token = url.trim_start_matches("https://img.example/d/").split('/').next().unwrap().to_owned();
    assert_eq!(keys.verify(&token).unwrap().to_string(), view["results"][0]["link"]);
}

async fn link_view(stage: &Stage, link: &str) -> Value {
    stage.value(&format!("SELECT imgfilter.link_view('{link}')")).await
}
