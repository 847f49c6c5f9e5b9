//! `imgfilter notify add`.

use std::process::ExitCode;

use clap::Args;
use imgfilter_api::address::{Keys, Reach};
use imgfilter_api::channel::Channel;
use imgfilter_api::target::EVENTS;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{explain, secret_of};
use crate::cli::Outcome;
use crate::config;
use crate::db::Db;
use crate::db::targets::NewTarget;

/// Options of `imgfilter notify add`.
#[derive(Debug, Args)]
#[command(
    after_help = "A new mailbox or telephone is sent a code, and is told nothing else before that was said: \
                  `imgfilter notify verify`. One that the owner has already keeps its id and its state, and is told of \
                  these events."
)]
pub struct Options {
    /// webhook, email, push, sms or topic
    #[arg(value_parser = channel)]
    channel: Channel,
    /// A URL, a mailbox, the endpoint of a browser's subscription, a telephone number or a topic's ARN
    address: String,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// What it is told of; may be given several times
    #[arg(long = "event", value_name = "EVENT", default_values = ["task.done", "task.failed"], value_parser = EVENTS)]
    events: Vec<String>,
    /// Of a browser: its public key, 65 bytes in base64url
    #[arg(long, value_name = "KEY", requires = "auth")]
    p256dh: Option<String>,
    /// Of a browser: the secret that it shares, 16 bytes in base64url
    #[arg(long, value_name = "SECRET", requires = "p256dh")]
    auth: Option<String>,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    notify: config::Notify,
    #[command(flatten)]
    database: config::Migrate,
}

fn channel(name: &str) -> Result<Channel, String> {
    Channel::from_name(name).ok_or_else(|| "one of webhook, email, push, sms and topic".to_owned())
}

/// What is told of a target that was added.
#[derive(Serialize)]
struct Added {
    id: Uuid,
    channel: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Adds it, and prints its id: of a webhook also the secret that signs for it.
pub async fn run(options: &Options) -> Outcome {
    let address = reach(&options.notify).check(options.channel, &options.address)?;
    let target = NewTarget {
        channel: options.channel.as_str(),
        address: &address,
        keys: keys(options)?,
        events: &options.events,
    };
    let db = Db::as_owner(&options.database)?;
    let made = db.add_target(&options.owner, &target, options.notify.max_targets).await.map_err(explain)?;
    let secret = match options.channel {
        Channel::Webhook => secret_of(&options.notify.webhooks, made.id, made.secret_number)?,
        _ => None,
    };
    let added = Added { id: made.id, channel: made.channel, status: made.status, secret };
    if options.json {
        println!("{}", serde_json::to_string(&added)?);
    } else {
        println!("{}  {}", added.id, added.status);
        added.secret.iter().for_each(|secret| println!("{secret}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn reach(notify: &config::Notify) -> Reach {
    Reach {
        insecure: notify.webhooks.webhook_insecure,
        push_hosts: notify.push.hosts(),
        topics: notify.sns.topics(),
    }
}

/// The keys of a browser, which nothing else has.
fn keys(options: &Options) -> Result<Option<Value>, Box<dyn std::error::Error + Send + Sync>> {
    let given = options.p256dh.clone().zip(options.auth.clone());
    match (options.channel, given) {
        (Channel::Push, Some((p256dh, auth))) => {
            Ok(Some(serde_json::to_value(Keys { p256dh, auth }.check()?)?))
        }
        (Channel::Push, None) => Err("a browser is told only with --p256dh and --auth".into()),
        (_, None) => Ok(None),
        (_, Some(_)) => Err("--p256dh and --auth are for the channel push".into()),
    }
}
