//! An upload's parts into the request that creates its task. What follows the image's headers is the same for an order
//! for a kept image (see [`crate::again`]).

use std::path::Path;

use imgfilter_api::channel::Channel;
use imgfilter_api::options::{self, Parts, Rules, Spec};
use imgfilter_api::problem::{Code, Position, Problem};
use imgfilter_api::telling::Tellable;
use imgfilter_api::trace::Trace;
use imgfilter_filters::{Chain, Encoding, Format, ImageInfo, Limits, Mistake, Refusal, RefusalCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::state::State;

/// Longest file name kept, in code points.
const MAX_FILENAME_LENGTH: usize = 255;
/// Most bytes that a pixel of a result takes when it is written: a PNG of noise.
const RESULT_BYTES: u64 = 4;

/// What the upload module found, and the request's query string without `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The variable of the upload module.
    pub parts: Parts,
    /// As it came, not decoded.
    pub query: String,
    /// Who sends it.
    #[serde(default)]
    pub caller: Caller,
    /// The ids of what it becomes, where they were chosen before.
    #[serde(skip)]
    pub ids: Option<Ids>,
}

/// The ids of a task and its image.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// The task's.
    pub task: Uuid,
    /// The image's.
    pub image: Uuid,
}

impl Ids {
    /// Nobody can guess them.
    pub fn choose() -> Self {
        Self { task: unguessable_id(), image: unguessable_id() }
    }
}

/// Who sends an order, as the edge found out before it read the body.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caller {
    /// Whose key it is; `None`: anonymous.
    pub owner: Option<String>,
    /// By which channels the key lets somebody be told.
    pub channels: Vec<Channel>,
    /// Whether the key allows links that last longer than others.
    pub lasting: bool,
    /// How long links of the key live, if it says so: an interval in ISO 8601.
    pub link_life: Option<String>,
    /// The address an anonymous order counts for, where these are counted.
    pub client: Option<String>,
    /// The limits of the key, or of the address: the database's to read.
    pub quota: Option<Value>,
    /// The request's `Idempotency-Key`.
    pub idempotency: Option<Idempotency>,
    /// The request's trace; what is malformed is none.
    #[serde(deserialize_with = "Trace::forgiving")]
    pub trace: Option<Trace>,
}

/// What an order is recognised by when it is sent again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The header.
    pub key: String,
    /// The client's address, to which the key of an anonymous order belongs.
    pub client: String,
}

impl Caller {
    /// What this one may ask for, where `anonymous` is what anyone may.
    pub fn rules(&self, anonymous: &Rules) -> Rules {
        let own_life = self.link_life.as_deref().and_then(|life| life.parse().ok());
        let tellable = self.tellable(&anonymous.tellable);
        Rules { tellable, own_life, lasting: self.lasting, ..anonymous.clone() }
    }

    /// Whom this one may have told, where `anonymous` is what anyone may.
    pub fn tellable(&self, anonymous: &Tellable) -> Tellable {
        match self.owner {
            Some(_) => Tellable { allowed: self.channels.clone(), ..anonymous.clone() },
            None => anonymous.clone(),
        }
    }
}

/// An order that has been checked, an upload's or one for a kept image.
#[derive(Debug, Serialize)]
pub struct Prepared {
    /// The task's id, made here so that the database can be asked for it if its answer is lost.
    pub task: Uuid,
    /// The JSON text for `submit_task`.
    pub request: String,
    /// Which workers' lane the task goes into: `fast` or `slow`.
    pub lane: &'static str,
    /// Whether it names an address that must be a target of its owner, which `submit_task` refuses otherwise.
    pub names_target: bool,
}

/// An upload that has been checked: what the hook does next.
#[derive(Debug, Serialize)]
pub struct PreparedUpload {
    /// What is common to all orders.
    #[serde(flatten)]
    pub order: Prepared,
    /// Where the original goes.
    pub object_key: String,
    /// The file of the original.
    pub path: String,
    /// Of the original, in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Media type of the original.
    pub mime: &'static str,
}

