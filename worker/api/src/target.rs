//! Whom an owner has told of all tasks: the list as it is set, and as it is shown.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::address::Keys;
use crate::channel::{self, Channel};
use crate::problem::{Code, Problem};
use crate::signing::Masters;
use crate::telling::{self, Tellable};

/// Events that a target may be told of.
pub const EVENTS: [&str; 3] = ["task.done", "task.failed", "link.expiring"];
/// What it is told of if nothing else is said.
const USUAL_EVENTS: [&str; 2] = ["task.done", "task.failed"];
/// Digits of a code.
const CODE_DIGITS: usize = 6;

/// A target that is wanted, checked: an element of what `set_notifications` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// How it is told.
    pub channel: Channel,
    /// Where.
    pub address: String,
    /// Of a browser; may be left out where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
    /// Of what, each once, in the order of [`EVENTS`].
    pub events: Vec<&'static str>,
}

/// A target as the database has it.
#[derive(Debug, Clone, Deserialize)]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// How it is told.
    pub channel: Channel,
    /// Where.
    pub address: String,
    /// Of what.
    pub events: Vec<String>,
    /// `unverified`, `active` or `disabled`.
    pub status: String,
    /// Why it is disabled.
    pub reason: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339: when it said its code, or else was made.
    pub verified_at: Option<String>,
    /// Rises with each change of its secret.
    pub secret_number: i32,
}

/// All targets of an owner, as the database has them.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Views {
    /// In the order in which they were made.
    pub targets: Vec<View>,
}

/// A target as its owner sees it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: Uuid,
    channel: Channel,
    address: String,
    events: Vec<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl View {
    /// As its owner sees it: that of a webhook with the secret that signs for it, as long as the service has one.
    pub fn show(self, masters: Option<&Masters>) -> Shown {
        let secret = masters.filter(|_| self.channel == Channel::Webhook);
        let secret = secret.map(|masters| masters.first().of_target(self.id, self.secret_number).reveal());
        Shown {
            id: self.id,
            channel: self.channel,
            address: self.address,
            events: self.events,
            status: self.status,
            reason: self.reason,
            created_at: self.created_at,
            verified_at: self.verified_at,
            secret,
        }
    }
}

/// The body of `PUT /me/notifications`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    targets: Vec<Given>,
}

/// An element of it. What is shown of a target and cannot be set may stay in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    channel: String,
    address: String,
    keys: Option<Keys>,
    events: Option<Vec<String>>,
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "status")]
    _status: Option<IgnoredAny>,
    #[serde(rename = "reason")]
    _reason: Option<IgnoredAny>,
    #[serde(rename = "created_at")]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "verified_at")]
    _verified_at: Option<IgnoredAny>,
    #[serde(rename = "secret")]
    _secret: Option<IgnoredAny>,
}

/// Reads the list that is wanted. One that is `known` may stay whatever the key allows and the service has.
///
/// # Errors
/// `malformed_request` for what is no such list, and otherwise the first mistake, with its place.
pub fn read(body: &[u8], known: &Views, rules: &Tellable) -> Result<Vec<Target>, Problem> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::MalformedRequest, format!("the body is not a list of targets in JSON: {error}"))
    })?;
    let mut seen = HashSet::new();
    let mut targets = Vec::with_capacity(body.targets.len());
    for (index, given) in body.targets.into_iter().enumerate() {
        let target =
            check(given, known, rules).map_err(|(field, problem)| problem.field(place(index, field)))?;
        if !seen.insert((target.channel, target.address.clone())) {
            let problem = Problem::new(Code::InvalidTarget, "this target is given more than once");
            return Err(problem.field(place(index, "address")));
        }
        targets.push(target);
    }
    Ok(targets)
}

fn place(index: usize, field: &str) -> String {
    format!("targets[{index}].{field}")
}

fn check(given: Given, known: &Views, rules: &Tellable) -> Result<Target, (&'static str, Problem)> {
    let wrong = |detail: String| Problem::new(Code::InvalidTarget, detail);
    let channel = Channel::from_name(&given.channel)
        .ok_or_else(|| ("channel", wrong(format!("the channels are {}", channel::names()))))?;
    let is_known =
        |address: &str| known.targets.iter().any(|one| one.channel == channel && one.address == address);
    // As it is shown; what the service would tell today may be less than yesterday.
    let (address, is_known) = if is_known(&given.address) {
        (given.address, true)
    } else {
        admit(channel, rules).map_err(|problem| ("channel", problem))?;
        let address = rules.reach.check(channel, &given.address);
        let address = address.map_err(|why| ("address", telling::refuse(Code::InvalidTarget, &why)))?;
        let is_known = is_known(&address);
        (address, is_known)
    };
    let keys = match (channel, given.keys) {
        (Channel::Push, Some(keys)) => {
            Some(keys.check().map_err(|why| ("keys", telling::refuse(Code::InvalidTarget, &why)))?)
        }
        (Channel::Push, None) if !is_known => {
            return Err(("keys", wrong("a browser is told only with the keys of its subscription".into())));
        }
        (_, None) => None,
        (_, Some(_)) => return Err(("keys", wrong("only a target of the channel push has keys".into()))),
    };
    let events = events(given.events).ok_or_else(|| {
        ("events", wrong(format!("a target is told of one or more of {}", EVENTS.join(", "))))
    })?;
    Ok(Target { channel, address, keys, events })
}

fn admit(channel: Channel, rules: &Tellable) -> Result<(), Problem> {
    if !rules.allowed.contains(&channel) {
        return Err(telling::not_allowed(channel));
    }
    if rules.on.contains(&channel) { Ok(()) } else { Err(telling::off(channel)) }
}

fn events(given: Option<Vec<String>>) -> Option<Vec<&'static str>> {
    let Some(given) = given else { return Some(USUAL_EVENTS.to_vec()) };
    let all_known = given.iter().all(|event| EVENTS.contains(&event.as_str()));
    let wanted =
        EVENTS.into_iter().filter(|event| given.iter().any(|name| name == event)).collect::<Vec<_>>();
    (all_known && !wanted.is_empty()).then_some(wanted)
}

/// The body of `POST /me/notifications/{id}/verify`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verification {
    code: String,
}

/// Reads the code that somebody was sent.
///
/// # Errors
/// `malformed_request` for what is no such body, and `invalid_code` for what never was a code.
pub fn read_code(body: &[u8]) -> Result<String, Problem> {
    let Verification { code } = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("the body is not {{\"code\": \"123456\"}} in JSON: {error}");
        Problem::new(Code::MalformedRequest, detail)
    })?;
    if code.len() == CODE_DIGITS && code.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(code);
    }
    Err(Problem::new(Code::InvalidCode, format!("a code has {CODE_DIGITS} digits")).field("code"))
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
