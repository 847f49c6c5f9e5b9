//! Targets and deliveries on the command line.

use imgfilter::db::migrate;
use imgfilter_api::signing::Masters;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::cluster::Cluster;
use crate::stage::connect;
use crate::stage::process::command;

const MASTER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";

/// A database for one test.
struct Place {
    url: String,
}

impl Place {
    async fn new() -> Self {
        let cluster = Cluster::shared();
        let url = cluster.url("postgres", &cluster.create_database().await);
        migrate::run(&url).await.unwrap();
        Self { url }
    }

    /// Runs `imgfilter notify …`: whether it went well, what it said, and what it said on standard error.
    fn run(&self, arguments: &[&str]) -> (bool, String, String) {
        let settings = [
            ("IMGFILTER_MIGRATE_DATABASE_URL", self.url.clone()),
            ("IMGFILTER_WEBHOOK_SECRET", MASTER.to_owned()),
            ("IMGFILTER_PUSH_HOSTS", "push.example.com".to_owned()),
        ];
        let output = command(&[&["notify"], arguments].concat(), &settings).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    /// The same, which must go well, with its answer in JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let (well, said, error) = self.run(&[arguments, &["--json"]].concat());
        assert!(well, "{arguments:?}: {said}{error}");
        serde_json::from_str(&said).unwrap()
    }

    fn add(&self, arguments: &[&str]) -> Value {
        self.json(&[&["add", "--owner", "acme"], arguments].concat())
    }

    /// The code that a target was sent last.
    async fn code(&self, target: &str) -> String {
        let sql = "SELECT details ->> 'code' FROM imgfilter.delivery WHERE target_id = $1 ORDER BY created_at DESC LIMIT 1";
        connect(&self.url).await.query_one(sql, &[&Uuid::parse_str(target).unwrap()]).await.unwrap().get(0)
    }
}

