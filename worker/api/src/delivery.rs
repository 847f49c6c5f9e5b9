//! What an owner was told, and how it went.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::channel::Channel;
use crate::options;
use crate::problem::{Code, Problem};

/// Most deliveries that are listed at once.
pub const MAX_LIMIT: u16 = 100;
/// How many are listed if nothing is said.
const USUAL_LIMIT: u16 = 50;
/// How far a delivery may have come.
pub const STATUSES: [&str; 5] = ["pending", "sending", "delivered", "failed", "unknown"];

/// Which deliveries are wanted: what `deliveries_of` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// How far they have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Of which task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Uuid>,
    /// Where the page before ended, as its `next` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// How many at most.
    pub limit: u16,
}

impl Filter {
    /// Reads a query string, without its `?`.
    ///
    /// # Errors
    /// A parameter that is unknown, given twice, or makes no sense.
    pub fn read(query: &str) -> Result<Self, Problem> {
        let (mut status, mut task, mut before, mut limit) = (None, None, None, None);
        for (name, value) in &options::decode_query(query)? {
            let (name, value) = (name.as_ref(), value.as_ref());
            match name {
                "status" => once(&mut status, name, read_status(value)?)?,
                "task" => once(&mut task, name, read_id(name, value)?)?,
                "before" => once(&mut before, name, value.to_owned())?,
                "limit" => once(&mut limit, name, read_limit(value)?)?,
                _ => return Err(unknown(name)),
            }
        }
        Ok(Self { status, task, before, limit: limit.unwrap_or(USUAL_LIMIT) })
    }
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Problem> {
    if slot.replace(value).is_some() { Err(options::duplicate_field(name)) } else { Ok(()) }
}

fn unknown(name: &str) -> Problem {
    let shown: String = name.chars().take(64).collect();
    let detail = format!("there is no parameter \"{shown}\"; there are status, task, before and limit");
    Problem::new(Code::UnknownField, detail).field(shown)
}

fn wrong(name: &str, detail: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidParameter, detail).field(name)
}

fn read_status(value: &str) -> Result<&'static str, Problem> {
    let known = STATUSES.into_iter().find(|status| *status == value);
    known.ok_or_else(|| wrong("status", format!("status is one of {}", STATUSES.join(", "))))
}

fn read_id(name: &str, value: &str) -> Result<Uuid, Problem> {
    // The only form in which an id is ever shown.
    let id = Some(value).filter(|id| id.len() == uuid::fmt::Hyphenated::LENGTH);
    id.and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(|| wrong(name, format!("{name} is an id")))
}

fn read_limit(value: &str) -> Result<u16, Problem> {
    value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(|| {
        wrong("limit", format!("limit is a whole number from 1 to {MAX_LIMIT}")).limit(u64::from(MAX_LIMIT))
    })
}

/// A page of deliveries, the last made first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page {
    /// Themselves.
    pub deliveries: Vec<Delivery>,
    /// What to ask for with `before` to see those before; `None`: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, which every try has.
    pub id: Uuid,
    /// What was told.
    pub event: String,
    /// How.
    pub channel: Channel,
    /// Where.
    #[serde(rename(deserialize = "target"))]
    pub address: String,
    /// Which target it was for; `None`: an order named the address.
    #[serde(rename(deserialize = "target_id"), default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Uuid>,
    /// Of which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Uuid>,
    /// One of [`STATUSES`].
    pub status: String,
    /// Why it has ended without being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// RFC 3339: when it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// How each try went, the first first.
    pub attempts: Vec<Attempt>,
}

/// A try of a delivery. What the other side has answered is not told: whoever chose its address could read by it what only the
/// service can reach.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// RFC 3339.
    pub at: String,
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// `delivered`, `retry`, `gone`, `refused` or `unknown`.
    pub outcome: String,
    /// Of the HTTP answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What was wrong, in our words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01930000-0000-7000-8000-000000000001";

    #[test]
    fn parameters_of_a_list() {
        let id = Uuid::parse_str(ID).ok();
        let expected = Filter { status: Some("failed"), task: id, before: Some("17-x".into()), limit: 100 };
        assert_eq!(Filter::read(&format!("status=failed&task={ID}&before=17-x&limit=100")), Ok(expected));
        let none = Filter::read("").unwrap();
        assert_eq!(serde_json::to_value(none).unwrap(), serde_json::json!({ "limit": 50 }));
    }

    #[test]
    fn a_page_is_shown_in_one_order_and_without_what_is_not_known() {
        let page = serde_json::json!({
            "next": null,
            "deliveries": [{
                "id": ID, "event": "task.done", "channel": "sms", "target": "+4930123456", "target_id": ID, "task": null,
                "status": "pending", "reason": null, "created_at": "2026-11-23T10:00:00Z", "finished_at": null,
                "next_at": "2026-11-23T10:00:05Z",
                "attempts": [{"at": "2026-11-23T10:00:00Z", "ms": 7, "outcome": "retry", "status": null, "detail": "no answer"}],
            }],
        });
        let page: Page = serde_json::from_value(page).unwrap();
        let expected = concat!(
            r#"{"deliveries":[{"id":"01930000-0000-7000-8000-000000000001","event":"task.done","channel":"sms","#,
            r#""address":"+4930123456","target":"01930000-0000-7000-8000-000000000001","status":"pending","#,
            r#""created_at":"2026-11-23T10:00:00Z","next_at":"2026-11-23T10:00:05Z","#,
            r#""attempts":[{"at":"2026-11-23T10:00:00Z","ms":7,"outcome":"retry","detail":"no answer"}]}]}"#
        );
        assert_eq!(serde_json::to_string(&page).unwrap(), expected);
    }

    #[test]
    fn each_bad_parameter_is_named() {
        for (name, value, code) in [
            ("status", "dead", Code::InvalidParameter),
            ("status", "", Code::InvalidParameter),
            ("task", "x", Code::InvalidParameter),
            ("task", "01930000000070008000000000000001", Code::InvalidParameter),
            ("limit", "0", Code::InvalidParameter),
            ("limit", "101", Code::InvalidParameter),
            ("limit", "-1", Code::InvalidParameter),
            ("limit", "1e1", Code::InvalidParameter),
            ("owner", "acme", Code::UnknownField),
        ] {
            let problem = Filter::read(&format!("{name}={value}")).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), (code, Some(name)), "{name}={value}");
        }
        assert_eq!(Filter::read("limit=1&limit=1").unwrap_err().code, Code::DuplicateField);
    }
}
