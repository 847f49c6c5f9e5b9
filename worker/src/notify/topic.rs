//! Topics of Amazon SNS: the event as JSON, to a topic that the operator allows.

use std::time::Instant;

use async_trait::async_trait;
use imgfilter_api::address::Topics;
use imgfilter_api::channel::Channel;
use uuid::Uuid;

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::Event;
use super::sns::{Published, Sns};
use crate::db::deliveries::Verdict;

/// Publishes to topics.
pub struct Topic {
    sns: Sns,
    allowed: Topics,
}

impl Topic {
    /// One that publishes to these topics only: our credentials send, so not to any that somebody names.
    pub fn new(sns: Sns, allowed: Topics) -> Self {
        Self { sns, allowed }
    }
}

#[async_trait]
impl Carrier for Topic {
    fn channel(&self) -> Channel {
        Channel::Topic
    }

    fn host(&self, _: &str) -> Option<String> {
        Some(self.sns.host().to_owned())
    }

    fn render(&self, event: &Event, _: Uuid, _: &str) -> Result<Vec<u8>, Unwritable> {
        event.json()
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let begun = Instant::now();
        if !self.allowed.contain(message.address) {
            return Tried::judged(begun, Verdict::Refused, None, "the topic is none of IMGFILTER_SNS_TOPICS");
        }
        let call = self.sns.publish().topic_arn(message.address);
        let call = call.message(String::from_utf8_lossy(message.body));
        match Published::by(call).await {
            Published::Yes => Tried::judged(begun, Verdict::Delivered, Some(200), "taken"),
            Published::No(status, code) => {
                let tried = Tried::judged(
                    begun,
                    judge(status, &code),
                    Some(status),
                    format!("answered {status}: {code}"),
                );
                Tried { host_failed: status >= 500 || code.contains("Throttl"), ..tried }
            }
            Published::NotSent(why) | Published::Lost(why) => Tried::unanswered(begun, Verdict::Retry, why),
        }
    }
}

/// What an answer that it was not taken means.
fn judge(status: u16, code: &str) -> Verdict {
    match (status, code) {
        (404, _) | (_, "NotFound") => Verdict::Gone,
        (400, code) if !code.contains("Throttl") => Verdict::Refused,
        _ => Verdict::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(judge(404, "NotFound"), Verdict::Gone);
        assert_eq!(judge(400, "InvalidParameter"), Verdict::Refused);
        assert_eq!(judge(400, "Throttling"), Verdict::Retry);
        assert_eq!(judge(403, "AuthorizationError"), Verdict::Retry);
        assert_eq!(judge(500, "InternalError"), Verdict::Retry);
    }
}
