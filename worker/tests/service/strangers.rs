//! Strangers say where we send to: nothing of what they say leads inside.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imgfilter::db::deliveries::Verdict;
use imgfilter::notify::address::{Lookup, PublicOnly, system_lookup};
use imgfilter::notify::carrier::{Carrier, Message, Tried};
use imgfilter::notify::http::{Outside, Terms};
use imgfilter::notify::webhook::Webhook;
use imgfilter_api::signing::Masters;
use reqwest::dns::Resolve;
use uuid::Uuid;

use crate::stage::WEBHOOK_SECRET;
use crate::stage::receiver::Hook;

/// Public, and nobody is there: a network that was never announced.
const FAR_AWAY: &str = "11.0.0.1";

/// Targets that say by themselves where they lead.
const LITERAL: [&str; 33] = [
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001::1]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://intranet/",
];

/// Targets that are refused for what they are.
const MALFORMED: [&str; 10] = [
    "http://example.com/",
    "https://example.com:8443/",
    "https://example.com:22/",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "example.com",
    "",
];

/// What names may resolve to that would lead inside.
const RESOLVED: [&str; 16] = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.100.100.200",
    "169.254.169.254",
    "172.20.0.1",
    "192.168.1.1",
    "198.19.0.1",
    "240.0.0.1",
    "::1",
    "::",
    "::ffff:192.168.1.1",
    "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254",
    "fe80::1",
    "2002:a00:1::",
];

/// A resolver that says one thing after the other, and counts how often it was asked.
struct Resolver {
    answers: Mutex<Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Resolver {
    /// Its last answer is also the one to all that is asked after it.
    fn saying(answers: Vec<Vec<&'static str>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }

    fn lookup(self: &Arc<Self>) -> Lookup {
        let resolver = Arc::clone(self);
        Arc::new(move |_| {
            let said = resolver.answer();
            Box::pin(async move { Ok(said) })
        })
    }

    fn answer(&self) -> Vec<IpAddr> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst);
        let answers = self.answers.lock().unwrap();
        answers[count.min(answers.len() - 1)].iter().map(|address| address.parse().unwrap()).collect()
    }
}

fn webhook(lookup: Lookup) -> Webhook {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (connect_timeout, timeout) = (Duration::from_millis(300), Duration::from_secs(2));
    let outside = Outside::new(&Terms { connect_timeout, timeout, insecure: false }, lookup).unwrap();
    Webhook::new(Masters::parse(WEBHOOK_SECRET).unwrap(), outside)
}

async fn send(webhook: &Webhook, address: &str) -> Tried {
    let id = Uuid::now_v7();
    webhook
        .send(Message {
            id,
            address,
            keys: None,
            target: None,
            secret_numbers: &[],
            body: b"{}",
            trace: None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_lead_inside_are_refused() {
    let resolver = Resolver::saying(vec![vec!["127.0.0.1"]]);
    let webhook = webhook(resolver.lookup());
    let hook = Hook::answering(&["200 OK"]);
    let ports = [hook.url(), hook.url().replace("http:", "https:")];
    let all = LITERAL.iter().chain(&MALFORMED).map(ToString::to_string).chain(ports);
    for target in all {
        let tried = send(&webhook, &target).await;
        let attempt = &tried.attempt;
        assert_eq!((attempt.verdict, attempt.status), (Verdict::Refused, None), "{target}: {attempt:?}");
        assert!(!tried.host_failed, "{target}: nobody was asked");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0, "no name was looked up");
    hook.stays_silent(Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_lead_inside_are_refused() {
    for address in RESOLVED {
        let webhook = webhook(Resolver::saying(vec![vec![address]]).lookup());
        let tried = send(&webhook, "https://hook.example.com/").await;
        let attempt = &tried.attempt;
        assert_eq!((attempt.verdict, attempt.status), (Verdict::Refused, None), "{address}: {attempt:?}");
        assert!(attempt.detail == "refused: it is not a public address", "{address}: {attempt:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let resolver = Resolver::saying(vec![vec![FAR_AWAY], vec!["127.0.0.1"], vec!["169.254.169.254", "::1"]]);
    let webhook = webhook(resolver.lookup());
    let first = send(&webhook, "https://rebind.example.com/").await;
    assert_eq!(first.attempt.verdict, Verdict::Retry, "far away, and silent: {first:?}");
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1, "what was looked up is what is connected to");
    for _ in 0..2 {
        let next = send(&webhook, "https://rebind.example.com/").await;
        assert_eq!(next.attempt.verdict, Verdict::Refused, "{next:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_addresses_only_public_ones_are_connected_to() {
    let said = vec!["127.0.0.1", FAR_AWAY, "::1", "10.0.0.1"];
    let guard = PublicOnly { insecure: false, lookup: Resolver::saying(vec![said]).lookup() };
    let Ok(found) = guard.resolve("mixed.example.com".parse().unwrap()).await else {
        panic!("one is public")
    };
    let found: Vec<String> = found.map(|address| address.ip().to_string()).collect();
    assert_eq!(found, [FAR_AWAY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resolver_of_this_machine_is_judged_too() {
    let resolve = |insecure| async move {
        let guard = PublicOnly { insecure, lookup: system_lookup() };
        let found = guard.resolve("localhost".parse().unwrap()).await;
        found.map(|addresses| addresses.count()).map_err(|error| error.to_string())
    };
    assert_eq!(resolve(false).await, Err("it is not a public address".into()));
    assert!(resolve(true).await.unwrap() > 0);
}
