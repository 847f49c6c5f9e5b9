//! Whom an order asks to be told of its task, beside what its owner has set for all.

use serde::{Deserialize, Serialize};

use crate::address::{Reach, Subscription, Unusable};
use crate::channel::{self, Channel};
use crate::options::duplicate_field;
use crate::problem::{Code, Problem};

/// What stands for all channels in `mute`.
const ALL: &str = "all";

/// Whom an order may ask to be told.
#[derive(Debug, Clone, Default)]
pub struct Tellable {
    /// Channels that whoever asks may name.
    pub allowed: Vec<Channel>,
    /// Channels that the service has.
    pub on: Vec<Channel>,
    /// Which addresses can be told.
    pub reach: Reach,
}

/// Whom an order asks to be told, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// A URL.
    pub webhook: Option<String>,
    /// A mailbox; that the owner may be told there is the database's to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
    /// A browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Subscription>,
    /// Channels of which the owner's own targets are not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mute: Vec<Channel>,
}

impl Telling {
    /// Reads a field, if it is one of these: whether it is.
    pub(crate) fn take(&mut self, name: &str, value: &str, rules: &Tellable) -> Result<bool, Problem> {
        match name {
            "webhook" => once(&mut self.webhook, name, rules.webhook(value)?)?,
            "email" => once(&mut self.email, name, rules.address(Channel::Email, value)?)?,
            "sms" => once(&mut self.sms, name, rules.address(Channel::Sms, value)?)?,
            "push" => once(&mut self.push, name, rules.push(value)?)?,
            "mute" if self.mute.is_empty() => self.mute = read_mute(value)?,
            "mute" => return Err(duplicate_field(name)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Problem> {
    if slot.replace(value).is_some() { Err(duplicate_field(name)) } else { Ok(()) }
}

impl Tellable {
    fn webhook(&self, value: &str) -> Result<String, Problem> {
        if !self.allowed.contains(&Channel::Webhook) {
            let detail = "a webhook may be named here only with a key that has the scope webhook";
            return Err(Problem::new(Code::WebhookNotAllowed, detail).field("webhook"));
        }
        self.reach
            .check(Channel::Webhook, value)
            .map_err(|why| refuse(Code::InvalidWebhook, &why).field("webhook"))
    }

    fn address(&self, channel: Channel, value: &str) -> Result<String, Problem> {
        let name = channel.as_str();
        self.admit(channel)?;
        let code = if channel == Channel::Email { Code::InvalidEmail } else { Code::InvalidSms };
        self.reach.check(channel, value).map_err(|why| refuse(code, &why).field(name))
    }

    /// Anybody may ask for this: nobody can be told who has not asked a browser for it.
    fn push(&self, value: &str) -> Result<Subscription, Problem> {
        self.is_on(Channel::Push)?;
        Subscription::read(value, &self.reach).map_err(|why| refuse(Code::InvalidPush, &why).field("push"))
    }

    fn admit(&self, channel: Channel) -> Result<(), Problem> {
        if !self.allowed.contains(&channel) {
            return Err(not_allowed(channel).field(channel.as_str()));
        }
        self.is_on(channel)
    }

    fn is_on(&self, channel: Channel) -> Result<(), Problem> {
        if self.on.contains(&channel) { Ok(()) } else { Err(off(channel).field(channel.as_str())) }
    }
}

/// The problem of a channel that the key does not allow.
pub(crate) fn not_allowed(channel: Channel) -> Problem {
    let detail = format!("{channel} may be named here only with a key that has the scope {channel}");
    Problem::new(Code::ChannelNotAllowed, detail)
}

/// The problem of a channel that the service does not have.
pub(crate) fn off(channel: Channel) -> Problem {
    Problem::new(Code::ChannelOff, format!("this service does not tell by {channel}"))
}

/// What is wrong with an address, as a problem.
pub(crate) fn refuse(code: Code, why: &Unusable) -> Problem {
    let mut problem = Problem::new(code, why.to_string());
    problem.limit = why.limit();
    problem
}

/// Channels with commas between, in the order of all; or `all`.
fn read_mute(value: &str) -> Result<Vec<Channel>, Problem> {
    if value == ALL {
        return Ok(Channel::ALL.to_vec());
    }
    let named: Option<Vec<Channel>> = value.split(',').map(|name| Channel::from_name(name.trim())).collect();
    let mut named = named.ok_or_else(|| {
        let detail = format!("mute is all, or some of {} with commas between", channel::names());
        Problem::new(Code::InvalidMute, detail).field("mute")
    })?;
    named.sort_unstable();
    named.dedup();
    Ok(named)
}

#[cfg(test)]
#[path = "telling_tests.rs"]
mod tests;
