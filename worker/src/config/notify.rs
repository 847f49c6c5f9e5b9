//! How owners are told: the channels, whom they speak to, and how much of it at once.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use imgfilter_api::address::{PushHosts, Topics};

use super::{ConfigError, Secret, parse_duration, secret};

/// Who sends short messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sms {
    /// Nobody: they wait.
    Off,
    /// Amazon SNS.
    Sns,
    /// A provider that takes a request over HTTP.
    Http,
}

/// Whether a worker tells, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notifier {
    /// It does.
    On,
    /// It leaves that to `imgfilter notify run`.
    Off,
}

/// Telling owners what became of their images.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications")]
pub struct Notify {
    /// Whether workers send notifications, too; `off` where `imgfilter notify run` does
    #[arg(long, env = "IMGFILTER_NOTIFIER", value_name = "MODE", value_enum, default_value_t = Notifier::On)]
    pub notifier: Notifier,
    /// Notifications of one channel under way at the same time, in one process
    #[arg(long, env = "IMGFILTER_NOTIFY_CONCURRENCY", value_name = "COUNT", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub notify_concurrency: u32,
    /// How many of them may be on their way to the same host; what is too much waits its turn and loses no try
    #[arg(long, env = "IMGFILTER_NOTIFY_PER_HOST", value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub notify_per_host: u32,
    /// How long a host may take to accept a connection
    #[arg(long, env = "IMGFILTER_NOTIFY_CONNECT_TIMEOUT", value_name = "DURATION", default_value = "5s",
          value_parser = parse_duration)]
    pub notify_connect_timeout: Duration,
    /// How long one try may take in all
    #[arg(long, env = "IMGFILTER_NOTIFY_TIMEOUT", value_name = "DURATION", default_value = "15s",
          value_parser = parse_duration)]
    pub notify_timeout: Duration,
    /// Failures of a host in a row (no answer, or one that it cannot: 5xx, 429) after which nothing is sent there for a
    /// while
    #[arg(long, env = "IMGFILTER_NOTIFY_BREAKER_FAILURES", value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub notify_breaker_failures: u32,
    /// How long nothing is sent to such a host; then one try shows whether it is back
    #[arg(long, env = "IMGFILTER_NOTIFY_BREAKER_PAUSE", value_name = "DURATION", default_value = "30s",
          value_parser = parse_duration)]
    pub notify_breaker_pause: Duration,
    /// How long before the last link of a task ends its owner is told of it (link.expiring)
    #[arg(long, env = "IMGFILTER_EXPIRING_NOTICE", value_name = "DURATION", default_value = "7d",
          value_parser = parse_duration)]
    pub expiring_notice: Duration,
    /// How many places an owner may have that are told
    #[arg(long, env = "IMGFILTER_MAX_TARGETS", value_name = "COUNT", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_targets: u32,
    /// Webhooks.
    #[command(flatten)]
    pub webhooks: Webhooks,
    /// E-mail.
    #[command(flatten)]
    pub mail: Mail,
    /// Browsers.
    #[command(flatten)]
    pub push: Push,
    /// Telephones.
    #[command(flatten)]
    pub messages: Messages,
    /// Amazon SNS.
    #[command(flatten)]
    pub sns: Sns,
}

/// Webhooks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications by webhook")]
pub struct Webhooks {
    /// Secret that signs webhooks by the Standard Webhooks scheme: `whsec_` and base64 of 24 to 64 bytes, or several with
    /// commas between while it is changed: all of them sign, and secrets of targets are made from the first. Without it
    /// no webhooks are sent; they wait. `imgfilter webhook-secret` makes one
    #[arg(long, env = "IMGFILTER_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub webhook_secret: Option<Secret>,
    /// File that holds IMGFILTER_WEBHOOK_SECRET
    #[arg(long, env = "IMGFILTER_WEBHOOK_SECRET_FILE", value_name = "PATH")]
    pub webhook_secret_file: Option<PathBuf>,
    /// Allow http and private addresses as targets of webhooks and push services: for tests only, it opens the inner network
    /// to strangers
    #[arg(long, env = "IMGFILTER_WEBHOOK_INSECURE", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub webhook_insecure: bool,
}