/// The options of an order, and what its chains are.
pub struct Options {
    spec: Spec,
    chains: Vec<Chain>,
}

/// The image of an order.
pub struct Subject<'a> {
    /// The id that the task will have.
    pub task: Uuid,
    /// What the chains are held against.
    pub info: ImageInfo,
    /// As `submit_task` is told of it.
    pub request: Value,
    /// What it is recognised by when the order is sent again.
    pub name: &'a str,
}

/// Checks options, chains and image, in this order: the cheapest first.
///
/// # Errors
/// The problem to tell the client; nothing has been written then.
pub fn prepare(upload: &Upload, state: &State) -> Result<PreparedUpload, Problem> {
    let (spec, file) = options::read(&upload.parts, &upload.query, &upload.caller.rules(&state.rules))?;
    let options = Options::check(spec, &state.limits)?;
    let info = imgfilter_filters::probe_file(Path::new(&file.path), &state.limits).map_err(refuse)?;
    let Ids { task, image: id } = upload.ids.unwrap_or_else(Ids::choose);
    // What may be stored more than once has another key each time: the one before may just be swept as an orphan.
    let object = if upload.ids.is_some() { unguessable_id() } else { id };
    let object_key = format!("o/{}/{object}", Timestamp::now().strftime("%Y%m"));
    let request = json!({
        "id": id, "sha256": file.sha256, "format": info.format.name(),
        "width": info.width, "height": info.height, "frames": info.frames, "bytes": file.size,
        "object_key": object_key, "filename": printable(&file.filename),
    });
    let order = order(options, Subject { task, info, request, name: &file.sha256 }, &upload.caller, state)?;
    Ok(PreparedUpload {
        order,
        object_key,
        path: file.path.clone(),
        sha256: file.sha256.clone(),
        bytes: file.size,
        mime: info.format.mime(),
    })
}

impl Options {
    /// Checks the chains, and writes out what they name.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn check(mut spec: Spec, limits: &Limits) -> Result<Self, Problem> {
        let chains = check_chains(&spec, limits)?;
        spec.chains = written_out(&spec, &chains);
        Ok(Self { spec, chains })
    }
}

/// Holds the chains against the image, and makes the request that creates the task.
///
/// # Errors
/// What cannot be made of this image, or would be too large.
pub fn order(
    options: Options,
    subject: Subject<'_>,
    caller: &Caller,
    state: &State,
) -> Result<Prepared, Problem> {
    let Options { spec, chains } = options;
    let Needs { cost_ms, memory_mib } = estimate(&chains, &subject.info, &spec, &state.limits)?;
    let cost_ms = state.cost_scale * cost_ms;
    let task = subject.task;
    let lane = if cost_ms > state.fast_lane_ms { "slow" } else { "fast" };
    let request = json!({
        "task": task,
        "owner": caller.owner,
        "client": caller.client,
        "quota": caller.quota,
        "idempotency": caller.idempotency.as_ref().map(|idempotency| json!({
            "key": idempotency.key, "client": idempotency.client, "fingerprint": fingerprint(&spec, subject.name),
        })),
        "image": subject.request,
        "spec": spec,
        "lane": lane,
        "cost_ms": cost_ms,
        "memory": memory_mib,
        "max_attempts": state.max_attempts,
        "trace": caller.trace,
    });
    let names_target = spec.telling.email.is_some() || spec.telling.sms.is_some();
    Ok(Prepared { task, request: request.to_string(), lane, names_target })
}

/// Checks everything that does not need the image: what an upload in pieces is told before it sends any.
///
/// # Errors
/// The problem to tell the client.
pub fn check_options(parts: &Parts, caller: &Caller, state: &State) -> Result<(), Problem> {
    let (spec, _) = options::read(parts, "", &caller.rules(&state.rules))?;
    Options::check(spec, &state.limits).map(drop)
}

fn check_chains(spec: &Spec, limits: &Limits) -> Result<Vec<Chain>, Problem> {
    let check = |(index, chain): (usize, &String)| {
        imgfilter_filters::check_within(chain, &limits.chains).map_err(|mistake| point_at(index, mistake))
    };
    spec.filters.iter().enumerate().map(check).collect()
}

