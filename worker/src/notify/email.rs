//! E-mail, by the operator's own server.

use std::error::Error;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use imgfilter_api::channel::Channel;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::Url;
use uuid::Uuid;

use super::carrier::{Carrier, Message, Tried, Unwritable};
use super::event::{Event, Words};
use super::http::host_of;
use crate::config::{self, ConfigError, Secret};
use crate::db::deliveries::Verdict;

/// The header that names the trace of the request that ordered the task.
const TRACE: &str = "Imgfilter-Trace";
/// How much of a refusal is kept.
const MAX_KEPT: usize = 2048;
/// What the page calls the picture that comes with it.
const PICTURE: &str = "picture";
/// The port of a server that is spoken to plainly, or encrypted after STARTTLS, or from the first byte.
const PORTS: (u16, u16, u16) = (25, 587, 465);

/// Sends e-mail.
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    host: String,
    from: Mailbox,
    timeout: Duration,
}

impl Email {
    /// One that uses the server of these settings, if there is one. A try takes `timeout` at most.
    ///
    /// # Errors
    /// A setting is missing, or cannot be used.
    pub fn new(
        settings: &config::Mail,
        timeout: Duration,
    ) -> Result<Option<Self>, Box<dyn Error + Send + Sync>> {
        let Some(url) = settings.url()? else { return Ok(None) };
        let from = settings.mail_from.as_deref().filter(|from| !from.is_empty());
        let from = from.ok_or(ConfigError::Missing("IMGFILTER_MAIL_FROM"))?;
        let from: Mailbox = from.parse().map_err(|_| ConfigError::Invalid {
            name: "IMGFILTER_MAIL_FROM",
            reason: "not a mailbox".to_owned(),
        })?;
        let (url, transport) = transport(&url, timeout)?;
        let host = host_of(&url).unwrap_or_default();
        Ok(Some(Self { transport, host, from, timeout }))
    }

    /// Connects to the server, encrypts and logs in as for a letter, and sends none.
    ///
    /// # Errors
    /// In the server's words, or why it cannot be asked.
    pub async fn knock(&self) -> Result<(), String> {
        match tokio::time::timeout(self.timeout, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the server answers NOOP with a refusal".to_owned()),
            Ok(Err(error)) => Err(crate::cli::with_causes(&error)),
            Err(_) => Err(format!("no answer within {} s", self.timeout.as_secs())),
        }
    }

    /// The server's name.
    pub fn server(&self) -> &str {
        &self.host
    }

    fn letter(&self, event: &Event, id: Uuid, to: Address) -> Result<Vec<u8>, lettre::error::Error> {
        let words = event.words();
        let mut letter = Letter::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&words.title)
            .date_now()
            // The same for every try: a mailbox that got it twice can tell.
            .message_id(Some(format!("<{}@{}>", id.simple(), self.from.email.domain())))
            // No machine is to answer it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(trace) = event.trace() {
            letter =
                letter.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(TRACE), trace.to_owned()));
        }
        Ok(letter.multipart(body(&words, event.preview.as_deref()))?.formatted())
    }
}

