//! The channels of notifications: whether what is configured of them can be used. None sends anything.

use std::error::Error;

use imgfilter_api::signing::Masters;

use super::Context;
use super::configuration::mended;
use super::finding::{Finding, Trouble};
use crate::cli::with_causes;
use crate::config::{ConfigError, Sms};
use crate::notify::address::system_lookup;
use crate::notify::email::Email;
use crate::notify::http::{Outside, Terms};
use crate::notify::push::Push;
use crate::notify::sms_http::SmsHttp;
use crate::notify::sns::{Connections, Sns};

fn off(setting: &str) -> Finding {
    Finding::skipped(format!("the channel is off: {setting} is not set"))
}

/// A channel that cannot be made of its settings.
fn unusable(error: &(dyn Error + Send + Sync + 'static), prefix: &str) -> Finding {
    match error.downcast_ref::<ConfigError>() {
        Some(error) => Finding::of(vec![mended(error)], ""),
        None => Finding::wrong(
            format!("{prefix}: {}", with_causes(error)),
            format!("correct the settings that begin with {prefix}"),
        ),
    }
}

/// The secrets that sign.
#[expect(clippy::unused_async, reason = "checks are alike")]
pub(super) async fn webhook(context: &Context) -> Finding {
    let webhooks = &context.settings.notify.webhooks;
    let secret = match webhooks.secret() {
        Ok(Some(secret)) => secret,
        Ok(None) => return off("IMGFILTER_WEBHOOK_SECRET"),
        Err(error) => return Finding::of(vec![mended(&error)], ""),
    };
    match Masters::parse(secret.reveal()) {
        Err(error) => Finding::wrong(
            format!("IMGFILTER_WEBHOOK_SECRET: {error}"),
            "restore it: with another, receivers refuse what they get; `imgfilter webhook-secret` makes the first",
        ),
        Ok(_) if webhooks.webhook_insecure => Finding::of(
            vec![Trouble::warning(
                "IMGFILTER_WEBHOOK_INSECURE opens the inner network to strangers",
                "take it out; it is for tests",
            )],
            "",
        ),
        Ok(masters) => Finding::ok(format!("secrets that sign: {}", masters.all().count())),
    }
}

/// The server: reached, encrypted, logged in to.
pub(super) async fn email(context: &Context) -> Finding {
    let notify = &context.settings.notify;
    let email = match Email::new(&notify.mail, notify.notify_timeout) {
        Ok(Some(email)) => email,
        Ok(None) => return off("IMGFILTER_SMTP_URL"),
        Err(error) => return unusable(&*error, "IMGFILTER_SMTP_"),
    };
    let Err(said) = email.knock().await else {
        return Finding::ok(format!("{} lets us in", email.server()));
    };
    let what = format!("{}: {said}", email.server());
    let refuses = ["(530)", "(534)", "(535)", "(538)"].iter().any(|code| what.contains(code));
    let mend = if refuses || what.to_ascii_lowercase().contains("authentication") {
        "the server does not let us log in: correct user and password in IMGFILTER_SMTP_URL"
    } else if what.to_ascii_lowercase().contains("tls") || what.contains("ertificate") {
        "let the server offer STARTTLS with a certificate that this machine trusts, or use smtps://"
    } else {
        "start the server, or correct host and port in IMGFILTER_SMTP_URL"
    };
    Finding::wrong(what, mend)
}

/// The pair of keys, and whom push services may turn to.
#[expect(clippy::unused_async, reason = "checks are alike")]
pub(super) async fn push(context: &Context) -> Finding {
    let notify = &context.settings.notify;
    let outside = match Outside::new(&Terms::from(notify), system_lookup()) {
        Ok(outside) => outside,
        Err(error) => return unusable(&error, "IMGFILTER_NOTIFY_"),
    };
    match Push::new(&notify.push, outside) {
        Ok(Some(_)) => Finding::ok("the keys are a pair, and somebody is named who can be asked"),
        Ok(None) if notify.push.vapid_public_key.is_some() => Finding::wrong(
            "IMGFILTER_VAPID_PUBLIC_KEY is set, and IMGFILTER_VAPID_KEY is not: what pages subscribe to is never sent",
            "set IMGFILTER_VAPID_KEY to the private key of the pair, or take the public key out",
        ),
        Ok(None) => off("IMGFILTER_VAPID_KEY"),
        Err(error) => unusable(&*error, "IMGFILTER_VAPID_"),
    }
}

/// The template of a request, or credentials of SNS.
#[expect(clippy::unused_async, reason = "checks are alike")]
pub(super) async fn sms(context: &Context) -> Finding {
    let notify = &context.settings.notify;
    let made: Result<(), Box<dyn Error + Send + Sync>> = match notify.messages.sms {
        Sms::Off => return Finding::skipped("the channel is off: IMGFILTER_SMS=off"),
        Sms::Sns => Sns::new(notify, Connections::OneEach).map(drop).map_err(Into::into),
        Sms::Http => SmsHttp::new(&notify.messages, &Terms::from(notify)).map(drop),
    };
    if let Err(error) = made {
        return unusable(&*error, "IMGFILTER_SMS_");
    }
    if notify.messages.sms == Sms::Sns {
        return Finding::ok("there are credentials of Amazon SNS; they were not tried");
    }
    let url = notify.messages.url().map(|url| url.reveal().to_owned()).unwrap_or_default();
    let request = format!("{url} {}", notify.messages.sms_body);
    let lacking = ["{to}", "{text}"].into_iter().filter(|place| !request.contains(place));
    let lacking: Vec<&str> = lacking.collect();
    if lacking.is_empty() {
        return Finding::ok("the request can be written; it was not sent");
    }
    Finding::wrong(
        format!("neither IMGFILTER_SMS_URL nor IMGFILTER_SMS_BODY has a place for {}", lacking.join(", ")),
        "write the request as the provider wants it, with {to} and {text} in it",
    )
}

/// Credentials of SNS, where topics are allowed.
#[expect(clippy::unused_async, reason = "checks are alike")]
pub(super) async fn topic(context: &Context) -> Finding {
    let notify = &context.settings.notify;
    if notify.sns.topics().is_empty() {
        return off("IMGFILTER_SNS_TOPICS");
    }
    let mut named = notify.sns.sns_topics.iter().map(|arn| arn.trim()).filter(|arn| !arn.is_empty());
    if let Some(odd) = named.find(|arn| !arn.starts_with("arn:") && *arn != "*") {
        return Finding::wrong(format!("IMGFILTER_SNS_TOPICS: {odd} is no ARN"), "name topics by their ARNs");
    }
    match Sns::new(notify, Connections::Kept) {
        Ok(_) => Finding::ok("there are credentials of Amazon SNS; they were not tried"),
        Err(error) => Finding::of(vec![mended(&error)], ""),
    }
}