/// The chains as they are now, if one of them names a preset: its file may be another when the task's turn comes.
fn written_out(spec: &Spec, chains: &[Chain]) -> Option<Vec<String>> {
    chains.iter().any(|chain| chain.expanded().is_some()).then(|| {
        let both = spec.filters.iter().zip(chains);
        both.map(|(given, chain)| chain.expanded().unwrap_or(given).to_owned()).collect()
    })
}

fn point_at(index: usize, mistake: Mistake) -> Problem {
    let passed = mistake.passed;
    let code = passed.and_then(|passed| Code::from_name(passed.code.as_str()));
    let mut problem = Problem::new(code.unwrap_or(Code::InvalidFilters), mistake.message).field("filters");
    problem.limit = passed.and_then(|passed| passed.limit);
    problem.position = Some(Position { filters: index, offset: mistake.offset, length: mistake.length });
    problem.suggestion = mistake.suggestion;
    problem
}

/// What a task will need.
struct Needs {
    /// Milliseconds on one core, for all chains.
    cost_ms: f64,
    /// MiB, rounded up: what the dearest chain takes, and the results of all, which are kept to the end.
    memory_mib: i32,
}

fn estimate(chains: &[Chain], image: &ImageInfo, spec: &Spec, limits: &Limits) -> Result<Needs, Problem> {
    let format = spec.format.as_deref().and_then(Format::from_name);
    let encoding = Encoding { format, effort: spec.effort, ..Encoding::default() };
    let mut cost_ms = 0.0;
    let mut working = 0;
    let mut pixels = 0;
    for (index, chain) in chains.iter().enumerate() {
        let estimate = imgfilter_filters::estimate(chain, image, &encoding, limits).map_err(|refusal| {
            let mut problem = refuse(refusal).field("filters");
            if chains.len() > 1 {
                problem.detail = format!("filters number {}: {}", index + 1, problem.detail);
            }
            problem
        })?;
        cost_ms += estimate.cost_ms;
        working = estimate.memory_bytes.max(working);
        pixels += u64::from(estimate.width) * u64::from(estimate.height) * u64::from(image.frames);
    }
    if pixels > limits.max_total_pixels {
        let detail =
            format!("all results together would have {pixels} pixels, more than {}", limits.max_total_pixels);
        return Err(Problem::new(Code::OutputTooLarge, detail)
            .field("filters")
            .limit(limits.max_total_pixels));
    }
    let bytes: u64 = working + pixels * RESULT_BYTES;
    let memory_mib = i32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(i32::MAX).max(1);
    Ok(Needs { cost_ms, memory_mib })
}

/// A refusal of the engine in the words of the API; both use the same codes.
fn refuse(refusal: Refusal) -> Problem {
    let code = Code::from_name(refusal.code.as_str()).unwrap_or(Code::InternalError);
    let about_the_upload = matches!(
        refusal.code,
        RefusalCode::NotAnImage | RefusalCode::UnsupportedFormat | RefusalCode::BrokenImage
    );
    let mut problem = Problem::new(code, refusal.detail);
    problem.limit = refusal.limit;
    if about_the_upload { problem.field("image") } else { problem }
}

/// A UUIDv7 with 74 random bits: the usual ones have a counter among them, and the id of a task is the right to read it.
fn unguessable_id() -> Uuid {
    Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext))
}

/// What makes two orders the same: the image, an upload's by its bytes, and the options as they were given. The name of
/// a file and what a preset holds today make no difference.
fn fingerprint(spec: &Spec, image: &str) -> String {
    let given = Spec { chains: None, life: None, ..spec.clone() };
    hex::encode(Sha256::digest(json!({ "image": image, "spec": given }).to_string()))
}

/// A file name that the database can keep: it refuses NUL, and nobody misses other control characters.
fn printable(filename: &str) -> String {
    filename.chars().filter(|c| !c.is_control()).take(MAX_FILENAME_LENGTH).collect()
}
