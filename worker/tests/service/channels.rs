//! What each channel makes of what its receiver does. The receivers are real, and on this machine.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use imgfilter::config::{Mail, Messages, Notify, Push, Sms, Sns};
use imgfilter::db::deliveries::Verdict;
use imgfilter::notify::address::system_lookup;
use imgfilter::notify::carrier::{Carrier, Message, Tried, carriers};
use imgfilter::notify::http::{Outside, Terms};
use imgfilter::notify::push::{Push as PushCarrier, VapidKeys};
use imgfilter::notify::schedule::pause_after;
use imgfilter_api::channel::Channel;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::mailbox::Mailbox;
use crate::stage::receiver::{Conduct, Hook};
use crate::stage::settings_of_notify;

const SOON: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_secs(86_400);
/// Nobody listens there.
const NOBODY: &str = "127.0.0.1:1";

/// What a process has done before it speaks TLS.
fn with_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn carrier(channel: Channel, change: impl FnOnce(&mut Notify)) -> Arc<dyn Carrier> {
    with_tls();
    let mut settings = settings_of_notify();
    settings.webhooks.webhook_insecure = true;
    settings.notify_timeout = Duration::from_millis(500);
    change(&mut settings);
    carriers(&settings)
        .unwrap()
        .on
        .into_iter()
        .find(|carrier| carrier.channel() == channel)
        .expect("it is on")
}

async fn send(carrier: &dyn Carrier, address: &str, keys: Option<&Value>) -> Tried {
    let id = Uuid::now_v7();
    let body = b"{\"hello\":1}";
    carrier.send(Message { id, address, keys, target: None, secret_numbers: &[], body, trace: None }).await
}

/// What came of a try: verdict, status, and whether the host is to blame.
fn came(tried: &Tried) -> (Verdict, Option<u16>, bool) {
    (tried.attempt.verdict, tried.attempt.status, tried.host_failed)
}