/// The server of a URL. Unless the URL says `tls=none`, nothing is sent in the clear.
fn transport(
    url: &Secret,
    timeout: Duration,
) -> Result<(Url, AsyncSmtpTransport<Tokio1Executor>), Box<dyn Error + Send + Sync>> {
    let invalid =
        |reason: &str| ConfigError::Invalid { name: "IMGFILTER_SMTP_URL", reason: reason.to_owned() };
    let url = Url::parse(url.reveal().trim()).map_err(|_| invalid("not a URL"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| invalid("there is no host"))?;
    let options: Vec<_> = url.query_pairs().collect();
    let plain = match options.as_slice() {
        [] => false,
        [(name, value)] if name == "tls" && value == "none" => true,
        _ => return Err(invalid("nothing but tls=none may follow the question mark").into()),
    };
    let (tls, port) = match (url.scheme(), plain) {
        ("smtp", true) => (Tls::None, PORTS.0),
        ("smtp", false) => (Tls::Required(TlsParameters::new(host.to_owned())?), PORTS.1),
        ("smtps", false) => (Tls::Wrapper(TlsParameters::new(host.to_owned())?), PORTS.2),
        _ => return Err(invalid("neither smtp:// nor smtps://").into()),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .tls(tls)
        .port(url.port().unwrap_or(port))
        .timeout(Some(timeout))
        .hello_name(ClientId::Domain(rustix::system::uname().nodename().to_string_lossy().into_owned()));
    if let Some(password) = url.password() {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        builder = builder.credentials(Credentials::new(decoded(url.username()), decoded(password)));
    }
    let transport = builder.build();
    Ok((url, transport))
}

#[async_trait]
impl Carrier for Email {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn shows_pictures(&self) -> bool {
        true
    }

    fn host(&self, _: &str) -> Option<String> {
        Some(self.host.clone())
    }

    fn render(&self, event: &Event, id: Uuid, address: &str) -> Result<Vec<u8>, Unwritable> {
        let to: Address = address.parse().map_err(|_| Unwritable("the address is none".to_owned()))?;
        self.letter(event, id, to).map_err(|error| Unwritable(error.to_string()))
    }

    async fn send(&self, message: Message<'_>) -> Tried {
        let begun = Instant::now();
        let envelope = message.address.parse().ok().and_then(|to| {
            let from = self.from.email.clone();
            Envelope::new(Some(from), vec![to]).ok()
        });
        let Some(envelope) = envelope else {
            return Tried::judged(begun, Verdict::Refused, None, "the address is none");
        };
        let sent = self.transport.send_raw(&envelope, message.body);
        match tokio::time::timeout(self.timeout, sent).await {
            Ok(Ok(_)) => Tried::judged(begun, Verdict::Delivered, Some(250), "taken"),
            Ok(Err(error)) => failed(begun, &error),
            Err(_) => Tried::unanswered(begun, Verdict::Retry, "timeout: no answer in time"),
        }
    }
}

fn failed(begun: Instant, error: &smtp::Error) -> Tried {
    let Some(code) = error.status() else {
        let kind = match error {
            error if error.is_timeout() => "timeout",
            error if error.is_tls() => "tls",
            error if error.is_client() || error.is_response() => "protocol",
            _ => "connection",
        };
        return Tried::unanswered(begun, Verdict::Retry, format!("{kind}: {error}"));
    };
    let code = u16::from(code);
    // What the server says names the address: it is kept with the answer, and not with what is logged.
    let said = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    let enhanced = enhanced_code(&said);
    let detail = match enhanced {
        Some(enhanced) => format!("answered {code} {enhanced}"),
        None => format!("answered {code}"),
    };
    let mut reply = said.clone().into_bytes();
    reply.truncate(MAX_KEPT);
    // 421: the service is not available.
    Tried::of(begun, judge(code, enhanced), Some(code), detail, reply, code == 421)
}

/// The status code of RFC 3463 that an answer begins with.
fn enhanced_code(said: &str) -> Option<&str> {
    let first = said.split_whitespace().next()?;
    let parts: Vec<&str> = first.split('.').collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(number)).then_some(first)
}

/// What a refusal means. Only what says that there is no such mailbox speaks against the address, and only what says that
/// this letter does not fit ends it. For the rest it is our own server that speaks, and it may be mended.
fn judge(code: u16, enhanced: Option<&str>) -> Verdict {
    match (code, enhanced) {
        // We have to log in, or cannot: the operator's mistake, and not the address's.
        (530 | 534 | 535 | 538, _) => Verdict::Retry,
        (500.., Some("5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1")) => Verdict::Gone,
        (500.., Some("5.2.2" | "5.2.3" | "5.3.4")) => Verdict::Refused,
        (500.., Some(enhanced)) if enhanced.starts_with("5.6.") => Verdict::Refused,
        _ => Verdict::Retry,
    }
}

/// The same twice: as text, and as a page, with a picture within where there is one.
fn body(words: &Words, picture: Option<&[u8]>) -> MultiPart {
    let page = html(words, picture.is_some());
    match picture.zip(ContentType::parse("image/jpeg").ok()) {
        None => MultiPart::alternative_plain_html(plain(words), page),
        Some((picture, kind)) => {
            let picture = Attachment::new_inline(PICTURE.to_owned()).body(picture.to_vec(), kind);
            let page = MultiPart::related().singlepart(SinglePart::html(page)).singlepart(picture);
            MultiPart::alternative().singlepart(SinglePart::plain(plain(words))).multipart(page)
        }
    }
}

fn plain(words: &Words) -> String {
    let links = words.links.iter().map(|(name, url)| format!("\n{name}:\n{url}\n"));
    format!("{}\n{}", words.text, links.collect::<String>())
}

fn html(words: &Words, with_picture: bool) -> String {
    let picture =
        if with_picture { format!("<p><img src=\"cid:{PICTURE}\" alt=\"\"></p>\n") } else { String::new() };
    let links = words
        .links
        .iter()
        .map(|(name, url)| format!("<p><a href=\"{}\">{}</a></p>\n", escaped(url), escaped(name)));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"font-family: sans-serif\">\n<h1 style=\"font-size: 1.3em\">{title}</h1>\n<p>{text}</p>\n{picture}{links}</body>\n</html>\n",
        title = escaped(&words.title),
        text = escaped(&words.text),
        links = links.collect::<String>()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use imgfilter_api::link::LinkKeys;
    use imgfilter_api::task;
    use serde_json::json;

    use super::*;
    use crate::notify::event::Data;

    fn mail(url: &str, from: &str) -> config::Mail {
        let smtp_url = Some(url.parse().unwrap());
        config::Mail { smtp_url, smtp_url_file: None, mail_from: Some(from.to_owned()) }
    }

    fn email(url: &str) -> Result<Email, String> {
        let mail = mail(url, "Images <images@example.com>");
        let made = Email::new(&mail, Duration::from_secs(1)).map_err(|error| error.to_string())?;
        made.ok_or_else(|| "off".to_owned())
    }

    #[tokio::test]
    async fn servers() {
        for url in ["smtp://u:p%40@mail.example:2525", "smtps://mail.example", "smtp://127.0.0.1:25?tls=none"]
        {
            assert!(email(url).is_ok(), "{url}");
        }
        for url in
            ["mail.example", "http://mail.example", "smtp:///", "smtps://a.example?tls=none", "smtp://a?x=1"]
        {
            assert!(email(url).is_err(), "{url}");
        }
        assert!(Email::new(&mail("smtp://a.example", "nobody"), Duration::from_secs(1)).is_err());
        assert_eq!(email("").err().as_deref(), Some("off"));
    }

    #[tokio::test]
    async fn a_letter_is_the_same_for_every_try_and_harmless() {
        let email = email("smtp://a.example").unwrap();
        let details = json!({"channel": "webhook", "address": "<script>&\"", "reason": "gone"});
        let event = Event {
            r#type: "target.disabled".to_owned(),
            timestamp: "2026-11-23T10:00:00Z".to_owned(),
            data: Data::Details(details),
            preview: None,
        };
        let id = Uuid::nil();
        let letter = String::from_utf8(email.render(&event, id, "you@example.org").unwrap()).unwrap();
        for line in [
            "From: Images <images@example.com>",
            "To: you@example.org",
            "Subject: Notifications by webhook were turned off",
            "Message-ID: <00000000000000000000000000000000@example.com>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(letter.contains(&format!("{line}\r\n")), "{line} in\n{letter}");
        }
        assert!(letter.contains("&lt;script&gt;&amp;&quot;"), "{letter}");
        assert!(!letter.contains("Imgfilter-Trace"), "{letter}");
        let event = Event { preview: Some(b"picture".to_vec()), ..event };
        let shown = String::from_utf8(email.render(&event, id, "you@example.org").unwrap()).unwrap();
        for words in ["cid:picture", "Content-ID: <picture>", "image/jpeg"] {
            assert!(shown.contains(words) && !letter.contains(words), "{shown}");
        }
        assert!(email.render(&event, id, "you@example.org\r\nBcc: all@example.org").is_err());
    }

    #[tokio::test]
    async fn a_letter_about_a_task_names_its_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let task = json!({
            "id": Uuid::nil(), "version": 3, "status": "done", "created_at": "2026-11-23T10:00:00Z", "trace": trace,
            "image": {"id": Uuid::nil(), "format": "jpeg", "width": 2, "height": 1, "frames": 1, "bytes": 9, "sha256": "ab"},
            "results": [],
        });
        let keys = LinkKeys::parse("1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let task = task::render(serde_json::from_value(task).unwrap(), "https://x.example", &keys);
        let event = Event {
            r#type: "task.done".to_owned(),
            timestamp: "2026-11-23T10:00:01Z".to_owned(),
            data: Data::Task(Box::new(task)),
            preview: None,
        };
        let email = email("smtp://a.example").unwrap();
        let letter =
            String::from_utf8(email.render(&event, Uuid::nil(), "you@example.org").unwrap()).unwrap();
        assert!(letter.contains(&format!("Imgfilter-Trace: {trace}\r\n")), "{letter}");
    }

    #[test]
    fn refusals() {
        for (code, said, verdict) in [
            (550, "5.1.1 <a@b.example>: no such user", Verdict::Gone),
            (550, "5.2.1 closed", Verdict::Gone),
            (550, "5.7.1 relaying denied", Verdict::Retry),
            (550, "who knows what", Verdict::Retry),
            (554, "5.3.0 our disk is full", Verdict::Retry),
            (550, "5.1.8 bad sender", Verdict::Retry),
            (552, "5.2.2 the mailbox is full", Verdict::Refused),
            (552, "5.3.4 too large", Verdict::Refused),
            (554, "5.6.0 unreadable", Verdict::Refused),
            (535, "5.7.8 who are you", Verdict::Retry),
            (451, "4.7.1 greylisted", Verdict::Retry),
            (421, "busy", Verdict::Retry),
        ] {
            assert_eq!(judge(code, enhanced_code(said)), verdict, "{code} {said}");
        }
    }
}
