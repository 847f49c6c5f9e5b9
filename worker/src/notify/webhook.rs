//! Webhooks: one POST, signed, and the judgement of its answer.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use imgfilter_api::channel::Channel;
use imgfilter_api::signing::Masters;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use uuid::Uuid;

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::Event;
use super::http::{Judge, Outside, host_of};
use super::signature::{message_id, sign, signers};
use crate::db::deliveries::Verdict;

/// Sends webhooks.
pub struct Webhook {
    masters: Masters,
    outside: Outside,
}

impl Webhook {
    /// One that signs with secrets of these masters.
    pub fn new(masters: Masters, outside: Outside) -> Self {
        Self { masters, outside }
    }
}

#[async_trait]
impl Carrier for Webhook {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    fn asks_strangers(&self) -> bool {
        true
    }

    fn host(&self, address: &str) -> Option<String> {
        host_of(&self.outside.check(address).ok()?)
    }

    fn render(&self, event: &Event, _: Uuid, _: &str) -> Result<Vec<u8>, Unwritable> {
        event.json()
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let url = match self.outside.check(message.address) {
            Ok(url) => url,
            Err(forbidden) => {
                return Tried::judged(Instant::now(), Verdict::Refused, None, forbidden.to_string());
            }
        };
        let (id, timestamp) = (message_id(message.id), seconds_now());
        let secrets = signers(&self.masters, message.target, message.secret_numbers);
        let signatures: Vec<String> =
            secrets.iter().map(|secret| sign(secret, &id, timestamp, message.body)).collect();
        let request = self
            .outside
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(message.body.to_vec());
        let request = match message.trace {
            Some(trace) => request.header("traceparent", trace.to_string()),
            None => request,
        };
        Judge { answered: judge, lost: Verdict::Retry }.send(request).await
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

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
