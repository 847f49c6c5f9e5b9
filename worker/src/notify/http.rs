//! Requests to hosts that are not ours: where they may go, how long they may take, and what came of them.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode};
use url::Url;

use super::address::{self, Forbidden, Lookup, PublicOnly};
use super::carrier::Tried;
use crate::config;
use crate::db::deliveries::Verdict;

/// How much of an answer is read.
const MAX_READ: usize = 16 * 1024;
/// How much of an answer is kept.
const MAX_KEPT: usize = 2048;

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Until the connection is there.
    pub connect_timeout: Duration,
    /// In all.
    pub timeout: Duration,
    /// Opens http and private addresses: for tests.
    pub insecure: bool,
}

impl From<&config::Notify> for Terms {
    fn from(settings: &config::Notify) -> Self {
        Self {
            connect_timeout: settings.notify_connect_timeout,
            timeout: settings.notify_timeout,
            insecure: settings.webhooks.webhook_insecure,
        }
    }
}

impl Terms {
    /// A client that keeps to them, and follows no redirects, asks no proxy, and carries nothing of one receiver to another:
    /// no cookies, no referrer. Nor does it ever send a request a second time by itself.
    pub fn client(&self) -> ClientBuilder {
        Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .user_agent(concat!("imgfilter/", env!("CARGO_PKG_VERSION")))
    }
}

/// Sends where strangers say: nowhere but to public addresses.
#[derive(Clone)]
pub struct Outside {
    client: Client,
    insecure: bool,
}

impl Outside {
    /// One that finds hosts by `lookup`.
    ///
    /// # Errors
    /// There is no TLS.
    pub fn new(terms: &Terms, lookup: Lookup) -> Result<Self, reqwest::Error> {
        let insecure = terms.insecure;
        let resolver = Arc::new(PublicOnly { insecure, lookup });
        let client = terms.client().dns_resolver(resolver).pool_max_idle_per_host(1).build()?;
        Ok(Self { client, insecure })
    }

    /// A target's URL, if it may be sent to.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, target: &str) -> Result<Url, Forbidden> {
        address::check(target, self.insecure)
    }

    /// A POST to where [`Self::check`] allowed.
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }
}

/// The host of a URL as it is counted: with the port, where it is not the usual one.
pub fn host_of(url: &Url) -> Option<String> {
    let name = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    Some(match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name,
    })
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// We do not send there.
    Forbidden,
    /// There was no connection: nothing has been sent.
    NotConnected,
    /// Something may have been sent.
    Lost,
}

/// How a channel judges what came of a request.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    /// By the status of an answer.
    pub answered: fn(StatusCode) -> Verdict,
    /// When something was sent, and there was no answer.
    pub lost: Verdict,
}

impl Judge {
    /// Sends a request and judges what comes of it.
    pub async fn send(self, request: RequestBuilder) -> Tried {
        let begun = Instant::now();
        match request.send().await {
            Ok(answer) => {
                let (status, retry_after) = (answer.status(), asked_pause(&answer));
                let reply = beginning(answer).await;
                let cannot = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                let detail = format!("answered {status}");
                let verdict = (self.answered)(status);
                let tried = Tried::of(begun, verdict, Some(status.as_u16()), detail, reply, cannot);
                Tried { retry_after, ..tried }
            }
            Err(error) => {
                let verdict = match silence(&error) {
                    Silence::Forbidden => Verdict::Refused,
                    Silence::NotConnected => Verdict::Retry,
                    Silence::Lost => self.lost,
                };
                Tried::unanswered(begun, verdict, described(&error))
            }
        }
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

/// The pause of Retry-After: seconds, or the time until a date.
fn asked_pause(answer: &Response) -> Option<Duration> {
    let asked = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    match asked.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(asked).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

fn silence(error: &reqwest::Error) -> Silence {
    if is_forbidden(error) {
        Silence::Forbidden
    } else if error.is_connect() || error.is_builder() {
        Silence::NotConnected
    } else {
        Silence::Lost
    }
}

/// The kind of a failure. The target is not told again: it may carry a secret.
fn described(error: &reqwest::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(retry_after: &str) -> Response {
        http::Response::builder().header("retry-after", retry_after).body("").unwrap().into()
    }

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        assert_eq!(asked_pause(&answer("7")), Some(Duration::from_secs(7)));
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        let pause = asked_pause(&answer(&date)).unwrap().as_secs();
        assert!((3500..=3600).contains(&pause), "{pause}");
        assert_eq!(asked_pause(&answer("Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(asked_pause(&answer(nonsense)), None, "{nonsense}");
        }
    }

    #[test]
    fn hosts_are_counted_by_name_and_port() {
        let of = |url: &str| host_of(&Url::parse(url).unwrap()).unwrap();
        assert_eq!(of("https://Example.com./a"), "example.com");
        assert_eq!(of("https://example.com:443/b"), "example.com");
        assert_eq!(of("http://127.0.0.1:81/"), "127.0.0.1:81");
    }
}