/// E-mail.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications by e-mail")]
pub struct Mail {
    /// Server that takes e-mail: `smtp://user:password@host:587` (STARTTLS is required) or `smtps://…:465`; `?tls=none` speaks
    /// plainly, for a server on this machine. Without it no e-mail is sent; it waits
    #[arg(long, env = "IMGFILTER_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<Secret>,
    /// File that holds IMGFILTER_SMTP_URL
    #[arg(long, env = "IMGFILTER_SMTP_URL_FILE", value_name = "PATH")]
    pub smtp_url_file: Option<PathBuf>,
    /// Whom e-mail comes from: `images@example.com`, or `Example <images@example.com>`
    #[arg(long, env = "IMGFILTER_MAIL_FROM", value_name = "MAILBOX")]
    pub mail_from: Option<String>,
}

/// Push messages to browsers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications by web push")]
pub struct Push {
    /// Private key of this service to push services (VAPID): 32 bytes, base64url. Without it nothing is pushed; it waits.
    /// `imgfilter vapid-key` makes one
    #[arg(long, env = "IMGFILTER_VAPID_KEY", hide_env_values = true, value_name = "KEY")]
    pub vapid_key: Option<Secret>,
    /// File that holds IMGFILTER_VAPID_KEY
    #[arg(long, env = "IMGFILTER_VAPID_KEY_FILE", value_name = "PATH")]
    pub vapid_key_file: Option<PathBuf>,
    /// Public key to IMGFILTER_VAPID_KEY, which pages subscribe with: 65 bytes, base64url. No secret
    #[arg(long, env = "IMGFILTER_VAPID_PUBLIC_KEY", value_name = "KEY")]
    pub vapid_public_key: Option<String>,
    /// Whom a push service may turn to: `mailto:` and an address, or an https URL
    #[arg(long, env = "IMGFILTER_VAPID_SUBJECT", value_name = "URL")]
    pub vapid_subject: Option<String>,
    /// Hosts of push services that may be sent to, separated by commas; `*.` stands for any names before the rest
    #[arg(
        long,
        env = "IMGFILTER_PUSH_HOSTS",
        value_name = "HOSTS",
        value_delimiter = ',',
        default_value = "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
    )]
    pub push_hosts: Vec<String>,
}

/// Short messages to telephones.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications by SMS")]
pub struct Messages {
    /// Who sends short messages: `sns` (Amazon), `http` (a provider with an interface over HTTP); `off`: they wait
    #[arg(long, env = "IMGFILTER_SMS", value_name = "MODE", value_enum, default_value_t = Sms::Off)]
    pub sms: Sms,
    /// Where the provider takes messages. {to}, {text} and {id} stand for number, text and the delivery's id, here and in
    /// the body, written as the place needs it
    #[arg(long, env = "IMGFILTER_SMS_URL", hide_env_values = true, value_name = "URL")]
    pub sms_url: Option<Secret>,
    /// File that holds IMGFILTER_SMS_URL
    #[arg(long, env = "IMGFILTER_SMS_URL_FILE", value_name = "PATH")]
    pub sms_url_file: Option<PathBuf>,
    /// Method of the request
    #[arg(long, env = "IMGFILTER_SMS_METHOD", value_name = "METHOD", default_value = "POST")]
    pub sms_method: String,
    /// Body of the request
    #[arg(
        long,
        env = "IMGFILTER_SMS_BODY",
        hide_env_values = true,
        value_name = "TEXT",
        default_value = "to={to}&text={text}"
    )]
    pub sms_body: String,
    /// Type of the body, which decides how the placeholders are written: a form, application/json, or plain
    #[arg(
        long,
        env = "IMGFILTER_SMS_CONTENT_TYPE",
        value_name = "TYPE",
        default_value = "application/x-www-form-urlencoded"
    )]
    pub sms_content_type: String,
    /// How the request is authorized: `user:password`, or `bearer` and a token
    #[arg(long, env = "IMGFILTER_SMS_AUTH", hide_env_values = true, value_name = "SECRET")]
    pub sms_auth: Option<Secret>,
    /// File that holds IMGFILTER_SMS_AUTH
    #[arg(long, env = "IMGFILTER_SMS_AUTH_FILE", value_name = "PATH")]
    pub sms_auth_file: Option<PathBuf>,
}

