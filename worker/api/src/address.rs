//! Where an owner may ask to be told, checked by its form: whether anybody is there is found out later.
//!
//! An address has one way to be written here, so that the same one given twice is the same one.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;

/// Longest URL, in bytes.
const MAX_URL_BYTES: usize = 2048;
/// Longest address of a mailbox, in bytes (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
/// Digits of a telephone number after its `+` (E.164); the shortest in use have seven.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Longest name of a topic, in bytes.
const MAX_TOPIC_BYTES: usize = 256;
/// Digits of an account of AWS.
const ACCOUNT_DIGITS: usize = 12;
/// Bytes of a browser's public key: an uncompressed point of P-256.
const POINT_BYTES: usize = 65;
/// What such a point begins with.
const UNCOMPRESSED: u8 = 4;
/// Bytes of a browser's secret.
const AUTH_BYTES: usize = 16;

/// base64url as browsers write it; some libraries pad it.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It has more bytes than this.
    #[error("the address is longer than {0} bytes")]
    TooLong(usize),
    /// It is not a URL at all.
    #[error("not a URL: {0}")]
    NotUrl(#[from] url::ParseError),
    /// It is not what this channel takes.
    #[error("{0}")]
    Form(&'static str),
}

impl Unusable {
    /// The limit that was passed, if that is what is wrong.
    pub fn limit(&self) -> Option<u64> {
        match self {
            Self::TooLong(limit) => Some(*limit as u64),
            Self::NotUrl(_) | Self::Form(_) => None,
        }
    }
}

/// The hosts of push services.
#[derive(Debug, Clone, Default)]
pub struct PushHosts(Vec<String>);

impl PushHosts {
    /// Reads `fcm.googleapis.com, *.push.apple.com`: names with commas between; `*.` stands for anything before the rest.
    pub fn parse(list: &str) -> Self {
        let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// Whether this host is one of them.
    pub fn contain(&self, host: &str) -> bool {
        self.0.iter().any(|name| match name.strip_prefix('*') {
            Some(end) => {
                end.len() > 1 && host.len() > end.len() && end.starts_with('.') && host.ends_with(end)
            }
            None => host == name,
        })
    }
}

/// The topics that may be told.
#[derive(Debug, Clone, Default)]
pub struct Topics(Vec<String>);

impl Topics {
    /// Reads names with commas between; a `*` at the end of one stands for any rest.
    pub fn parse(list: &str) -> Self {
        Self(list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is among them.
    pub fn contain(&self, topic: &str) -> bool {
        self.0.iter().any(|name| match name.strip_suffix('*') {
            Some(begin) => topic.starts_with(begin),
            None => topic == name,
        })
    }
}

/// What may be told, as far as the service's settings decide.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Allows plain HTTP, bare addresses and any port: for tests only.
    pub insecure: bool,
    /// Where browsers are told.
    pub push_hosts: PushHosts,
    /// Which topics our credentials are used for.
    pub topics: Topics,
}

impl Reach {
    /// The address of this channel, as it is kept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, channel: Channel, text: &str) -> Result<String, Unusable> {
        match channel {
            Channel::Webhook => webhook(text, self.insecure),
            Channel::Email => email(text),
            Channel::Push => self.endpoint(text),
            Channel::Sms => phone(text),
            Channel::Topic => self.topic(text),
        }
    }

    fn endpoint(&self, text: &str) -> Result<String, Unusable> {
        let url = url(text, self.insecure)?;
        let known = url.host_str().is_some_and(|host| self.push_hosts.contain(host));
        if !known {
            return Err(Unusable::Form("the endpoint is not one of a push service that is told here"));
        }
        Ok(url.into())
    }

    fn topic(&self, text: &str) -> Result<String, Unusable> {
        let name = topic(text)?;
        if self.topics.contain(&name) { Ok(name) } else { Err(Unusable::Form("this topic is not told here")) }
    }
}

/// A browser's subscription to push messages, as `PushSubscription.toJSON()` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The URL of its push service.
    pub endpoint: String,
    /// What messages to it are encrypted with.
    pub keys: Keys,
}

/// The keys of a subscription, in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The browser's public key, an uncompressed point of P-256.
    pub p256dh: String,
    /// The secret that it shares.
    pub auth: String,
}

impl Subscription {
    /// Reads the JSON text of one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str, reach: &Reach) -> Result<Self, Unusable> {
        const FORM: &str =
            "a subscription is {\"endpoint\", \"keys\": {\"p256dh\", \"auth\"}}, as a browser makes it";
        let given: Self = serde_json::from_str(text).map_err(|_| Unusable::Form(FORM))?;
        Ok(Self { endpoint: reach.check(Channel::Push, &given.endpoint)?, keys: given.keys.check()? })
    }
}