fn answer(head: &str) -> Conduct {
    Conduct::Answer(head.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks() {
    let webhook = carrier(Channel::Webhook, |_| {});
    for (conduct, expected) in [
        (answer("200 OK"), (Verdict::Delivered, Some(200), false)),
        (answer("204 No Content"), (Verdict::Delivered, Some(204), false)),
        (answer("301 Moved\r\nLocation: http://127.0.0.1:1/"), (Verdict::Retry, Some(301), false)),
        (answer("404 Not Found"), (Verdict::Retry, Some(404), false)),
        (answer("410 Gone"), (Verdict::Gone, Some(410), false)),
        (answer("429 Slow Down"), (Verdict::Retry, Some(429), true)),
        (answer("500 No"), (Verdict::Retry, Some(500), true)),
        (Conduct::Hang, (Verdict::Retry, None, true)),
        (Conduct::Close, (Verdict::Retry, None, true)),
        (Conduct::CloseMidReply, (Verdict::Delivered, Some(200), false)),
        (Conduct::Endless, (Verdict::Delivered, Some(200), false)),
    ] {
        let hook = Hook::doing(vec![conduct.clone()]);
        let tried = send(webhook.as_ref(), &hook.url(), None).await;
        assert_eq!(came(&tried), expected, "{conduct:?}: {tried:?}");
        assert!(tried.attempt.reply.len() <= 2048, "{conduct:?}");
        hook.next(SOON);
    }
    let tried = send(webhook.as_ref(), &format!("http://{NOBODY}/"), None).await;
    assert_eq!(came(&tried), (Verdict::Retry, None, true));
    assert!(tried.attempt.detail.starts_with("connection: "), "{tried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_lead_nowhere() {
    let inner = Hook::answering(&["200 OK"]);
    let hook = Hook::answering(&[&format!("301 Moved\r\nLocation: {}", inner.url())]);
    let tried = send(carrier(Channel::Webhook, |_| {}).as_ref(), &hook.url(), None).await;
    assert_eq!(came(&tried), (Verdict::Retry, Some(301), false));
    inner.stays_silent(Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_may_ask_for_time_but_not_for_ever() {
    let webhook = carrier(Channel::Webhook, |_| {});
    let date = httpdate::fmt_http_date(SystemTime::now() + DAY);
    for (asked, least) in [("86400".to_owned(), DAY), (date, DAY - Duration::from_secs(60))] {
        let hook = Hook::answering(&[&format!("429 Slow Down\r\nRetry-After: {asked}")]);
        let pause = send(webhook.as_ref(), &hook.url(), None).await.retry_after.unwrap();
        assert!((least..=DAY).contains(&pause), "{asked}: {pause:?}");
        let pause = pause_after(1, Some(pause));
        assert!((10..=12).contains(&pause.as_secs()), "twice the schedule at most: {pause:?}");
    }
}

fn pushing(settings: &mut Notify) {
    let keys = VapidKeys::generate().unwrap();
    settings.push = Push {
        vapid_key: Some(keys.private),
        vapid_key_file: None,
        vapid_public_key: Some(keys.public),
        vapid_subject: Some("mailto:us@example.com".to_owned()),
        push_hosts: vec!["127.0.0.1".to_owned()],
    };
}

fn subscription() -> Value {
    json!({"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
           "auth": "BTBZMqHH6r4Tts7J_aSIgg"})
}

#[tokio::test(flavor = "multi_thread")]
async fn push_services() {
    let push = carrier(Channel::Push, pushing);
    let keys = subscription();
    for (conduct, expected) in [
        (answer("201 Created"), (Verdict::Delivered, Some(201), false)),
        (answer("404 Not Found"), (Verdict::Gone, Some(404), false)),
        (answer("410 Gone"), (Verdict::Gone, Some(410), false)),
        (answer("413 Too Large"), (Verdict::Refused, Some(413), false)),
        (answer("403 Forbidden"), (Verdict::Refused, Some(403), false)),
        (answer("429 Slow Down"), (Verdict::Retry, Some(429), true)),
        (answer("503 Away"), (Verdict::Retry, Some(503), true)),
        (Conduct::Hang, (Verdict::Retry, None, true)),
        (Conduct::Close, (Verdict::Retry, None, true)),
    ] {
        let hook = Hook::doing(vec![conduct.clone()]);
        let tried = send(push.as_ref(), &hook.url(), Some(&keys)).await;
        assert_eq!(came(&tried), expected, "{conduct:?}: {tried:?}");
        let request = hook.next(SOON);
        assert_eq!(request.header("content-encoding"), "aes128gcm");
        assert_eq!((request.header("ttl"), request.header("urgency")), ("86400", "normal"));
        assert!(request.header("topic").len() <= 32);
        assert!(request.header("authorization").starts_with("vapid t=ey"));
        assert!(!request.body.windows(5).any(|window| window == b"hello"), "nobody on the way reads it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_push_services_of_the_list_are_sent_to() {
    let hook = Hook::answering(&["201 Created"]);
    let push = carrier(Channel::Push, |settings| {
        pushing(settings);
        settings.push.push_hosts = vec!["fcm.googleapis.com".to_owned()];
    });
    for endpoint in
        [hook.url(), "https://fcm.googleapis.com.evil.example/send/1".to_owned(), "nonsense".to_owned()]
    {
        let tried = send(push.as_ref(), &endpoint, Some(&subscription())).await;
        assert_eq!(came(&tried), (Verdict::Refused, None, false), "{endpoint}");
        assert_eq!(push.host(&endpoint), None);
    }
    let push = carrier(Channel::Push, pushing);
    for keys in [None, Some(json!({"p256dh": "AA", "auth": "AA"}))] {
        let tried = send(push.as_ref(), &hook.url(), keys.as_ref()).await;
        assert_eq!(came(&tried), (Verdict::Refused, None, false));
    }
    hook.stays_silent(Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_push_belong_together() {
    with_tls();
    let outside = Outside::new(&Terms::from(&settings_of_notify()), system_lookup()).unwrap();
    let mut settings = settings_of_notify();
    pushing(&mut settings);
    settings.push.vapid_public_key = Some(VapidKeys::generate().unwrap().public);
    assert!(PushCarrier::new(&settings.push, outside).is_err());
}

fn texting(hook: &str, settings: &mut Notify) {
    settings.messages = Messages {
        sms: Sms::Http,
        sms_url: Some(format!("{hook}?ref={{id}}").parse().unwrap()),
        sms_url_file: None,
        sms_method: "POST".to_owned(),
        sms_body: r#"{"to":"{to}","text":"{text}"}"#.to_owned(),
        sms_content_type: "application/json".to_owned(),
        sms_auth: Some("user:password".parse().unwrap()),
        sms_auth_file: None,
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn short_messages_by_http() {
    for (conduct, expected) in [
        (answer("202 Accepted"), (Verdict::Delivered, Some(202), false)),
        (answer("400 No"), (Verdict::Refused, Some(400), false)),
        (answer("401 Who"), (Verdict::Retry, Some(401), false)),
        (answer("429 Slow Down"), (Verdict::Retry, Some(429), true)),
        (answer("500 No"), (Verdict::Unknown, Some(500), true)),
        (answer("302 There\r\nLocation: http://127.0.0.1:1/"), (Verdict::Unknown, Some(302), false)),
        (Conduct::Hang, (Verdict::Unknown, None, true)),
        (Conduct::Close, (Verdict::Unknown, None, true)),
        (Conduct::CloseMidReply, (Verdict::Delivered, Some(200), false)),
    ] {
        let hook = Hook::doing(vec![conduct.clone()]);
        let sms = carrier(Channel::Sms, |settings| texting(&hook.url(), settings));
        let tried = send(sms.as_ref(), "+4915112345", None).await;
        assert_eq!(came(&tried), expected, "{conduct:?}: {tried:?}");
        let request = hook.next(SOON);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body, json!({"to": "+4915112345", "text": "{\"hello\":1}"}));
        assert_eq!(request.header("authorization"), "Basic dXNlcjpwYXNzd29yZA==");
        assert!(request.request_line.starts_with("POST /hook?ref="), "{}", request.request_line);
    }
    let sms = carrier(Channel::Sms, |settings| texting(&format!("http://{NOBODY}/"), settings));
    assert!(sms.at_most_once());
    assert_eq!(
        came(&send(sms.as_ref(), "+49", None).await),
        (Verdict::Retry, None, true),
        "nothing was sent"
    );
}

fn amazon(endpoint: &str, settings: &mut Notify) {
    settings.messages.sms = Sms::Sns;
    settings.sns = Sns {
        sns_topics: vec!["arn:aws:sns:us-east-1:1:images-*".to_owned()],
        sns_endpoint: Some(endpoint.to_owned()),
        sns_region: "us-east-1".to_owned(),
        sns_access_key: Some("access".parse().unwrap()),
        sns_access_key_file: None,
        sns_secret_key: Some("secret".parse().unwrap()),
        sns_secret_key_file: None,
    };
}

const PUBLISHED: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                         <MessageId>1</MessageId></PublishResult></PublishResponse>";

fn published() -> Conduct {
    Conduct::Body("200 OK".to_owned(), PUBLISHED.to_owned())
}

fn refusal(status: &str, code: &str) -> Conduct {
    let body =
        format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>");
    Conduct::Body(status.to_owned(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn short_messages_by_sns() {
    for (conduct, expected) in [
        (published(), (Verdict::Delivered, Some(200), false)),
        (refusal("400 Bad Request", "InvalidParameter"), (Verdict::Refused, Some(400), false)),
        (refusal("400 Bad Request", "Throttling"), (Verdict::Retry, Some(400), true)),
        (refusal("500 No", "InternalError"), (Verdict::Unknown, Some(500), true)),
        (Conduct::Hang, (Verdict::Unknown, None, true)),
        (Conduct::Close, (Verdict::Unknown, None, true)),
    ] {
        let hook = Hook::doing(vec![conduct.clone()]);
        let sms = carrier(Channel::Sms, |settings| amazon(&format!("http://{}", hook.address), settings));
        let tried = send(sms.as_ref(), "+4915112345", None).await;
        assert_eq!(came(&tried), expected, "{conduct:?}: {tried:?}");
        let body = String::from_utf8(hook.next(SOON).body).unwrap();
        assert!(body.contains("PhoneNumber=%2B4915112345") && body.contains("Transactional"), "{body}");
        hook.stays_silent(Duration::from_millis(50));
    }
    let sms = carrier(Channel::Sms, |settings| amazon(&format!("http://{NOBODY}"), settings));
    assert_eq!(
        came(&send(sms.as_ref(), "+49", None).await),
        (Verdict::Retry, None, true),
        "nothing was sent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_short_message_is_lost_in_a_connection_that_was_kept() {
    let hook = Hook::doing(vec![Conduct::Keep("200 OK".to_owned(), PUBLISHED.to_owned())]);
    let sms = carrier(Channel::Sms, |settings| amazon(&format!("http://{}", hook.address), settings));
    for number in ["+4915112345", "+4915112346"] {
        let tried = send(sms.as_ref(), number, None).await;
        assert_eq!(came(&tried), (Verdict::Delivered, Some(200), false), "{number}: {tried:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics() {
    let arn = "arn:aws:sns:us-east-1:1:images-a";
    for (conduct, expected) in [
        (published(), (Verdict::Delivered, Some(200), false)),
        (refusal("404 Not Found", "NotFound"), (Verdict::Gone, Some(404), false)),
        (refusal("400 Bad Request", "InvalidParameter"), (Verdict::Refused, Some(400), false)),
        (refusal("400 Bad Request", "Throttling"), (Verdict::Retry, Some(400), true)),
        (refusal("500 No", "InternalError"), (Verdict::Retry, Some(500), true)),
        (Conduct::Hang, (Verdict::Retry, None, true)),
        (Conduct::Close, (Verdict::Retry, None, true)),
    ] {
        let hook = Hook::doing(vec![conduct.clone()]);
        let topic = carrier(Channel::Topic, |settings| amazon(&format!("http://{}", hook.address), settings));
        let tried = send(topic.as_ref(), arn, None).await;
        assert_eq!(came(&tried), expected, "{conduct:?}: {tried:?}");
        let body = String::from_utf8(hook.next(SOON).body).unwrap();
        assert!(body.contains("TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A1%3Aimages-a"), "{body}");
        let tried = send(topic.as_ref(), "arn:aws:sns:us-east-1:1:internal", None).await;
        assert_eq!(came(&tried), (Verdict::Refused, None, false), "not one that the operator allows");
        hook.stays_silent(Duration::from_millis(50));
    }
}

fn mailing(url: &str, settings: &mut Notify) {
    settings.mail = Mail {
        smtp_url: Some(url.parse().unwrap()),
        smtp_url_file: None,
        mail_from: Some("Images <images@example.com>".to_owned()),
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn mail() {
    for (recipient, expected) in [
        (Some("250 yes"), (Verdict::Delivered, Some(250), false)),
        (Some("550 5.1.1 no such user"), (Verdict::Gone, Some(550), false)),
        (Some("550 5.7.1 relaying denied"), (Verdict::Retry, Some(550), false)),
        (Some("552 5.2.2 full"), (Verdict::Refused, Some(552), false)),
        (Some("451 4.7.1 later"), (Verdict::Retry, Some(451), false)),
        (Some("421 busy"), (Verdict::Retry, Some(421), true)),
        (None, (Verdict::Retry, None, true)),
    ] {
        let mailbox = Mailbox::answering(recipient);
        let email = carrier(Channel::Email, |settings| mailing(&mailbox.url(), settings));
        let tried = send(email.as_ref(), "you@example.org", None).await;
        assert_eq!(came(&tried), expected, "{recipient:?}: {tried:?}");
        assert!(!tried.attempt.detail.contains("you@"), "{}", tried.attempt.detail);
        match recipient {
            Some("250 yes") => assert_eq!(mailbox.next(SOON), "{\"hello\":1}\r\n"),
            _ => assert!(mailbox.is_empty()),
        }
    }
    let email = carrier(Channel::Email, |settings| mailing(&format!("smtp://{NOBODY}?tls=none"), settings));
    assert_eq!(came(&send(email.as_ref(), "you@example.org", None).await), (Verdict::Retry, None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_not_sent_in_the_clear() {
    let mailbox = Mailbox::answering(Some("250 yes"));
    let url = mailbox.url().replace("?tls=none", "");
    let email = carrier(Channel::Email, |settings| mailing(&url, settings));
    let tried = send(email.as_ref(), "you@example.org", None).await;
    assert_eq!(tried.attempt.verdict, Verdict::Retry, "it has no STARTTLS");
    assert!(mailbox.is_empty());
}