/// Amazon SNS, for topics and, with IMGFILTER_SMS=sns, for telephones.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications by Amazon SNS")]
pub struct Sns {
    /// Topics that may be told, by their ARNs, separated by commas; a `*` at the end stands for any rest. Whoever may use the
    /// channel chooses among them, and our credentials send. Without it the channel is off
    #[arg(long, env = "IMGFILTER_SNS_TOPICS", value_name = "ARNS", value_delimiter = ',')]
    pub sns_topics: Vec<String>,
    /// URL of the service, if it is not Amazon's own
    #[arg(long, env = "IMGFILTER_SNS_ENDPOINT", value_name = "URL")]
    pub sns_endpoint: Option<String>,
    /// Region of SNS
    #[arg(long, env = "IMGFILTER_SNS_REGION", value_name = "NAME", default_value = "us-east-1")]
    pub sns_region: String,
    /// Access key of SNS
    #[arg(long, env = "IMGFILTER_SNS_ACCESS_KEY", hide_env_values = true, value_name = "KEY")]
    pub sns_access_key: Option<Secret>,
    /// File that holds IMGFILTER_SNS_ACCESS_KEY
    #[arg(long, env = "IMGFILTER_SNS_ACCESS_KEY_FILE", value_name = "PATH")]
    pub sns_access_key_file: Option<PathBuf>,
    /// Secret key of SNS
    #[arg(long, env = "IMGFILTER_SNS_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    pub sns_secret_key: Option<Secret>,
    /// File that holds IMGFILTER_SNS_SECRET_KEY
    #[arg(long, env = "IMGFILTER_SNS_SECRET_KEY_FILE", value_name = "PATH")]
    pub sns_secret_key_file: Option<PathBuf>,
}

impl Webhooks {
    /// The signing secrets, if there are any, as they were written.
    pub fn secret(&self) -> Result<Option<Secret>, ConfigError> {
        secret::optional("IMGFILTER_WEBHOOK_SECRET", &self.webhook_secret, &self.webhook_secret_file)
    }
}

impl Mail {
    /// The server, if there is one.
    pub fn url(&self) -> Result<Option<Secret>, ConfigError> {
        secret::optional("IMGFILTER_SMTP_URL", &self.smtp_url, &self.smtp_url_file)
    }
}

impl Push {
    /// The hosts of push services.
    pub fn hosts(&self) -> PushHosts {
        PushHosts::parse(&self.push_hosts.join(","))
    }

    /// The private key, if there is one.
    pub fn key(&self) -> Result<Option<Secret>, ConfigError> {
        secret::optional("IMGFILTER_VAPID_KEY", &self.vapid_key, &self.vapid_key_file)
    }
}

impl Messages {
    /// Where the provider is.
    pub fn url(&self) -> Result<Secret, ConfigError> {
        secret::required("IMGFILTER_SMS_URL", &self.sms_url, &self.sms_url_file)
    }

    /// How it knows us, if it does.
    pub fn auth(&self) -> Result<Option<Secret>, ConfigError> {
        secret::optional("IMGFILTER_SMS_AUTH", &self.sms_auth, &self.sms_auth_file)
    }
}

impl Sns {
    /// The topics that may be told.
    pub fn topics(&self) -> Topics {
        Topics::parse(&self.sns_topics.join(","))
    }

    /// Access key and secret key. Both are needed.
    pub fn pair(&self) -> Result<(Secret, Secret), ConfigError> {
        Ok((
            secret::required("IMGFILTER_SNS_ACCESS_KEY", &self.sns_access_key, &self.sns_access_key_file)?,
            secret::required("IMGFILTER_SNS_SECRET_KEY", &self.sns_secret_key, &self.sns_secret_key_file)?,
        ))
    }
}
