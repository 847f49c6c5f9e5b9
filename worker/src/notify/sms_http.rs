//! Short messages by a provider that takes a request over HTTP, which the operator describes.
//!
//! A message is never sent twice: what may have been taken and was not answered is unknown, and stays so.

use std::error::Error;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgfilter_api::channel::Channel;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::Event;
use super::http::{Judge, Terms, host_of};
use crate::config::{self, ConfigError, Secret};
use crate::db::deliveries::Verdict;

/// How a value is written in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// As in a form or a URL.
    Form,
    /// Within the quotes of a JSON string.
    Json,
    /// As it is.
    Plain,
}

impl Writing {
    fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Self::Form,
            essence if essence == "application/json" || essence.ends_with("+json") => Self::Json,
            _ => Self::Plain,
        }
    }

    fn write(self, value: &str) -> String {
        match self {
            Self::Form => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Plain => value.to_owned(),
        }
    }
}

/// Sends short messages by the operator's provider.
pub struct SmsHttp {
    client: Client,
    url: Secret,
    method: Method,
    body: String,
    content_type: HeaderValue,
    writing: Writing,
    authorization: Option<HeaderValue>,
}

impl SmsHttp {
    /// One that asks as these settings say.
    ///
    /// # Errors
    /// A setting is missing, or cannot be used.
    pub fn new(settings: &config::Messages, terms: &Terms) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let url = settings.url()?;
        let invalid = |name, reason: &str| ConfigError::Invalid { name, reason: reason.to_owned() };
        let plain = |text: &str| Url::parse(&filled(text, Writing::Form, "1", "1", "1"));
        match plain(url.reveal()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {}
            _ => return Err(invalid("IMGFILTER_SMS_URL", "not an http or https URL").into()),
        }
        let method = settings.sms_method.to_ascii_uppercase();
        let method = match method.as_str() {
            "GET" | "POST" | "PUT" => method.parse()?,
            _ => return Err(invalid("IMGFILTER_SMS_METHOD", "not GET, POST or PUT").into()),
        };
        let content_type = HeaderValue::from_str(&settings.sms_content_type)
            .map_err(|_| invalid("IMGFILTER_SMS_CONTENT_TYPE", "not the value of a header"))?;
        let authorization = settings.auth()?.map(|auth| authorization(&auth)).transpose()?;
        // A connection of its own for each: one that was kept may have been closed meanwhile, and nobody could tell whether
        // the message had gone out by it.
        let client = terms.client().pool_max_idle_per_host(0).build()?;
        Ok(Self {
            client,
            url,
            method,
            body: settings.sms_body.clone(),
            writing: Writing::of(&settings.sms_content_type),
            content_type,
            authorization,
        })
    }
}

/// The value of `Authorization`, from `user:password` or `bearer` and a token.
fn authorization(auth: &Secret) -> Result<HeaderValue, ConfigError> {
    let text = auth.reveal().trim();
    let value = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => format!("Bearer {}", token.trim()),
        _ if text.contains(':') => format!("Basic {}", STANDARD.encode(text)),
        _ => String::new(),
    };
    let name = "IMGFILTER_SMS_AUTH";
    let mistake =
        || ConfigError::Invalid { name, reason: "not user:password, nor bearer and a token".to_owned() };
    if value.is_empty() {
        return Err(mistake());
    }
    let mut value = HeaderValue::from_str(&value).map_err(|_| mistake())?;
    value.set_sensitive(true);
    Ok(value)
}

/// A template with its placeholders filled. What was filled in is not looked at again.
fn filled(template: &str, writing: Writing, to: &str, text: &str, id: &str) -> String {
    let mut written = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        let known = [("{to}", to), ("{text}", text), ("{id}", id)];
        match known.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                written.push_str(&writing.write(value));
                rest = &from[name.len()..];
            }
            None => {
                written.push('{');
                rest = &from[1..];
            }
        }
    }
    written + rest
}

#[async_trait]
impl Carrier for SmsHttp {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn at_most_once(&self) -> bool {
        true
    }

    fn host(&self, _: &str) -> Option<String> {
        host_of(&Url::parse(&filled(self.url.reveal(), Writing::Form, "1", "1", "1")).ok()?)
    }

    fn render(&self, event: &Event, _: Uuid, _: &str) -> Result<Vec<u8>, Unwritable> {
        Ok(event.short().into_bytes())
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let (text, id) = (String::from_utf8_lossy(message.body), message.id.to_string());
        let fill = |template: &str, writing| filled(template, writing, message.address, &text, &id);
        let mut request = self.client.request(self.method.clone(), fill(self.url.reveal(), Writing::Form));
        if self.method != Method::GET {
            let body = fill(&self.body, self.writing);
            request = request.header(CONTENT_TYPE, self.content_type.clone()).body(body);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        Judge { answered: judge, lost: Verdict::Unknown }.send(request).await
    }
}

/// What a status means for a message that must not be sent twice: only 429, and 401, which is the operator's mistake, say
/// for certain that it may be tried again.
fn judge(status: StatusCode) -> Verdict {
    match status {
        status if status.is_success() => Verdict::Delivered,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED => Verdict::Retry,
        status if status.is_client_error() => Verdict::Refused,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_their_place_needs_it() {
        let fill = |template, content_type| {
            filled(template, Writing::of(content_type), "+49 1", "a \"b\" & {id}\n", "7")
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(fill("to={to}&text={text}", form), "to=%2B49+1&text=a+%22b%22+%26+%7Bid%7D%0A");
        let json = fill(r#"{"to":"{to}","text":"{text}","ref":"{id}","x":{}}"#, "application/json");
        assert_eq!(json, r#"{"to":"+49 1","text":"a \"b\" & {id}\n","ref":"7","x":{}}"#);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["text"], "a \"b\" & {id}\n");
        assert_eq!(fill("{to} {text}{", "text/plain"), "+49 1 a \"b\" & {id}\n{");
    }

    #[test]
    fn authorizations() {
        let of = |text: &str| {
            authorization(&text.parse().unwrap()).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of("user:pass word").unwrap(), "Basic dXNlcjpwYXNzIHdvcmQ=");
        assert_eq!(of("bearer abc").unwrap(), "Bearer abc");
        assert!(of("").is_err() && of("abc").is_err() && of("bearer a\nb").is_err());
    }
}