fn id(shown: &Value) -> &str {
    shown["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_added_listed_and_removed() {
    let place = Place::new().await;
    let hook = place.add(&["webhook", "https://HOOKS.example.com", "--event", "link.expiring"]);
    let secret = Masters::parse(MASTER).unwrap().first().of_target(Uuid::parse_str(id(&hook)).unwrap(), 1);
    assert_eq!((&hook["status"], &hook["secret"]), (&json!("active"), &json!(secret.reveal())));
    let (point, auth) = (format!("BA{}", "A".repeat(85)), "A".repeat(22));
    let browser = ["push", "https://push.example.com/1", "--p256dh", &point, "--auth", &auth];
    assert_eq!(place.add(&browser)["status"], "active");
    assert_eq!(id(&place.add(&["webhook", "https://hooks.example.com/"])), id(&hook), "it is there already");

    let listed = place.json(&["list", "--owner", "acme"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["address"], "https://hooks.example.com/");
    assert_eq!(listed[0]["events"], json!(["task.done", "task.failed"]));
    let (_, line, _) = place.run(&["list"]);
    assert!(
        line.contains("acme  webhook https://hooks.example.com/  active  task.done+task.failed  0 waiting"),
        "{line}"
    );
    assert_eq!(place.json(&["list", "--owner", "other"]), json!([]));

    let remove = ["remove", "--owner", "acme", id(&hook)];
    let (_, said, error) = place.run(&remove);
    assert!(
        said.contains("would be removed  (acme  webhook") && error.contains("Nothing was: --yes does it.")
    );
    assert_eq!(place.json(&["list"]).as_array().unwrap().len(), 2, "it was only shown");
    assert!(!place.run(&["remove", "--owner", "other", id(&hook), "--yes"]).0, "another's");
    assert_eq!(place.json(&[&remove[..], &["--yes"]].concat())["items"][0]["change"], "removed");
    assert_eq!(place.json(&["list"]).as_array().unwrap().len(), 1);
    assert!(!place.run(&[&remove[..], &["--yes"]].concat()).0, "there is none any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_says_its_code() {
    let place = Place::new().await;
    let mail = place.add(&["email", "told@example.com"]);
    assert_eq!((&mail["status"], mail.get("secret")), (&json!("unverified"), None));
    let first = place.code(id(&mail)).await;
    assert!(place.json(&["verify", "--owner", "acme", id(&mail)])["until"].is_string(), "another is sent");
    let second = place.code(id(&mail)).await;
    let wrong = if first == second { "none" } else { &first };
    let (well, said, _) = place.run(&["verify", "--owner", "acme", id(&mail), "--code", wrong]);
    assert!(!well && said.contains("not the code that was sent last"), "{said}");
    assert!(!place.run(&["verify", "--owner", "other", id(&mail), "--code", &second]).0);
    assert_eq!(
        place.json(&["verify", "--owner", "acme", id(&mail), "--code", &second]),
        json!({ "verified": true })
    );
    assert_eq!(place.json(&["list"])[0]["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_changed_and_what_was_disabled_enabled() {
    let place = Place::new().await;
    let hook = place.add(&["webhook", "https://hooks.example.com/"]);
    let rotated = place.json(&["rotate", "--owner", "acme", id(&hook)]);
    assert_eq!(rotated["secret_number"], 2);
    assert_ne!(rotated["secret"], hook["secret"]);
    let mail = place.add(&["email", "told@example.com"]);
    let (well, _, error) = place.run(&["rotate", "--owner", "acme", id(&mail)]);
    assert!(!well && error.contains("only a target of the channel webhook"), "{error}");

    let disable = "UPDATE imgfilter.target SET status = 'disabled', reason = 'gone', disabled_at = now()";
    connect(&place.url).await.execute(disable, &[]).await.unwrap();
    assert!(place.run(&["list"]).1.contains("disabled (gone)"));
    let (well, said, _) = place.run(&["enable", "--owner", "acme", id(&hook), id(&mail), UNKNOWN]);
    assert!(!well, "one is not there");
    assert_eq!(said, format!("{}  active\n{}  unverified\n{UNKNOWN}  unknown\n", id(&hook), id(&mail)));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_and_replayed() {
    let place = Place::new().await;
    let mail = place.add(&["email", "told@example.com"]);
    let listed = place.json(&["deliveries", "--owner", "acme", "--status", "pending", "--channel", "email"]);
    assert_eq!(
        (&listed[0]["event"], &listed[0]["target"]),
        (&json!("target.verify"), &json!("told@example.com"))
    );
    for none in [["--status", "failed"], ["--channel", "sms"], ["--task", UNKNOWN], ["--owner", "other"]] {
        assert_eq!(place.json(&[&["deliveries"][..], &none].concat()), json!([]), "{none:?}");
    }
    let delivery = id(&listed[0]);
    let tried = "INSERT INTO imgfilter.attempt (delivery_id, lease, ms, outcome, status, detail, reply)
                 VALUES ($1, 1, 7, 'retry', 451, 'try again later', '')";
    let uuid = Uuid::parse_str(delivery).unwrap();
    connect(&place.url).await.execute(tried, &[&uuid]).await.unwrap();
    let (_, lines, _) = place.run(&["deliveries"]);
    assert!(lines.contains("pending  target.verify by email to told@example.com  owner acme"), "{lines}");
    assert!(lines.contains("  retry 451  try again later  (7 ms)"), "{lines}");

    assert_eq!(place.json(&["replay", "--owner", "acme", delivery])[0]["became"], "queued");
    assert_eq!(place.run(&["replay", "--owner", "other", delivery]).1, format!("{delivery}  unknown\n"));
    let code = place.code(id(&mail)).await;
    place.json(&["verify", "--owner", "acme", id(&mail), "--code", &code]);
    let (well, said, _) = place.run(&["replay", "--owner", "acme", delivery]);
    assert!(!well && said == format!("{delivery}  code_void\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told() {
    let place = Place::new().await;
    let add = |more: &[&'static str]| [&["add", "--owner", "acme"], more].concat();
    for (arguments, said) in [
        (add(&["fax", "1"]), "one of webhook, email, push, sms and topic"),
        (add(&["webhook", "http://hooks.example.com/"]), "must start with https://"),
        (add(&["email", "told"]), "not the address of a mailbox"),
        (add(&["sms", "030"]), "not a telephone number in full"),
        (add(&["topic", "arn:aws:sns:eu-central-1:123456789012:a"]), "this topic is not told here"),
        (add(&["push", "https://push.example.com/"]), "only with --p256dh and --auth"),
        (
            add(&["push", "https://evil.example/", "--p256dh", "x", "--auth", "x"]),
            "not one of a push service",
        ),
        (
            add(&["push", "https://push.example.com/", "--p256dh", "x", "--auth", "x"]),
            "p256dh is an uncompressed point",
        ),
        (add(&["webhook", "https://a.example/", "--event", "target.verify"]), "[possible values: task.done"),
        (vec!["enable", "--owner", "acme"], "<ID>..."),
        (vec!["rotate", "--owner", "acme", UNKNOWN], "the owner has no target"),
        (vec!["verify", "--owner", "acme", UNKNOWN], "the owner has no target"),
        (vec!["deliveries", "--status", "dead"], "[possible values: pending"),
    ] {
        let (well, _, error) = place.run(&arguments);
        assert!(!well && error.contains(said), "{arguments:?}: {error}");
    }
    let full = add(&["webhook", "https://a.example/2", "--max-targets", "1"]);
    place.add(&["webhook", "https://a.example/1"]);
    assert!(place.run(&full).2.contains("as many targets as IMGFILTER_MAX_TARGETS"));
}
