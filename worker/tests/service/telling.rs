//! Telling by real processes: what is fair, what is told once, and what is told by a process of its own.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::stage::mailbox::Mailbox;
use crate::stage::process::Process;
use crate::stage::receiver::{Conduct, Hook};
use crate::stage::{Stage, photo};

const SOON: Duration = Duration::from_secs(30);
const TELEPHONE: &str = "+4915112345";

impl Stage {
    /// Calls what is the database's own.
    async fn call(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) {
        self.sql.batch_execute("SET search_path = imgfilter").await.unwrap();
        self.sql.query(sql, params).await.unwrap();
    }

    /// Puts a code for an address into the outbox.
    async fn tell(&self, channel: &str, address: &str) {
        self.tell_owner("acme", channel, address).await;
    }

    async fn tell_owner(&self, owner: &str, channel: &str, address: &str) {
        let sql = "SELECT imgfilter.enqueue_delivery(NULL, $1, 'target.verify', $2, $3, NULL, $4)";
        self.call(sql, &[&channel, &address, &owner, &json!({"code": "123456"})]).await;
    }

    /// Puts a notice for a target into the outbox.
    async fn tell_target(&self, address: &str, target: Uuid) {
        let sql = "SELECT imgfilter.enqueue_delivery(NULL, 'webhook', 'target.disabled', $1, 'acme', $2, $3)";
        self.call(sql, &[&address, &target, &notice()]).await;
    }

    async fn webhook_target(&self, address: &str) -> Uuid {
        let sql = "INSERT INTO imgfilter.target (owner, channel, address, events, status) \
                   VALUES ('acme', 'webhook', $1, '{task.done}', 'active') RETURNING id";
        self.sql.query_one(sql, &[&address]).await.unwrap().get(0)
    }

