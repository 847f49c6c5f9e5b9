//! What all channels have in common, and the one list of them.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use imgfilter_api::channel::Channel;
use imgfilter_api::signing::Masters;
use imgfilter_api::trace::TraceParent;
use serde_json::Value;
use uuid::Uuid;

use super::address::system_lookup;
use super::email::Email;
use super::event::Event;
use super::http::{Outside, Terms};
use super::push::Push;
use super::sms_http::SmsHttp;
use super::sms_sns::SmsSns;
use super::sns::{Connections, Sns};
use super::topic::Topic;
use super::webhook::Webhook;
use crate::config::{self, Sms};
use crate::db::deliveries::{Attempt, Verdict};

/// Brings messages by one channel.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// The channel.
    fn channel(&self) -> Channel;

    /// Whether a message must not be sent a second time when nobody knows what became of the first: a telephone rings, and
    /// each message costs money.
    fn at_most_once(&self) -> bool {
        false
    }

    /// Whether strangers say which host is asked. What goes wrong there may name it, and is not logged.
    fn asks_strangers(&self) -> bool {
        false
    }

    /// Whether its messages show a small picture of the result, where there is one.
    fn shows_pictures(&self) -> bool {
        false
    }

    /// The host that has to answer for this address. `None`: it is sent nowhere, which [`Carrier::send`] will say.
    fn host(&self, address: &str) -> Option<String>;

    /// The bytes of a message: made once, and the same for every try.
    ///
    /// # Errors
    /// Nothing can be made of this event for this address.
    fn render(&self, event: &Event, id: Uuid, address: &str) -> Result<Vec<u8>, Unwritable>;

    /// Tries once.
    async fn send(&self, message: Message<'_>) -> Tried;
}

/// An event that a channel has no message for.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be written: {0}")]
pub struct Unwritable(pub String);

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Of its delivery: the same for every try.
    pub id: Uuid,
    /// Where it goes.
    pub address: &'a str,
    /// What a browser's subscription needs beside the address.
    pub keys: Option<&'a Value>,
    /// The owner's target, if it is for one.
    pub target: Option<Uuid>,
    /// The numbers of the target's secrets that sign now.
    pub secret_numbers: &'a [i32],
    /// What [`Carrier::render`] made.
    pub body: &'a [u8],
    /// The span of this try, where the task has a trace.
    pub trace: Option<TraceParent>,
}

/// A try, and what follows for the next ones.
#[derive(Debug, Clone)]
pub struct Tried {
    /// As it is recorded.
    pub attempt: Attempt,
    /// The pause that the receiver asked for.
    pub retry_after: Option<Duration>,
    /// Whether the host is to blame: it did not answer, or said that it cannot now.
    pub host_failed: bool,
}

impl Tried {
    /// One that ended without an answer.
    pub fn unanswered(begun: Instant, verdict: Verdict, detail: impl Into<String>) -> Self {
        let host_failed = matches!(verdict, Verdict::Retry | Verdict::Unknown);
        Self::of(begun, verdict, None, detail.into(), Vec::new(), host_failed)
    }

    /// One of which the host is not to blame, whatever came of it.
    pub fn judged(begun: Instant, verdict: Verdict, status: Option<u16>, detail: impl Into<String>) -> Self {
        Self::of(begun, verdict, status, detail.into(), Vec::new(), false)
    }

    /// What it says of the host: whether that failed. `None`: it was not asked.
    pub fn of_host(&self) -> Option<bool> {
        (self.host_failed || self.attempt.status.is_some()).then_some(self.host_failed)
    }

    pub(super) fn of(
        begun: Instant,
        verdict: Verdict,
        status: Option<u16>,
        detail: String,
        reply: Vec<u8>,
        host_failed: bool,
    ) -> Self {
        let attempt = Attempt { verdict, status, took: begun.elapsed(), detail, reply };
        Self { attempt, retry_after: None, host_failed }
    }
}

/// Those channels that are configured, and those that are not: what is for them waits.
pub struct Carriers {
    /// One for each channel that is.
    pub on: Vec<Arc<dyn Carrier>>,
    /// The others.
    pub off: Vec<Channel>,
}

/// The carriers of these settings.
///
/// # Errors
/// A setting that cannot be used.
pub fn carriers(settings: &config::Notify) -> Result<Carriers, Box<dyn Error + Send + Sync>> {
    let outside = Outside::new(&Terms::from(settings), system_lookup())?;
    let mut carriers = Carriers { on: Vec::new(), off: Vec::new() };
    for channel in Channel::ALL {
        match carrier(channel, settings, &outside)? {
            Some(carrier) => carriers.on.push(carrier),
            None => carriers.off.push(channel),
        }
    }
    Ok(carriers)
}

/// The carrier of a channel, if it is configured.
fn carrier(
    channel: Channel,
    settings: &config::Notify,
    outside: &Outside,
) -> Result<Option<Arc<dyn Carrier>>, Box<dyn Error + Send + Sync>> {
    Ok(match channel {
        Channel::Webhook => match settings.webhooks.secret()? {
            Some(secret) => Some(Arc::new(Webhook::new(Masters::parse(secret.reveal())?, outside.clone()))),
            None => None,
        },
        Channel::Email => Email::new(&settings.mail, settings.notify_timeout)?.map(arced),
        Channel::Push => Push::new(&settings.push, outside.clone())?.map(arced),
        Channel::Sms => match settings.messages.sms {
            Sms::Off => None,
            Sms::Sns => Some(Arc::new(SmsSns::new(Sns::new(settings, Connections::OneEach)?))),
            Sms::Http => Some(Arc::new(SmsHttp::new(&settings.messages, &Terms::from(settings))?)),
        },
        Channel::Topic => match settings.sns.topics() {
            allowed if allowed.is_empty() => None,
            allowed => Some(Arc::new(Topic::new(Sns::new(settings, Connections::Kept)?, allowed))),
        },
    })
}

fn arced<C: Carrier + 'static>(carrier: C) -> Arc<dyn Carrier> {
    Arc::new(carrier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_says_something_of_its_host() {
        let now = Instant::now();
        for (tried, says) in [
            (Tried::judged(now, Verdict::Refused, None, "it is not a public address"), None),
            (Tried::judged(now, Verdict::Unknown, None, "an earlier try was broken off"), None),
            (Tried::unanswered(now, Verdict::Refused, "refused: it is not a public address"), None),
            (Tried::unanswered(now, Verdict::Retry, "timeout: no answer in time"), Some(true)),
            (Tried::judged(now, Verdict::Delivered, Some(250), "taken"), Some(false)),
        ] {
            assert_eq!(tried.of_host(), says, "{tried:?}");
        }
    }
}
