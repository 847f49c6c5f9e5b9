//! Short messages by Amazon SNS. As with any other provider, none is sent twice.

use std::time::Instant;

use async_trait::async_trait;
use aws_sdk_sns::types::MessageAttributeValue;
use imgfilter_api::channel::Channel;
use uuid::Uuid;

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::Event;
use super::sns::{Published, Sns};
use crate::db::deliveries::Verdict;

/// Sends short messages by SNS.
pub struct SmsSns(Sns);

impl SmsSns {
    /// One that asks this client.
    pub fn new(sns: Sns) -> Self {
        Self(sns)
    }
}

#[async_trait]
impl Carrier for SmsSns {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn at_most_once(&self) -> bool {
        true
    }

    fn host(&self, _: &str) -> Option<String> {
        Some(self.0.host().to_owned())
    }

    fn render(&self, event: &Event, _: Uuid, _: &str) -> Result<Vec<u8>, Unwritable> {
        Ok(event.short().into_bytes())
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let begun = Instant::now();
        let mut call = self.0.publish().phone_number(message.address);
        call = call.message(String::from_utf8_lossy(message.body));
        // Otherwise it may be put off, as advertising is.
        let kind = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        if let Ok(kind) = kind {
            call = call.message_attributes("AWS.SNS.SMS.SMSType", kind);
        }
        match Published::by(call).await {
            Published::Yes => Tried::judged(begun, Verdict::Delivered, Some(200), "taken"),
            Published::No(status, code) => {
                let verdict = judge(status, &code);
                let host_failed = !matches!(verdict, Verdict::Refused);
                let tried = Tried::judged(begun, verdict, Some(status), format!("answered {status}: {code}"));
                Tried { host_failed, ..tried }
            }
            Published::NotSent(why) => Tried::unanswered(begun, Verdict::Retry, why),
            Published::Lost(why) => Tried::unanswered(begun, Verdict::Unknown, why),
        }
    }
}

/// What an answer that it was not taken means.
fn judge(status: u16, code: &str) -> Verdict {
    match status {
        429 => Verdict::Retry,
        _ if code.contains("Throttl") => Verdict::Retry,
        // The operator's mistake, and not the message's.
        _ if matches!(code, "InvalidClientTokenId" | "SignatureDoesNotMatch" | "RequestExpired") => {
            Verdict::Retry
        }
        400..500 => Verdict::Refused,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_certainly_not_sent_is_tried_again() {
        assert_eq!(judge(400, "Throttled"), Verdict::Retry);
        assert_eq!(judge(400, "Throttling"), Verdict::Retry);
        assert_eq!(judge(403, "SignatureDoesNotMatch"), Verdict::Retry);
        assert_eq!(judge(400, "InvalidParameter"), Verdict::Refused);
        assert_eq!(judge(500, "InternalError"), Verdict::Unknown);
        assert_eq!(judge(302, "no code"), Verdict::Unknown);
    }
}
