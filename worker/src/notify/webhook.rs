//! Webhooks: one POST, signed, and the judgement of its answer.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use uuid::Uuid;

use super::address::{self, Forbidden, PublicOnly};
use super::signature::{Key, message_id};
use crate::db::deliveries::{Attempt, Verdict};

/// How long a receiver may take to accept the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a try may take in all.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How much of the answer is read.
const MAX_READ: usize = 16 * 1024;
/// How much of the answer is kept.
const MAX_KEPT: usize = 2048;

/// Sends webhooks.
pub struct Sender {
    client: Client,
    key: Key,
    insecure: bool,
}

impl Sender {
    /// A sender that signs with `key`. `insecure` opens http and private addresses: for tests.
    pub fn new(key: Key, insecure: bool) -> Result<Self, reqwest::Error> {
        // Our own addresses must not be reached by a detour: no redirects, no proxy. Nothing of one receiver is
        // carried to another: no cookies, no referrer.
        let client = Client::builder()
            .dns_resolver(Arc::new(PublicOnly { insecure }))
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("imgfilter/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, key, insecure })
    }

    /// Tries once. Returns what came of it, and the pause the receiver asked for.
    pub async fn send(&self, delivery: Uuid, target: &str, body: Vec<u8>) -> (Attempt, Option<Duration>) {
        let begun = Instant::now();
        let ended = |verdict, status, detail: String, reply| Attempt {
            verdict,
            status,
            took: begun.elapsed(),
            detail,
            reply,
        };
        let url = match address::check(target, self.insecure) {
            Ok(url) => url,
            Err(forbidden) => {
                return (ended(Verdict::Refused, None, forbidden.to_string(), Vec::new()), None);
            }
        };
        let (id, timestamp) = (message_id(delivery), seconds_now());
        let signature = self.key.sign(&id, timestamp, &body);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(answer) => {
                let (status, retry_after) = (answer.status(), asked_pause(&answer));
                let reply = beginning(answer).await;
                let detail = format!("answered {status}");
                (ended(judge(status), Some(status.as_u16()), detail, reply), retry_after)
            }
            Err(error) => {
                let verdict = if is_forbidden(&error) { Verdict::Refused } else { Verdict::Retry };
                (ended(verdict, None, classify(&error), Vec::new()), None)
            }
        }
    }
}

/// What a status means: 2xx is received, 410 is enough, everything else, redirects too, is tried again.
fn judge(status: StatusCode) -> Verdict {
    if status.is_success() {
        Verdict::Delivered
    } else if status == StatusCode::GONE {
        Verdict::Gone
    } else {
        Verdict::Retry
    }
}

/// The beginning of the answer. Reads no more than [`MAX_READ`], however much is sent.
async fn beginning(mut answer: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < MAX_READ {
        // An answer that breaks off or takes too long was still an answer.
        let Ok(Some(chunk)) = answer.chunk().await else { break };
        read.extend_from_slice(&chunk);
    }
    read.truncate(MAX_KEPT);
    read
}

/// Seconds of Retry-After; dates are not understood, the schedule then holds.
fn asked_pause(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The kind of a failure. The target is not told again: it may carry a secret.
fn classify(error: &reqwest::Error) -> String {
    let kind = if is_forbidden(error) {
        "refused"
    } else if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connection"
    } else {
        "protocol"
    };
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    format!("{kind}: {cause}")
}

fn is_forbidden(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Forbidden>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