    /// `imgfilter notify run`, once it is ready.
    fn notifier(&self, more: &[(&'static str, &str)]) -> Process {
        let mut settings = self.settings();
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Process::start(self.folder.path(), &["notify", "run"], &settings, "entered")
    }
}

fn notice() -> Value {
    json!({"channel": "email", "address": "you@example.org", "reason": "failing"})
}

fn texting(hook: &Hook) -> Vec<(&'static str, String)> {
    vec![("IMGFILTER_SMS", "http".to_owned()), ("IMGFILTER_SMS_URL", hook.url())]
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_message_that_may_have_been_sent_is_not_sent_again() {
    let stage = Stage::set().await;
    let hook = Hook::doing(vec![Conduct::Close]);
    let _notifier = stage.notifier(&borrowed(&texting(&hook)));
    stage.tell("sms", TELEPHONE).await;
    let request = hook.next(SOON);
    assert!(String::from_utf8_lossy(&request.body).contains("123456"));
    stage.until_true("SELECT status = 'unknown' FROM imgfilter.delivery").await;
    hook.stays_silent(Duration::from_secs(1));
    assert!(stage.value::<bool>("SELECT array_agg(outcome) = '{unknown}' FROM imgfilter.attempt").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_when_its_sender_is_killed_meanwhile() {
    let stage = Stage::set().await;
    let hook = Hook::doing(vec![Conduct::Hang]);
    let settings = texting(&hook);
    let notifier = stage.notifier(&borrowed(&settings));
    stage.tell("sms", TELEPHONE).await;
    hook.next(SOON);
    notifier.kill();
    let _notifier = stage.notifier(&borrowed(&settings));
    stage.until_true("SELECT status = 'unknown' FROM imgfilter.delivery").await;
    hook.stays_silent(Duration::from_millis(500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_message_that_was_not_sent_is_tried_again() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["429 Slow Down", "200 OK"]);
    let _notifier = stage.notifier(&borrowed(&texting(&hook)));
    stage.tell("sms", TELEPHONE).await;
    let (first, second) = (hook.next(SOON), hook.next(SOON));
    assert_eq!(first.body, second.body);
    stage.until_true("SELECT status = 'delivered' FROM imgfilter.delivery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_for_one_slow_host_keep_nobody_waiting() {
    let stage = Stage::set().await;
    let (slow, quick) = (Hook::doing(vec![Conduct::Hang]), Hook::answering(&["200 OK"]));
    for number in 0..300 {
        stage.tell("webhook", &format!("{}?{number}", slow.url())).await;
    }
    for number in 0..20 {
        stage.tell("webhook", &format!("{}?{number}", quick.url())).await;
    }
    // While no try at the slow one can have ended: each takes a minute.
    let _notifier =
        stage.notifier(&[("IMGFILTER_NOTIFY_TIMEOUT", "60s"), ("IMGFILTER_NOTIFY_CONCURRENCY", "16")]);
    stage.until_true("SELECT count(*) = 20 FROM imgfilter.delivery WHERE status = 'delivered'").await;
    assert!(slow.most_at_once() <= 4, "{}", slow.most_at_once());
    assert_eq!(
        stage.value::<i64>("SELECT count(*) FROM imgfilter.attempt WHERE outcome <> 'delivered'").await,
        0
    );
    let spent = "SELECT count(*) FROM imgfilter.queue WHERE worker_id IS NULL AND attempts > 0";
    assert_eq!(stage.value::<i64>(spent).await, 0, "waiting costs no try");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_of_many_slow_hosts_keeps_nobody_waiting() {
    let stage = Stage::set().await;
    let slow: Vec<Hook> = (0..20).map(|_| Hook::doing(vec![Conduct::Hang])).collect();
    for hook in &slow {
        stage.tell_owner("crowd", "webhook", &hook.url()).await;
    }
    let quick = Hook::answering(&["200 OK"]);
    stage.tell("webhook", &quick.url()).await;
    // While no try at the slow ones can have ended.
    let _notifier =
        stage.notifier(&[("IMGFILTER_NOTIFY_TIMEOUT", "60s"), ("IMGFILTER_NOTIFY_CONCURRENCY", "8")]);
    quick.next(SOON);
    stage.until_true("SELECT count(*) = 1 FROM imgfilter.delivery WHERE status = 'delivered'").await;
    let most = slow.iter().filter(|hook| hook.most_at_once() > 0).count();
    assert!(most <= 4, "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_is_recorded_though_somebody_is_in_the_way() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["410 Gone"]);
    let target = stage.webhook_target(&hook.url()).await;
    stage.call("SELECT pg_advisory_lock(hashtextextended('imgfilter.targets acme', 0))", &[]).await;
    let _notifier = stage.notifier(&[]);
    stage.tell_target(&hook.url(), target).await;
    hook.next(SOON);
    // Until it waits for the second time: nobody waits longer than the database lets them.
    let since = "SELECT coalesce(max(waitstart)::text, '') FROM pg_locks JOIN pg_database d ON d.oid = database \
                 WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()";
    stage.until_true(&format!("SELECT ({since}) <> ''")).await;
    let first = stage.value::<String>(since).await;
    stage.until_true(&format!("SELECT ({since}) NOT IN ('', '{first}')")).await;
    stage.call("SELECT pg_advisory_unlock_all()", &[]).await;
    stage.until_true("SELECT status = 'disabled' FROM imgfilter.target").await;
    hook.stays_silent(Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_away_is_left_alone() {
    let stage = Stage::set().await;
    for number in 0..30 {
        stage.tell("webhook", &format!("http://127.0.0.1:1/?{number}")).await;
    }
    stage
        .sql
        .execute("UPDATE imgfilter.delivery SET queued_at = now() - interval '30 hours'", &[])
        .await
        .unwrap();
    let _notifier = stage.notifier(&[("IMGFILTER_NOTIFY_BREAKER_PAUSE", "1h")]);
    // As long as the breaker says, and a tenth of their age.
    let waiting = "SELECT count(*) >= 20 FROM imgfilter.queue \
                   WHERE worker_id IS NULL AND attempts = 0 AND run_at > now() + interval '2 hours'";
    stage.until_true(waiting).await;
    let tried = stage.value::<i64>("SELECT count(*) FROM imgfilter.attempt").await;
    assert!((5..=10).contains(&tried), "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_has_a_secret_of_its_own_and_may_say_that_it_has_had_enough() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["200 OK", "410 Gone"]);
    let target = stage.webhook_target(&hook.url()).await;
    stage
        .sql
        .execute("UPDATE imgfilter.target SET secret_number = 2, rotated_at = now()", &[])
        .await
        .unwrap();
    let _notifier = stage.notifier(&[]);
    stage.tell_target(&hook.url(), target).await;
    let request = hook.next(SOON);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["type"], &body["data"]), (&json!("target.disabled"), &notice()));
    assert_eq!(request.header("webhook-signature").split(' ').count(), 2, "the old secret signs for a day");

    stage.tell_target(&hook.url(), target).await;
    hook.next(SOON);
    stage.until_true("SELECT status = 'disabled' AND reason = 'gone' FROM imgfilter.target").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_telling_to_the_notifier_and_that_ends_in_order() {
    let stage = Stage::set().await;
    let (hook, mailbox) = (Hook::answering(&["200 OK"]), Mailbox::answering(Some("250 yes")));
    let worker = stage.worker(&[("IMGFILTER_NOTIFIER", "off")]);
    let task = stage.order(&photo(), json!({"webhook": hook.url()})).await;
    stage.until(task, "done").await;
    hook.stays_silent(Duration::from_millis(1500));
    let mut notifier = stage.notifier(&[
        ("IMGFILTER_SMTP_URL", &mailbox.url()),
        ("IMGFILTER_MAIL_FROM", "Images <images@example.com>"),
    ]);
    hook.next(SOON);
    stage.tell("email", "you@example.org").await;
    let letter = mailbox.next(SOON);
    assert!(letter.contains("Subject: Your code is 123456") && letter.contains("Message-ID: <"), "{letter}");
    assert!(!notifier.said().contains("you@example.org") && !notifier.said().contains("123456"));
    notifier.signal(Signal::TERM);
    assert!(notifier.ended().success());
    notifier.says("drained");
    stage.until_true("SELECT count(*) = 1 FROM imgfilter.worker").await;
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_signs_links_in_notifications_is_noted() {
    let stage = Stage::set().await;
    let _notifier = stage.notifier(&[]);
    stage.until_true("SELECT count(*) = 1 FROM imgfilter.link_key").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_shows_the_result_in_its_letters() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::answering(Some("250 yes"));
    let _worker = stage.worker(&[
        ("IMGFILTER_SMTP_URL", &mailbox.url()),
        ("IMGFILTER_MAIL_FROM", "Images <images@example.com>"),
        ("IMGFILTER_PREVIEW_PATIENCE", "1m"),
    ]);
    let task = stage.order(&photo(), json!({"filters": ["sepia"]})).await;
    stage.until(task, "done").await;
    let sql = "SELECT imgfilter.enqueue_delivery($1, 'email', 'task.done', 'you@example.org')";
    stage.call(sql, &[&task]).await;
    let letter = mailbox.next(SOON);
    assert!(letter.contains("Subject: Your image is ready"), "{letter}");
    assert!(letter.contains("https://img.example/d/"), "{letter}");
    // The beginning of a JPEG.
    assert!(letter.contains("Content-ID: <picture>") && letter.contains("\r\n/9j/"), "{letter}");
}
