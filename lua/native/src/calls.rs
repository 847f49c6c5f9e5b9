//! The list of calls, and the envelope of their answers.
//!
//! An answer is `{"ok": …}`; or `{"problem": {"code", "status", "retry_after", "body"}}`, which the client is to be told;
//! or `{"fault": "…"}` for a mistake of ours, which belongs in the error log.

use imgfilter_api::problem::{Code, Problem};
use imgfilter_api::task::{self, View};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{again, notifications, prepare, sign, spool, state, uploads};

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The client is to be told.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
    /// Input that the Lua side should not have sent, or an answer that could not be written.
    #[error("not the JSON expected: {0}")]
    Json(#[from] serde_json::Error),
    /// The configuration cannot be used, or there is none yet.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// The spool cannot be looked at.
    #[error("the spool: {0}")]
    Spool(#[from] std::io::Error),
    /// There is no call of this name.
    #[error("there is no call \"{0}\"")]
    Unknown(String),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Answers the call `name` with the JSON text `input`.
pub fn answer(name: &[u8], input: &[u8]) -> String {
    match call(name, input) {
        Ok(value) => json!({ "ok": value }).to_string(),
        Err(Refused::Problem(problem)) => json!({ "problem": tell(&problem) }).to_string(),
        Err(refused) => fault(&refused.to_string()),
    }
}

/// The envelope of a mistake of ours.
pub fn fault(why: &str) -> String {
    json!({ "fault": why }).to_string()
}

fn call(name: &[u8], input: &[u8]) -> Result<Value, Refused> {
    match name {
        b"initialise" => initialise(input),
        b"prepare_upload" => prepare_upload(input),
        b"read_order" => Ok(serde_json::to_value(again::read(input, &*state::current()?)?)?),
        b"prepare_again" => {
            let again = serde_json::from_slice(input)?;
            Ok(serde_json::to_value(again::prepare(again, &*state::current()?)?)?)
        }
        b"render_tasks" => render_tasks(input),
        b"problem" => problem(input),
        b"verify_link" => verify_link(input),
        b"hash_key" => hash_key(input),
        b"catalogue" => catalogue(),
        b"sign" => {
            Ok(serde_json::to_value(sign::sign(&state::current()?.storage, &serde_json::from_slice(input)?))?)
        }
        b"presign" => {
            let state = state::current()?;
            let url = sign::presign(&state.storage, &state.presigned_base, &serde_json::from_slice(input)?);
            Ok(json!({ "url": url }))
        }
        b"upload_begin" => {
            Ok(serde_json::to_value(uploads::begin(&serde_json::from_slice(input)?, &*state::current()?)?)?)
        }
        b"upload_find" => Ok(serde_json::to_value(uploads::find(&serde_json::from_slice(input)?)?)?),
        b"upload_finish" => {
            Ok(serde_json::to_value(uploads::finish(&serde_json::from_slice(input)?, &*state::current()?)?)?)
        }
        b"upload_end" => uploads::end(&serde_json::from_slice(input)?).map(|()| json!({})),
        b"upload_remove" => uploads::remove(&serde_json::from_slice(input)?).map(|()| json!({})),
        b"upload_sweep" => Ok(json!({ "removed": uploads::sweep(&serde_json::from_slice(input)?)? })),
        b"read_targets" => notifications::read_targets(input, &*state::current()?),
        b"read_code" => notifications::read_code(input),
        b"show_notifications" => notifications::show(input, &*state::current()?),
        b"show_target" => notifications::show_target(input, &*state::current()?),
        b"read_filter" => notifications::read_filter(input),
        b"show_deliveries" => notifications::show_deliveries(input),
        b"spool" => Ok(serde_json::to_value(spool::measure(&serde_json::from_slice(input)?)?)?),
        b"version" => Ok(json!({ "version": env!("CARGO_PKG_VERSION") })),
        other => Err(Refused::Unknown(String::from_utf8_lossy(other).into_owned())),
    }
}

/// Takes the configuration; again after each reload of nginx.
fn initialise(input: &[u8]) -> Result<Value, Refused> {
    state::install(serde_json::from_slice(input)?)?;
    Ok(json!({}))
}

/// Everything that a chain can name, as clients read it.
fn catalogue() -> Result<Value, Refused> {
    let catalogue = imgfilter_filters::catalogue_of(state::current()?.limits.chains.presets);
    Ok(json!({ "body": serde_json::to_string(&catalogue)? }))
}

fn prepare_upload(input: &[u8]) -> Result<Value, Refused> {
    let state = state::current()?;
    let upload = serde_json::from_slice(input)?;
    Ok(serde_json::to_value(prepare::prepare(&upload, &state)?)?)
}

/// What the database says of a task.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    /// It was erased; its only field beside the id, whatever it says.
    Erased {
        id: Uuid,
        #[serde(rename = "erased")]
        _erased: bool,
    },
    Task(Box<View>),
}

/// A version after all others of a task, and exact as a number of Lua.
const LAST_VERSION: u64 = 1 << 53;

/// The database's views of tasks into the answers that clients read, and what the Lua side must know of them.
fn render_tasks(input: &[u8]) -> Result<Value, Refused> {
    let state = state::current()?;
    let views: Vec<Said> = serde_json::from_slice(input)?;
    let render = |view| {
        let view = match view {
            Said::Erased { id, .. } => {
                return Ok(json!({ "id": id, "version": LAST_VERSION, "ended": true, "erased": true }));
            }
            Said::Task(view) => *view,
        };
        let task = task::render(view, &state.public_url, &state.link_keys);
        Ok(json!({
            "id": task.id,
            "version": task.version,
            "ended": task.status.has_ended(),
            "url": task.status_url,
            "body": serde_json::to_string(&task)?,
        }))
    };
    views.into_iter().map(render).collect()
}

/// A problem as the Lua side knows it: by its code, or by the status of an answer that nginx has made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Occasion {
    code: Option<String>,
    status: Option<u16>,
    detail: Option<String>,
    field: Option<String>,
    limit: Option<u64>,
    retry_after: Option<u32>,
}

fn problem(input: &[u8]) -> Result<Value, Refused> {
    let occasion: Occasion = serde_json::from_slice(input)?;
    let code = match (&occasion.code, occasion.status) {
        (Some(name), _) => Code::from_name(name).ok_or_else(|| Refused::Unknown(name.clone()))?,
        (None, status) => Code::of_status(status.unwrap_or(500)),
    };
    let mut problem = Problem::new(code, occasion.detail.unwrap_or_else(|| code.title().to_owned()));
    problem.field = occasion.field;
    problem.limit = occasion.limit;
    let mut told = tell(&problem);
    if let Some(seconds) = occasion.retry_after {
        told["retry_after"] = seconds.into();
    }
    Ok(told)
}

fn tell(problem: &Problem) -> Value {
    json!({
        "code": problem.code.as_str(),
        "status": problem.code.status(),
        "retry_after": problem.code.retry_after(),
        "body": serde_json::to_string(problem).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

/// The hash by which the database knows a key; null for what cannot be one.
fn hash_key(input: &[u8]) -> Result<Value, Refused> {
    let Key { key } = serde_json::from_slice(input)?;
    Ok(json!({ "sha256": imgfilter_api::key::hash(&key).map(hex::encode) }))
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

fn verify_link(input: &[u8]) -> Result<Value, Refused> {
    let Token { token } = serde_json::from_slice(input)?;
    Ok(json!({ "link": state::current()?.link_keys.verify(&token) }))
}
