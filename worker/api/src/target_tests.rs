use serde_json::{Value, json};

use super::*;
use crate::address::{PushHosts, Reach};

const ID: &str = "01930000-0000-7000-8000-000000000001";

fn rules() -> Tellable {
    Tellable {
        allowed: vec![Channel::Webhook, Channel::Email, Channel::Push],
        on: vec![Channel::Webhook, Channel::Push, Channel::Sms],
        reach: Reach {
            insecure: false,
            push_hosts: PushHosts::parse("push.example.com"),
            ..Reach::default()
        },
    }
}

fn view(channel: &str, address: &str) -> View {
    let view = json!({"id": ID, "channel": channel, "address": address, "events": ["task.done"], "status": "active",
                      "reason": null, "created_at": "2026-11-23T10:00:00Z", "verified_at": null, "secret_number": 1});
    serde_json::from_value(view).unwrap()
}

fn set(targets: Value, known: &Views) -> Result<Vec<Target>, (Code, Option<String>)> {
    let body = json!({ "targets": targets }).to_string();
    read(body.as_bytes(), known, &rules()).map_err(|problem| (problem.code, problem.field))
}

fn keys() -> Value {
    json!({"p256dh": format!("BA{}", "A".repeat(85)), "auth": "A".repeat(22)})
}

#[test]
fn a_list_is_checked_and_put_in_one_form() {
    let targets = json!([
        {"channel": "webhook", "address": "https://HOOKS.example.com", "events": ["link.expiring", "task.done", "task.done"]},
        {"channel": "push", "address": "https://push.example.com/1", "keys": keys()},
    ]);
    let targets = set(targets, &Views::default()).unwrap();
    assert_eq!(targets[0].address, "https://hooks.example.com/");
    assert_eq!(targets[0].events, ["task.done", "link.expiring"]);
    assert_eq!(targets[1].events, USUAL_EVENTS);
    let written = serde_json::to_value(&targets).unwrap();
    assert_eq!(written[1]["keys"], keys());
    assert!(written[0].get("keys").is_none());
    assert_eq!(set(json!([]), &Views::default()), Ok(Vec::new()), "nobody is told");
}

#[test]
fn each_mistake_has_its_place() {
    let hook = json!({"channel": "webhook", "address": "https://a.example/"});
    let with = |name: &str, value: Value| {
        let mut target = hook.clone();
        target[name] = value;
        target
    };
    for (target, code, field) in [
        (with("channel", json!("fax")), Code::InvalidTarget, "channel"),
        (with("channel", json!("topic")), Code::ChannelNotAllowed, "channel"),
        (with("channel", json!("email")), Code::ChannelOff, "channel"),
        (with("address", json!("http://a.example/")), Code::InvalidTarget, "address"),
        (with("events", json!([])), Code::InvalidTarget, "events"),
        (with("events", json!(["target.verify"])), Code::InvalidTarget, "events"),
        (with("keys", keys()), Code::InvalidTarget, "keys"),
        (json!({"channel": "push", "address": "https://push.example.com/1"}), Code::InvalidTarget, "keys"),
        (
            json!({"channel": "push", "address": "https://a.example/1", "keys": keys()}),
            Code::InvalidTarget,
            "address",
        ),
        (json!({"channel": "webhook", "address": "https://A.example"}), Code::InvalidTarget, "address"),
    ] {
        let expected = Err((code, Some(format!("targets[1].{field}"))));
        assert_eq!(set(json!([hook, target]), &Views::default()), expected, "{target}");
    }
}

#[test]
fn what_is_known_may_stay() {
    let known = Views {
        targets: vec![
            view("email", "a@example.com"),
            view("sms", "+4930123456"),
            view("push", "https://old.example.com/1"),
        ],
    };
    let wanted = json!([
        {"channel": "email", "address": "a@example.com"},
        {"channel": "sms", "address": "+4930123456"},
        {"channel": "push", "address": "https://old.example.com/1"},
    ]);
    assert_eq!(
        set(wanted, &known).unwrap().len(),
        3,
        "though off, not allowed, or of no push service any more"
    );
    let shown = serde_json::to_value(known.targets[0].clone().show(None)).unwrap();
    assert_eq!(set(json!([shown]), &known).unwrap().len(), 1, "as it is shown");
    let fresh = json!([{"channel": "email", "address": "b@example.com"}]);
    assert_eq!(set(fresh, &known), Err((Code::ChannelOff, Some("targets[0].channel".into()))));
}

#[test]
fn what_is_not_a_list_is_malformed() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"targets":{}}"#,
        r#"{"targets":[1]}"#,
        r#"{"targets":[{"channel":"webhook"}]}"#,
        r#"{"targets":[{"channel":"webhook","address":1}]}"#,
        r#"{"targets":[{"channel":"webhook","address":"https://a.example/","colour":1}]}"#,
        r#"{"targets":[{"channel":"webhook","channel":"email","address":"https://a.example/"}]}"#,
        r#"{"targets":[],"targets":[]}"#,
        r#"{"targets":[],"more":1}"#,
        r#"{"targets":[]} x"#,
    ] {
        let problem = read(body.as_bytes(), &Views::default(), &rules()).unwrap_err();
        assert_eq!(problem.code, Code::MalformedRequest, "{body}");
    }
}

#[test]
fn a_webhook_is_shown_with_its_secret() {
    let masters = Masters::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let show = |channel, masters| serde_json::to_value(view(channel, "x").show(masters)).unwrap();
    let shown = show("webhook", Some(&masters));
    // The vector of `signing`.
    assert_eq!(shown["secret"], "whsec_1MM09BZWKYUNbt9s+3hWsPQ8W26SyAWEcdv8ub644cQ=");
    assert!(shown.get("secret_number").is_none() && shown.get("reason").is_none());
    assert!(show("webhook", None).get("secret").is_none());
    assert!(show("email", Some(&masters)).get("secret").is_none());
}

#[test]
fn a_code_has_six_digits() {
    assert_eq!(read_code(br#"{"code":"012345"}"#).unwrap(), "012345");
    for (body, code) in [
        ("", Code::MalformedRequest),
        ("{}", Code::MalformedRequest),
        (r#"{"code":123456}"#, Code::MalformedRequest),
        (r#"{"code":"123456","more":1}"#, Code::MalformedRequest),
        (r#"{"code":"12345"}"#, Code::InvalidCode),
        (r#"{"code":"1234567"}"#, Code::InvalidCode),
        (r#"{"code":"12345a"}"#, Code::InvalidCode),
        ("{\"code\":\"\u{661}\u{662}\u{663}\"}", Code::InvalidCode),
    ] {
        assert_eq!(read_code(body.as_bytes()).unwrap_err().code, code, "{body}");
    }
}
