use super::*;
use crate::address::Reach;
use crate::channel::Channel;

fn rules() -> Rules {
    Rules {
        max_filters: 2,
        formats: &["jpeg", "png"],
        link_life: Span::new().months(3),
        max_link_life: Span::new().years(1),
        own_life: None,
        lasting: false,
        tellable: Tellable {
            allowed: vec![Channel::Webhook, Channel::Email],
            on: vec![Channel::Webhook, Channel::Email],
            reach: Reach::default(),
        },
    }
}

fn file(name: &str, size: u64) -> FilePart {
    FilePart {
        name: name.into(),
        filename: "a.jpg".into(),
        path: "/spool/1".into(),
        size,
        sha256: "ab".into(),
    }
}

fn form(fields: &[(&str, &str)]) -> Parts {
    let fields = fields.iter().map(|(name, value)| Field { name: (*name).into(), value: (*value).into() });
    Parts { bare: false, files: vec![file("image", 9)], fields: fields.collect(), dropped: vec![] }
}

fn bare(size: u64) -> Parts {
    Parts { bare: true, files: vec![file("", size)], fields: vec![], dropped: vec![] }
}

fn code(parts: &Parts, query: &str) -> (Code, Option<String>, Option<u64>) {
    let problem = read(parts, query, &rules()).unwrap_err();
    (problem.code, problem.field, problem.limit)
}

#[test]
fn a_form_gives_its_chains_in_order() {
    let parts = form(&[("filters", "sepia(0.8)|blur(3)"), ("quality", "90"), ("filters", "grayscale")]);
    let (spec, file) = read(&parts, "", &rules()).unwrap();
    assert_eq!(spec.filters, ["sepia(0.8)|blur(3)", "grayscale"]);
    assert_eq!((spec.quality, file.size), (Some(90), 9));
}

#[test]
fn no_chain_is_one_empty_chain() {
    assert_eq!(read(&form(&[]), "", &rules()).unwrap().0.filters, [""]);
}

#[test]
fn bare_bytes_take_the_query_where_plus_is_plus() {
    let parts = bare(1);
    let (spec, _) = read(&parts, "filters=equation(r=r%2Bg+b)&format=png", &rules()).unwrap();
    assert_eq!(spec.filters, ["equation(r=r+g+b)"]);
    assert_eq!(spec.format.as_deref(), Some("png"));
    assert_eq!(code(&bare(1), "filters=%ff").0, Code::MalformedRequest);
    assert_eq!(code(&bare(0), "").0, Code::MissingImage);
}

#[test]
fn a_form_with_a_query_is_refused() {
    assert_eq!(code(&form(&[]), "filters=sepia").0, Code::UnexpectedQuery);
}

#[test]
fn files_other_than_one_image_are_refused() {
    let mut parts = form(&[]);
    parts.files.push(file("image", 1));
    assert_eq!(code(&parts, "").0, Code::DuplicateField);
    parts.files[1].name = "mask".into();
    assert_eq!(code(&parts, ""), (Code::UnexpectedFile, Some("mask".into()), None));
    parts.files.clear();
    assert_eq!(code(&parts, ""), (Code::MissingImage, Some("image".into()), None));
}

#[test]
fn a_dropped_part_names_its_limit() {
    let mut parts = form(&[]);
    parts.dropped.push(Dropped { name: "image".into(), reason: "too_large".into(), limit: Some(10) });
    assert_eq!(code(&parts, ""), (Code::BodyTooLarge, Some("image".into()), Some(10)));
}

#[test]
fn each_bad_value_names_its_field() {
    let bad = [
        ("colour", "x", Code::UnknownField),
        ("image", "x", Code::UnknownField),
        ("format", "avif", Code::InvalidFormat),
        ("format", "PNG", Code::InvalidFormat),
        ("quality", "0", Code::InvalidQuality),
        ("quality", "101", Code::InvalidQuality),
        ("quality", "8.5", Code::InvalidQuality),
        ("effort", "0", Code::InvalidEffort),
        ("effort", "8", Code::InvalidEffort),
        ("icc", "Keep", Code::InvalidIcc),
        ("expires_in", "0", Code::InvalidExpiresIn),
        ("expires_in", "-1", Code::InvalidExpiresIn),
        ("expires_in", "8035201", Code::InvalidExpiresIn),
        ("priority", "high", Code::InvalidPriority),
        ("delay", "-1", Code::InvalidDelay),
        ("delay", "604801", Code::InvalidDelay),
        ("delay", "1m", Code::InvalidDelay),
        ("filters", "a\0b", Code::InvalidFilters),
    ];
    for (name, value, expected) in bad {
        let (code, field, _) = code(&form(&[(name, value)]), "");
        assert_eq!((code, field.as_deref()), (expected, Some(name)), "{name}={value}");
    }
}

