//! API keys on the command line.

use imgfilter::db::migrate;
use serde_json::{Value, json};

use crate::stage::cluster::Cluster;
use crate::stage::connect;
use crate::stage::process::command;

/// Runs `imgfilter key …` on a database: what it said, or that it failed and why.
fn run(url: &str, arguments: &[&str]) -> Result<String, String> {
    let settings = [("IMGFILTER_MIGRATE_DATABASE_URL", url.to_owned())];
    let output = command(&[&["key"], arguments].concat(), &settings).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn parsed(url: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(url, arguments).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_once_listed_and_revoked() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    migrate::run(&url).await.unwrap();

    let limits = ["--requests", "5", "--bytes", "1000", "--megapixels", "7", "--open-tasks", "2", "--json"];
    let made = parsed(&url, &[&["create", "--owner", "acme", "--name", "ci"], &limits[..]].concat());
    let hash = hex::encode(imgfilter_api::key::hash(made["key"].as_str().unwrap()).unwrap());
    let quota = json!({"requests": 5, "bytes": 1000, "megapixels": 7, "open_tasks": 2});
    assert_eq!((&made["owner"], &made["name"], &made["quota"]), (&json!("acme"), &json!("ci"), &quota));
    assert_eq!(made["scopes"], json!(["upload"]));
    let edge = connect(&url).await;
    let known = edge.query_one("SELECT imgfilter.key_by_hash($1)", &[&hash]).await.unwrap();
    assert_eq!(known.get::<_, Value>(0)["id"], made["id"]);

    let plain = ["create", "--owner", "other", "--scope", "webhook", "--scope", "upload"];
    let second = run(&url, &plain).unwrap();
    assert!(imgfilter_api::key::hash(second.trim_end()).is_some(), "the key alone: {second:?}");
    let listed = parsed(&url, &["list", "--json"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (2, &made["id"]));
    assert_eq!(listed[1]["scopes"], json!(["upload", "webhook"]));
    assert_eq!(listed[0]["used"], json!({"requests": 0, "bytes": 0, "megapixels": 0, "open_tasks": 0}));
    assert!(!listed.to_string().contains("imgf_"), "no list shows a key");
    let line = run(&url, &["list", "--owner", "acme"]).unwrap();
    assert!(line.contains("acme  \"ci\"  upload  requests 0/5  bytes 0/1000"), "{line}");

    let id = made["id"].as_str().unwrap();
    assert!(run(&url, &["revoke", id]).unwrap().contains("revoked "));
    let known = edge.query_one("SELECT imgfilter.key_by_hash($1)", &[&hash]).await.unwrap();
    assert_eq!(known.get::<_, Option<Value>>(0), None);
    assert!(parsed(&url, &["list", "--owner", "acme", "--json"])[0]["revoked_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told() {
    let cluster = Cluster::shared();
    let url = cluster.url("postgres", &cluster.create_database().await);
    migrate::run(&url).await.unwrap();
    for (arguments, said) in [
        (&["create", "--owner", "ip:1"][..], "letters, digits"),
        (
            &["create", "--owner", "a", "--scope", "all"],
            "[possible values: upload, lasting, notify, webhook, email, push, sms, topic]",
        ),
        (&["create", "--owner", "a", "--link-life", "3 years"], "the longest life is"),
        (&["create", "--owner", "a", "--requests", "0"], "1..=10000000000000"),
        (&["revoke", "00000000-0000-0000-0000-000000000000"], "there is no key 00000000"),
        (&["list", "--migrate-database-url", "nonsense"], "IMGFILTER_MIGRATE_DATABASE_URL cannot be used"),
    ] {
        let error = run(&url, arguments).unwrap_err();
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}
