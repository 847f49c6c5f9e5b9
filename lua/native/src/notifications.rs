//! Whom an owner has told, and what was told: bodies of requests into what the database takes, and what it answers into what
//! clients read.

use imgfilter_api::channel::Channel;
use imgfilter_api::delivery::{Filter, Page};
use imgfilter_api::problem::{Code, Problem};
use imgfilter_api::target::{self, EVENTS, Shown, View, Views};
use serde::Serialize;
use serde_json::{Value, json};

use crate::calls::Refused;
use crate::prepare::Caller;
use crate::state::State;

/// The body of `PUT /me/notifications` into the JSON text for `set_notifications`: the caller in JSON on the first line, what
/// the database has on the second, and after them the body as it came.
///
/// # Errors
/// The problem to tell the client, or the first two lines are not what they should be.
pub fn read_targets(input: &[u8], state: &State) -> Result<Value, Refused> {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let caller: Caller = serde_json::from_slice(line())?;
    let known: Views = serde_json::from_slice(line())?;
    let targets = target::read(line(), &known, &caller.tellable(&state.rules.tellable))?;
    Ok(json!({ "targets": serde_json::to_string(&targets)? }))
}

/// The code in the body of a request.
///
/// # Errors
/// The problem to tell the client.
pub fn read_code(input: &[u8]) -> Result<Value, Refused> {
    Ok(json!({ "code": target::read_code(input)? }))
}

/// What `GET /me/notifications` answers.
#[derive(Serialize)]
struct Notifications<'a> {
    targets: Vec<Shown>,
    #[serde(flatten)]
    service: Service<'a>,
}

/// What the service can do, for who wants to be told.
#[derive(Serialize)]
struct Service<'a> {
    channels: &'a [Channel],
    events: [&'static str; EVENTS.len()],
    max_targets: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_key: Option<&'a str>,
}

/// The database's list of targets as its owner reads it.
///
/// # Errors
/// The list is not what it should be.
pub fn show(input: &[u8], state: &State) -> Result<Value, Refused> {
    let views: Views = serde_json::from_slice(input)?;
    let shown = Notifications {
        targets: views.targets.into_iter().map(|view| view.show(state.masters.as_ref())).collect(),
        service: Service {
            channels: &state.rules.tellable.on,
            events: EVENTS,
            max_targets: state.max_targets,
            push_key: state.push_key.as_deref(),
        },
    };
    Ok(json!({ "body": serde_json::to_string(&shown)? }))
}

/// One target as its owner reads it.
///
/// # Errors
/// It is not what it should be.
pub fn show_target(input: &[u8], state: &State) -> Result<Value, Refused> {
    let view: View = serde_json::from_slice(input)?;
    Ok(json!({ "body": serde_json::to_string(&view.show(state.masters.as_ref()))? }))
}

/// A query string into the JSON text of the filter for `deliveries_of`.
///
/// # Errors
/// The problem to tell the client.
pub fn read_filter(input: &[u8]) -> Result<Value, Refused> {
    let query = std::str::from_utf8(input)
        .map_err(|_| Problem::new(Code::MalformedRequest, "the query string is not UTF-8"))?;
    Ok(json!({ "filter": serde_json::to_string(&Filter::read(query)?)? }))
}

/// The database's page of deliveries as their owner reads it.
///
/// # Errors
/// The page is not what it should be.
pub fn show_deliveries(input: &[u8]) -> Result<Value, Refused> {
    let page: Page = serde_json::from_slice(input)?;
    Ok(json!({ "body": serde_json::to_string(&page)? }))
}
