use super::*;
use crate::address::PushHosts;

fn rules() -> Tellable {
    Tellable {
        allowed: Channel::ALL.to_vec(),
        on: Channel::ALL.to_vec(),
        reach: Reach {
            insecure: false,
            push_hosts: PushHosts::parse("push.example.com"),
            ..Reach::default()
        },
    }
}

fn read(fields: &[(&str, &str)], rules: &Tellable) -> Result<Telling, (Code, Option<String>)> {
    let mut telling = Telling::default();
    for (name, value) in fields {
        let known = telling.take(name, value, rules).map_err(|problem| (problem.code, problem.field))?;
        assert!(known, "{name}");
    }
    Ok(telling)
}

fn subscription() -> String {
    let point = format!("BA{}", "A".repeat(85));
    format!(
        r#"{{"endpoint":"https://push.example.com/1","keys":{{"p256dh":"{point}","auth":"{}"}}}}"#,
        "A".repeat(22)
    )
}

#[test]
fn each_way_of_telling_is_read() {
    let push = subscription();
    let fields = [
        ("webhook", "https://hooks.example.com/"),
        ("email", "a@Example.com"),
        ("sms", "+4930123456"),
        ("push", push.as_str()),
        ("mute", "topic, email,email"),
    ];
    let telling = read(&fields, &rules()).unwrap();
    assert_eq!(telling.email.as_deref(), Some("a@example.com"));
    assert_eq!(telling.push.as_ref().map(|push| push.endpoint.as_str()), Some("https://push.example.com/1"));
    assert_eq!(telling.mute, [Channel::Email, Channel::Topic]);
    let spec = serde_json::to_value(&telling).unwrap();
    assert_eq!(spec["mute"], serde_json::json!(["email", "topic"]));
    assert_eq!(spec["push"]["keys"]["auth"], "A".repeat(22));
    assert_eq!(serde_json::from_value::<Telling>(spec).unwrap(), telling);
    let usual = serde_json::to_value(Telling::default()).unwrap();
    assert_eq!(usual, serde_json::json!({ "webhook": null }), "what is not asked for leaves no trace");
}

#[test]
fn all_can_be_muted() {
    assert_eq!(read(&[("mute", "all")], &rules()).unwrap().mute, Channel::ALL);
    for bad in ["", ",", "email,", "Email", "all,email", "fax"] {
        assert_eq!(read(&[("mute", bad)], &rules()), Err((Code::InvalidMute, Some("mute".into()))), "{bad}");
    }
}

#[test]
fn each_bad_value_names_its_field() {
    for (name, value, code) in [
        ("webhook", "http://a.example/", Code::InvalidWebhook),
        ("email", "a", Code::InvalidEmail),
        ("sms", "030123456", Code::InvalidSms),
        ("push", "https://push.example.com/1", Code::InvalidPush),
    ] {
        assert_eq!(read(&[(name, value)], &rules()), Err((code, Some(name.into()))));
    }
    let push = subscription();
    for (name, value) in [
        ("webhook", "https://a.example/"),
        ("email", "a@b.example"),
        ("sms", "+4930123456"),
        ("push", &push),
        ("mute", "all"),
    ] {
        let twice = read(&[(name, value), (name, value)], &rules());
        assert_eq!(twice, Err((Code::DuplicateField, Some(name.into()))));
    }
}

#[test]
fn what_is_not_allowed_or_not_there_is_refused() {
    let nobody = Tellable { allowed: Vec::new(), ..rules() };
    let off = Tellable { on: vec![Channel::Webhook], ..rules() };
    let push = subscription();
    for (name, value, forbidden, without) in [
        ("webhook", "https://a.example/", Some(Code::WebhookNotAllowed), None),
        ("email", "a@b.example", Some(Code::ChannelNotAllowed), Some(Code::ChannelOff)),
        ("sms", "+4930123456", Some(Code::ChannelNotAllowed), Some(Code::ChannelOff)),
        ("push", push.as_str(), None, Some(Code::ChannelOff)),
    ] {
        let code = |rules: &Tellable| read(&[(name, value)], rules).err().map(|(code, _)| code);
        assert_eq!((code(&nobody), code(&off)), (forbidden, without), "{name}");
    }
    assert!(read(&[("mute", "email")], &nobody).is_ok(), "silence is anybody's");
}