#[test]
fn three_calendar_months_is_the_longest_life() {
    // The shortest three months in a row have 89 days.
    let parts = form(&[("expires_in", "7689600")]);
    assert_eq!(read(&parts, "", &rules()).unwrap().0.expires_in, Some(7_689_600));
}

#[test]
fn a_key_may_have_a_life_of_its_own_and_one_that_lasts() {
    let read = |rules: &Rules, seconds: &str| {
        let fields: Vec<_> =
            Some(("expires_in", seconds)).filter(|(_, value)| !value.is_empty()).into_iter().collect();
        read(&form(&fields), "", rules).map(|(spec, _)| spec.life).map_err(|problem| problem.code)
    };
    let own = Rules { own_life: Some(Span::new().months(1)), ..rules() };
    assert_eq!(read(&own, ""), Ok(Some("P1M".into())));
    assert_eq!(read(&own, "3000000"), Err(Code::InvalidExpiresIn), "its own life bounds what it may ask for");
    let lasting = Rules { lasting: true, ..rules() };
    assert_eq!(read(&lasting, ""), Ok(None));
    assert_eq!(read(&lasting, "20000000"), Ok(Some("P1Y".into())));
    assert_eq!(read(&lasting, "40000000"), Err(Code::InvalidExpiresIn));
    assert_eq!(read(&rules(), "20000000"), Err(Code::InvalidExpiresIn));
}

#[test]
fn a_task_may_go_behind_the_others_or_start_later() {
    let parts = form(&[("priority", "normal"), ("delay", "0")]);
    let (usual, _) = read(&parts, "", &rules()).unwrap();
    assert_eq!(usual, read(&form(&[]), "", &rules()).unwrap().0, "what is usual need not be said");
    let shown = serde_json::to_value(&usual).unwrap();
    assert!(shown.get("priority").is_none() && shown.get("delay").is_none(), "{shown}");
    let parts = bare(1);
    let (later, _) = read(&parts, "priority=low&delay=604800", &rules()).unwrap();
    assert_eq!((later.priority, later.delay), (Priority::Low, MAX_DELAY));
    let shown = serde_json::to_value(&later).unwrap();
    assert_eq!((&shown["priority"], &shown["delay"]), (&"low".into(), &604_800.into()));
}

#[test]
fn options_given_twice_and_too_many_chains_are_refused() {
    assert_eq!(code(&form(&[("quality", "1"), ("quality", "1")]), "").0, Code::DuplicateField);
    let three = [("filters", ""), ("filters", ""), ("filters", "")];
    assert_eq!(code(&form(&three), ""), (Code::TooManyFilters, Some("filters".into()), Some(2)));
}

#[test]
fn webhooks_go_to_public_names_over_https() {
    let good = "https://hooks.example.com/a?b=c";
    assert_eq!(
        read(&form(&[("webhook", good)]), "", &rules()).unwrap().0.telling.webhook.as_deref(),
        Some(good)
    );
    let bad = [
        "ftp://a.example/",
        "http://a.example/",
        "https://u:p@a.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://a.example:8443/",
        "//a.example/",
        "",
    ];
    for address in bad {
        assert_eq!(code(&form(&[("webhook", address)]), "").0, Code::InvalidWebhook, "{address}");
    }
}

#[test]
fn webhooks_may_be_forbidden_or_relaxed() {
    let parts = form(&[("webhook", "http://127.0.0.1:9/")]);
    let with = |tellable| Rules { tellable, ..rules() };
    let forbidden = with(Tellable { allowed: Vec::new(), ..rules().tellable });
    assert_eq!(read(&parts, "", &forbidden).unwrap_err().code, Code::WebhookNotAllowed);
    let reach = Reach { insecure: true, ..Reach::default() };
    let relaxed = with(Tellable { reach, ..rules().tellable });
    assert_eq!(read(&parts, "", &relaxed).unwrap().0.telling.webhook.as_deref(), Some("http://127.0.0.1:9/"));
}

#[test]
fn a_bare_body_says_in_its_query_whom_to_tell() {
    let parts = bare(1);
    let (spec, _) = read(&parts, "email=a%40example.com&mute=all", &rules()).unwrap();
    assert_eq!(spec.telling.email.as_deref(), Some("a@example.com"));
    assert_eq!(spec.telling.mute, Channel::ALL);
    assert_eq!(code(&form(&[("sms", "+4930123456")]), "").0, Code::ChannelNotAllowed);
}
