//! Web push: a note for a browser, encrypted for it, taken there by its push service (RFC 8030).

mod encryption;
mod vapid;

use std::error::Error;
use std::time::Instant;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use imgfilter_api::address::PushHosts;
use imgfilter_api::channel::Channel;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use url::Url;
use uuid::Uuid;

pub use encryption::{BadSubscription, Subscription};
pub use vapid::{BadVapid, Vapid, VapidKeys};

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::Event;
use super::http::{Judge, Outside, host_of};
use crate::config::{self, ConfigError};
use crate::db::deliveries::Verdict;

/// How long a push service keeps a note for a browser that is not there, in seconds: a day.
const TTL: u32 = 86_400;
/// Longest note, in bytes: what is encrypted has to fit into 4,096, which every push service takes.
const MAX_NOTE: usize = 3000;

/// Sends notes to browsers.
pub struct Push {
    vapid: Vapid,
    hosts: PushHosts,
    outside: Outside,
}

impl Push {
    /// One that shows itself as these settings say, if they do.
    ///
    /// # Errors
    /// A key or subject that cannot be used, or only some of what is needed.
    pub fn new(
        settings: &config::Push,
        outside: Outside,
    ) -> Result<Option<Self>, Box<dyn Error + Send + Sync>> {
        let Some(private) = settings.key()? else { return Ok(None) };
        let public =
            settings.vapid_public_key.as_deref().ok_or(ConfigError::Missing("IMGFILTER_VAPID_PUBLIC_KEY"))?;
        let subject =
            settings.vapid_subject.as_deref().ok_or(ConfigError::Missing("IMGFILTER_VAPID_SUBJECT"))?;
        let vapid = Vapid::new(&VapidKeys { private, public: public.to_owned() }, subject)?;
        Ok(Some(Self { vapid, hosts: settings.hosts(), outside }))
    }

    /// An endpoint, if it is one of a push service that we know.
    fn check(&self, endpoint: &str) -> Result<Url, String> {
        let url = self.outside.check(endpoint).map_err(|forbidden| forbidden.to_string())?;
        let host = url.host_str().unwrap_or_default();
        if self.hosts.contain(host) {
            Ok(url)
        } else {
            Err("the host is no push service of IMGFILTER_PUSH_HOSTS".to_owned())
        }
    }

    /// Encrypts a note for its browser.
    fn sealed(message: &Message<'_>) -> Result<Vec<u8>, BadSubscription> {
        let subscription = Subscription::read(message.keys.ok_or(BadSubscription)?)?;
        subscription.seal(message.body)
    }
}

#[async_trait]
impl Carrier for Push {
    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn asks_strangers(&self) -> bool {
        true
    }

    fn host(&self, address: &str) -> Option<String> {
        host_of(&self.check(address).ok()?)
    }

    fn render(&self, event: &Event, _: Uuid, _: &str) -> Result<Vec<u8>, Unwritable> {
        let note = event.note(MAX_NOTE)?;
        Ok(note)
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let refused = |why: String| Tried::judged(Instant::now(), Verdict::Refused, None, why);
        let url = match self.check(message.address) {
            Ok(url) => url,
            Err(why) => return refused(why),
        };
        let sealed = match Self::sealed(&message) {
            Ok(sealed) => sealed,
            Err(error) => return refused(error.to_string()),
        };
        let authorization = match self.vapid.authorization(&url) {
            Ok(authorization) => authorization,
            Err(error) => return Tried::judged(Instant::now(), Verdict::Retry, None, error.to_string()),
        };
        let request = self
            .outside
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", TTL)
            .header("urgency", "normal")
            // A note that is sent again takes the place of the first where that is still waiting.
            .header("topic", URL_SAFE_NO_PAD.encode(message.id.as_bytes()))
            .body(sealed);
        Judge { answered: judge, lost: Verdict::Retry }.send(request).await
    }
}

/// What a status means by RFC 8030: 404 and 410 say that the subscription has ended.
fn judge(status: StatusCode) -> Verdict {
    match status {
        status if status.is_success() => Verdict::Delivered,
        StatusCode::NOT_FOUND | StatusCode::GONE => Verdict::Gone,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Verdict::Retry,
        status if status.is_client_error() => Verdict::Refused,
        _ => Verdict::Retry,
    }
}