/// The public key by which browsers know a service, in the one way in which it is written here.
///
/// # Errors
/// It is not of the length that it has.
pub fn push_key(text: &str) -> Result<String, Unusable> {
    point(text).ok_or(Unusable::Form("not an uncompressed point of P-256, 65 bytes, in base64url"))
}

/// An uncompressed point of P-256, written anew.
fn point(text: &str) -> Option<String> {
    let bytes = BASE64URL.decode(text).ok()?;
    (bytes.len() == POINT_BYTES && bytes[0] == UNCOMPRESSED).then(|| BASE64URL.encode(bytes))
}

impl Keys {
    /// The same in the one way in which they are written here.
    ///
    /// # Errors
    /// They are not of the lengths that they have.
    pub fn check(&self) -> Result<Self, Unusable> {
        let p256dh = point(&self.p256dh)
            .ok_or(Unusable::Form("p256dh is an uncompressed point of P-256, 65 bytes, in base64url"))?;
        let auth = BASE64URL.decode(&self.auth).ok().filter(|auth| auth.len() == AUTH_BYTES);
        let auth = auth.ok_or(Unusable::Form("auth is 16 bytes in base64url"))?;
        Ok(Self { p256dh, auth: BASE64URL.encode(auth) })
    }
}

/// A URL of https, without a user.
fn url(text: &str, insecure: bool) -> Result<url::Url, Unusable> {
    if text.len() > MAX_URL_BYTES {
        return Err(Unusable::TooLong(MAX_URL_BYTES));
    }
    let url = url::Url::parse(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unusable::Form("the address may not carry a user name or password"));
    }
    if insecure && matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(Unusable::Form("the address must start with https://"));
    }
    match url.host() {
        Some(url::Host::Domain(name)) if name.trim_end_matches('.').contains('.') => {}
        _ => {
            return Err(Unusable::Form("the address must name a public host, not a number or a local name"));
        }
    }
    if url.port_or_known_default() != Some(443) {
        return Err(Unusable::Form("the address must use port 443"));
    }
    Ok(url)
}

fn webhook(text: &str, insecure: bool) -> Result<String, Unusable> {
    Ok(url(text, insecure)?.into())
}

/// A mailbox. What stands before the `@` is left as it is: its host alone knows whether case matters there.
fn email(text: &str) -> Result<String, Unusable> {
    const FORM: Unusable = Unusable::Form("not the address of a mailbox, such as name@example.com");
    if text.len() > MAX_EMAIL_BYTES {
        return Err(Unusable::TooLong(MAX_EMAIL_BYTES));
    }
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    let address = EmailAddress::parse_with_options(text, options).map_err(|_| FORM)?;
    let (local, domain) = (address.local_part(), address.domain().to_ascii_lowercase());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    // Letters beyond ASCII need servers that not everybody has; a domain can be written without them.
    if !local.is_ascii() || local.starts_with('"') || !domain.chars().all(plain) {
        return Err(FORM);
    }
    Ok(format!("{local}@{domain}"))
}

/// A telephone number as E.164 has it.
fn phone(text: &str) -> Result<String, Unusable> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let well_formed = PHONE_DIGITS.contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    if well_formed {
        return Ok(text.to_owned());
    }
    Err(Unusable::Form("not a telephone number in full, such as +4930123456: a plus sign and 7 to 15 digits"))
}

/// The name of a standard topic of Amazon SNS. Those of the kind FIFO want to be told more than there is to tell.
fn topic(text: &str) -> Result<String, Unusable> {
    let parts: Vec<&str> = text.split(':').collect();
    let well_formed = match parts.as_slice() {
        ["arn", partition, "sns", region, account, name] => {
            let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            partition.starts_with("aws")
                && [partition, region].iter().all(|part| !part.is_empty() && part.chars().all(lower))
                && account.len() == ACCOUNT_DIGITS
                && account.bytes().all(|digit| digit.is_ascii_digit())
                && (1..=MAX_TOPIC_BYTES).contains(&name.len())
                && name.chars().all(plain)
        }
        _ => false,
    };
    if well_formed {
        return Ok(text.to_owned());
    }
    Err(Unusable::Form("not a standard topic, such as arn:aws:sns:eu-central-1:123456789012:name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> Reach {
        Reach {
            insecure: false,
            push_hosts: PushHosts::parse("fcm.googleapis.com, *.push.apple.com"),
            topics: Topics::parse(
                "arn:aws:sns:eu-central-1:123456789012:*, arn:aws-cn:sns:cn-north-1:000000000000:A_b-1",
            ),
        }
    }

    fn check(channel: Channel, text: &str) -> Option<String> {
        reach().check(channel, text).ok()
    }

    #[test]
    fn mailboxes() {
        for (text, kept) in [
            ("a@example.com", "a@example.com"),
            ("First.Last+tag@Sub.Example.COM", "First.Last+tag@sub.example.com"),
            ("o'neil@example.museum", "o'neil@example.museum"),
        ] {
            assert_eq!(check(Channel::Email, text).as_deref(), Some(kept), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", "b.".repeat(200));
        for text in [
            "",
            "a",
            "@",
            "a@",
            "@example.com",
            "a@localhost",
            "a@[127.0.0.1]",
            "Name <a@example.com>",
            "<a@example.com>",
            "a@b@example.com",
            "a b@example.com",
            "\"a b\"@example.com",
            "a@exam ple.com",
            "a@example..com",
            "a@-example.com",
            "a@exa$mple.com",
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com,b@example.com",
            "ä@example.com",
            "a@exämple.com",
            &long,
            &longer,
        ] {
            assert_eq!(check(Channel::Email, text), None, "{text}");
        }
    }

    #[test]
    fn telephones() {
        for text in ["+4930123456", "+1234567", "+123456789012345"] {
            assert_eq!(check(Channel::Sms, text).as_deref(), Some(text));
        }
        for text in [
            "",
            "+",
            "4930123456",
            "+049301234",
            "+49 30 123456",
            "+123456",
            "+1234567890123456",
            "+49301234a",
            "++493012345",
        ] {
            assert_eq!(check(Channel::Sms, text), None, "{text}");
        }
    }

    #[test]
    fn topics() {
        for text in
            ["arn:aws:sns:eu-central-1:123456789012:done", "arn:aws-cn:sns:cn-north-1:000000000000:A_b-1"]
        {
            assert_eq!(check(Channel::Topic, text).as_deref(), Some(text));
        }
        for text in [
            "",
            "arn:aws:sns:eu-central-1:123456789012:",
            "arn:aws:sns:eu-central-1:123456789012:a.fifo",
            "arn:aws:sns:eu-central-1:123456789012:a:0199",
            "arn:aws:sqs:eu-central-1:123456789012:a",
            "arn:aws:sns::123456789012:a",
            "arn:aws:sns:eu-central-1:12345678901:a",
            "arn:x:sns:eu-central-1:123456789012:a",
            "arn:aws:sns:eu-central-1:210987654321:a",
            "arn:aws-cn:sns:cn-north-1:000000000000:A_b-1x",
        ] {
            assert_eq!(check(Channel::Topic, text), None, "{text}");
        }
    }

    #[test]
    fn push_services_are_those_of_the_list() {
        for good in [
            "https://fcm.googleapis.com/fcm/send/x",
            "https://web.push.apple.com/q",
            "https://FCM.googleapis.com/",
        ] {
            assert!(check(Channel::Push, good).is_some(), "{good}");
        }
        for bad in [
            "https://example.com/",
            "https://push.apple.com/",
            "https://evilpush.apple.com/",
            "https://fcm.googleapis.com.evil.example/",
            "https://fcm.googleapis.com@evil.example/",
            "https://fcm.googleapis.com:8443/",
            "http://fcm.googleapis.com/",
            "https://169.254.169.254/",
        ] {
            assert_eq!(check(Channel::Push, bad), None, "{bad}");
        }
        for (list, host) in
            [("*", "example.com"), ("*.", "example.com."), ("", ""), ("*.push.apple.com", ".push.apple.com")]
        {
            assert!(!PushHosts::parse(list).contain(host), "{list} {host}");
        }
    }

    #[test]
    fn a_subscription_is_what_a_browser_makes() {
        let point = BASE64URL.encode([[4; 1].as_slice(), &[7; 64]].concat());
        let auth = BASE64URL.encode([9; 16]);
        let text = |point: &str, auth: &str| {
            serde_json::json!({"endpoint": "https://fcm.googleapis.com/x", "expirationTime": null,
                               "keys": {"p256dh": point, "auth": auth}})
            .to_string()
        };
        let subscription = Subscription::read(&text(&point, &format!("{auth}==")), &reach()).unwrap();
        assert_eq!(
            subscription.keys,
            Keys { p256dh: point.clone(), auth: auth.clone() },
            "padding is left out"
        );
        assert_eq!(push_key(&point).as_deref(), Ok(point.as_str()));
        assert!(push_key(&auth).is_err() && push_key("").is_err(), "a private key is none");
        let compressed = BASE64URL.encode([[2; 1].as_slice(), &[7; 32]].concat());
        let other = BASE64URL.encode([[3; 1].as_slice(), &[7; 64]].concat());
        for (point, auth) in [
            (&compressed, &auth),
            (&other, &auth),
            (&point, &point),
            (&"!".to_owned(), &auth),
            (&point, &String::new()),
        ] {
            assert!(Subscription::read(&text(point, auth), &reach()).is_err(), "{point} {auth}");
        }
        for text in ["", "null", "{}", "[]", r#"{"endpoint":"https://fcm.googleapis.com/x"}"#] {
            assert!(Subscription::read(text, &reach()).is_err(), "{text}");
        }
    }
}
