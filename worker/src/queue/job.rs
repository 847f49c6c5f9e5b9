//! One task, from its original to its results.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use imgfilter_api::filename;
use imgfilter_api::problem::Code;
use imgfilter_filters::{Encoding, Format, Refusal, RefusalCode};
use thiserror::Error;
use tracing::Instrument;
use uuid::Uuid;

use super::Worker;
use crate::db::DbError;
use crate::db::tasks::{Claimed, Failed, Lane, Reason, Spec, TaskResult};
use crate::db::workers::LeaseEnd;
use crate::engine::parcel::Packing;
use crate::engine::pool::{EngineError, Order, Output, Turn};
use crate::metrics::task::{self as told, End, Retry, Stage};
use crate::spans::Spans;
use crate::store::StoreError;

/// Pause before the first retry of a task; doubles with each.
const RETRY_BASE: Duration = Duration::from_secs(2);
/// Longest pause between two tries.
const RETRY_CAP: Duration = Duration::from_secs(300);
/// Pause before the database is told again what it could not be told.
const TELL_PAUSE: Duration = Duration::from_millis(300);

/// Why a task was not done.
#[derive(Debug, Error)]
enum JobError {
    /// The image, or what is asked of it, was refused; or it killed its engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease is lost, or the worker ends.
    #[error("the work is no longer wanted")]
    Canceled,
}

impl From<Refusal> for JobError {
    fn from(refusal: Refusal) -> Self {
        Self::Engine(refusal.into())
    }
}

/// Does a task and tells the database how it ended. Never fails: what cannot be told now, others will find out when
/// the lease ends. All that is logged meanwhile names the task.
pub async fn run(worker: &Worker, task: Claimed) {
    let trace = task.trace.map(|trace| trace.shown());
    // Of the highest level, so that no filter takes it away from what is logged within.
    let span = tracing::error_span!(
        "job", task = %task.task, trace, lane = task.lane.name(), attempt = task.attempts
    );
    do_and_tell(worker, task).instrument(span).await;
}

async fn do_and_tell(worker: &Worker, task: Claimed) {
    let entry = worker.member.held.enter(task.held);
    let begun = Instant::now();
    let spans = Spans::of_task(&task);
    spans.claimed(&task);
    // Keys of what may be in the store.
    let stored = Mutex::new(Vec::new());
    let outcome = tokio::select! {
        outcome = attempt(worker, &task, &stored, &spans) => outcome,
        // What was under way is dropped, and its engine with it.
        () = entry.cancel.cancelled() => Err(JobError::Canceled),
    };
    match outcome {
        Ok(results) => complete(worker, &task, &results, begun, stored, &spans).await,
        Err(JobError::Canceled) => {
            tracing::info!("dropped a task that was not ours any more");
            not_ours(worker, &task, false).await;
            discard(worker, stored).await;
        }
        Err(JobError::Engine(error)) => engine_failed(worker, &task, error).await,
        Err(JobError::Store(error)) => {
            store_failed(worker, &task, &error).await;
            discard(worker, stored).await;
        }
    }
}

/// Fetches, filters and stores.
async fn attempt(
    worker: &Worker,
    task: &Claimed,
    stored: &Mutex<Vec<String>>,
    spans: &Spans,
) -> Result<Vec<TaskResult>, JobError> {
    let encoding = encoding(&task.spec)?;
    let mut image = Packing::new().map_err(EngineError::Memory)?;
    spans.part("fetch", fetch(worker, task, &mut image)).await?;
    let order = Order {
        turn: if task.lane == Lane::Fast { Turn::Fast } else { Turn::Slow },
        chains: task.spec.to_run().to_vec(),
        encoding,
        memory: u64::from(task.memory_mib) << 20,
    };
    let mut results = Vec::new();
    for result in spans.part("engine", worker.engines.filter(order, image)).await? {
        results.push(match result {
            Ok(output) => spans.part("put", store(worker, task, output, stored)).await?,
            Err(refusal) => TaskResult::Failed { error: reason(&refusal) },
        });
    }
    Ok(results)
}

/// Fetches the original.
async fn fetch(worker: &Worker, task: &Claimed, image: &mut Packing) -> Result<(), StoreError> {
    let asked = Instant::now();
    worker.store.read_into(image, &task.object_key, task.bytes).await?;
    Stage::Fetch.took(asked.elapsed());
    told::fetched(task.bytes);
    Ok(())
}

/// How the results of a task are written.
fn encoding(spec: &Spec) -> Result<Encoding, Refusal> {
    let unknown = |name: &str| {
        let detail = format!("{name} is not a format that is written here");
        Refusal::new(RefusalCode::UnsupportedFormat, detail)
    };
    let format = spec.format.as_deref().map(|name| Format::from_name(name).ok_or_else(|| unknown(name)));
    Ok(Encoding {
        format: format.transpose()?,
        quality: spec.quality,
        effort: spec.effort,
        keep_profile: spec.keep_profile,
    })
}

/// The key of a result: a month and an id of its own, which begins with its time, as the folders of the store like it. Each
/// try has another, so no late worker can overwrite another's object. Nothing of the task is in it: the key may come before
/// anyone's eyes who has the link, and the task's id is the right to read and to erase it.
fn result_key(month: &str, extension: &str) -> String {
    format!("r/{month}/{}.{extension}", Uuid::now_v7())
}

/// Stores a result. The key is noted first: a put that is broken off may have come to its end.
async fn store(
    worker: &Worker,
    task: &Claimed,
    output: Output,
    stored: &Mutex<Vec<String>>,
) -> Result<TaskResult, StoreError> {
    let Output { made, file } = output;
    let extension = made.format.extension();
    let object_key = result_key(&task.month, extension);
    stored.lock().unwrap_or_else(PoisonError::into_inner).push(object_key.clone());
    let asked = Instant::now();
    worker.store.put(&object_key, file, made.format.mime()).await?;
    Stage::Put.took(asked.elapsed());
    told::put(made.bytes);
    Ok(TaskResult::Done {
        object_key,
        format: made.format.name(),
        width: made.width,
        height: made.height,
        bytes: made.bytes,
        sha256: made.sha256,
        filename: filename::of_result(task.filename.as_deref().unwrap_or_default(), extension),
    })
}

/// Deletes what was stored for a task that is not ours any more, or is to be tried again, unless it is needed after all:
/// the answer to an earlier telling may have been lost. What stays because this fails is found by the sweep. Says whether
/// any of it is known to be needed, which only this try can have brought about.
async fn discard(worker: &Worker, stored: Mutex<Vec<String>>) -> bool {
    let keys = stored.into_inner().unwrap_or_else(PoisonError::into_inner);
    if keys.is_empty() {
        return false;
    }
    let orphans = match worker.db.orphans(&keys).await {
        Ok(orphans) => orphans,
        Err(error) => {
            tracing::warn!(%error, "results that nobody wants stay until they are swept");
            return false;
        }
    };
    if !orphans.is_empty() {
        match worker.store.delete(&orphans).await {
            Ok(_) => tracing::info!(objects = orphans.len(), "deleted results that nobody wants any more"),
            Err(error) => tracing::warn!(%error, "results that nobody wants stay until they are swept"),
        }
    }
    orphans.len() < keys.len()
}

fn reason(refusal: &Refusal) -> Reason {
    Reason { code: refusal.code.as_str(), detail: refusal.detail.clone() }
}

/// The engine refused the image, died of it, or cannot be had.
async fn engine_failed(worker: &Worker, task: &Claimed, error: EngineError) {
    let internal = |detail: &str| Reason { code: RefusalCode::Internal.as_str(), detail: detail.to_owned() };
    match error {
        // Our own mistake, perhaps of this machine alone: tried again, and laid before the operator in the end.
        EngineError::Refused(refusal) if refusal.code == RefusalCode::Internal => {
            tracing::error!(%refusal, "the filters failed");
            fail(worker, task, &reason(&refusal), Some(Retry::Filters)).await;
        }
        EngineError::Refused(refusal) => fail(worker, task, &reason(&refusal), None).await,
        // Perhaps somebody killed it, or it was large beside other large ones: only this task is tried again.
        EngineError::Crashed(how) => {
            tracing::error!(how, "an engine was lost");
            let reason = Reason { code: Code::EngineCrashed.as_str(), detail: how };
            fail(worker, task, &reason, Some(Retry::Engine)).await;
        }
        EngineError::Unavailable(error) => {
            tracing::error!(error = %crate::cli::with_causes(&error), "no engine can be had");
            fail(worker, task, &internal("no engine could be started"), Some(Retry::NoEngine)).await;
        }
        EngineError::Memory(error) => {
            tracing::error!(%error, "an image cannot be handed over");
            fail(worker, task, &internal("there was no memory for the image"), Some(Retry::Memory)).await;
        }
    }
}

/// Tells that a task is done, and what became of it. What was stored goes where it was not ours any more.
async fn complete(
    worker: &Worker,
    task: &Claimed,
    results: &[TaskResult],
    begun: Instant,
    stored: Mutex<Vec<String>>,
    spans: &Spans,
) {
    let asked = Instant::now();
    let told = async { until_told(worker, || worker.completer.complete(task.held, results)).await.ok_or(()) };
    let told = spans.part("complete", told).await.ok();
    Stage::Complete.took(asked.elapsed());
    match told {
        Some(Told { answer: true, .. }) => {
            let failed = results.iter().any(|result| matches!(result, TaskResult::Failed { .. }));
            told::ended(task.lane, if failed { End::Failed } else { End::Done });
            tracing::info!(ms = begun.elapsed().as_millis(), results = results.len(), "done");
            worker.news.notify_one();
        }
        Some(Told { answer: false, again }) => {
            tracing::warn!("a result came too late, or had been told already");
            // Of a task whose chains were all refused nothing is stored that could tell.
            let nothing = !results.iter().any(|result| matches!(result, TaskResult::Done { .. }));
            let ours = discard(worker, stored).await || again && nothing;
            not_ours(worker, task, ours).await;
        }
        None => {
            tracing::warn!("a result could not be told while the lease lasted");
            told::ended(task.lane, End::Lost);
        }
    }
}

/// Tells of a failure: for good, or to be tried again for this reason, if there are attempts left.
async fn fail(worker: &Worker, task: &Claimed, reason: &Reason, again: Option<Retry>) {
    let tell = || worker.db.fail(task.held, reason, again.is_none(), RETRY_BASE, RETRY_CAP);
    let told = until_told(worker, tell).await;
    let outcome = told.as_ref().map(|told| told.answer);
    match outcome {
        Some(Failed::Failed) => tracing::info!(code = reason.code, "failed"),
        Some(Failed::Retry) => {
            tracing::info!(code = reason.code, "will be tried again")
        }
        Some(Failed::Dead) => tracing::error!(code = reason.code, "given up"),
        Some(Failed::Stale) | None => tracing::warn!("a failure came too late"),
    }
    match (outcome, again) {
        (Some(Failed::Failed | Failed::Dead), _) => told::ended(task.lane, End::Failed),
        (Some(Failed::Retry), Some(why)) => told::retried(why, 1),
        (Some(Failed::Retry), None) => {}
        (Some(Failed::Stale), _) => not_ours(worker, task, told.is_some_and(|told| told.again)).await,
        // Nobody knows; the lease will end, and others will see.
        (None, _) => told::ended(task.lane, End::Lost),
    }
    worker.news.notify_one();
}

/// The store failed. If it does not answer at all, that is not this task's fault: it is given back, and nothing is
/// claimed until the store is back. Otherwise the task is tried again, at the price of an attempt.
async fn store_failed(worker: &Worker, task: &Claimed, error: &StoreError) {
    tracing::warn!(%error, "the object store failed");
    if worker.store.ready().await.is_err() {
        worker.store_is_down.store(true, Ordering::Release);
        let tell = || worker.db.release(task.held.worker, std::slice::from_ref(&task.held.lease));
        match until_told(worker, tell).await {
            // None was ours to give back, unless that was heard when it was told before.
            Some(Told { answer: 0, again: false }) => not_ours(worker, task, false).await,
            Some(_) => told::ended(task.lane, End::Released),
            None => {
                tracing::warn!("a task could not be given back");
                told::ended(task.lane, End::Lost);
            }
        }
        return;
    }
    let detail = "the image could not be read from or written to the object store".to_owned();
    fail(worker, task, &Reason { code: RefusalCode::Internal.as_str(), detail }, Some(Retry::Store)).await;
}

/// Counts a task whose lease is no longer this worker's: canceled, or somebody else's by now. Or it has ended by what this
/// worker told (`ours`), and only the answer was lost.
async fn not_ours(worker: &Worker, task: &Claimed, ours: bool) {
    let end = match worker.db.lease_end(task.task).await {
        Ok(LeaseEnd::Canceled) => End::Canceled,
        Ok(LeaseEnd::Done) if ours => End::Done,
        Ok(LeaseEnd::Failed) if ours => End::Failed,
        Ok(_) | Err(_) => End::Lost,
    };
    told::ended(task.lane, end);
}

/// What the database has answered.
struct Told<T> {
    answer: T,
    /// Whether it had been told before, and may have heard it then.
    again: bool,
}

/// Tells the database something, again and again while it cannot be reached, but no longer than a lease lasts. `None`:
/// nobody knows whether it has heard.
async fn until_told<T, F>(worker: &Worker, mut tell: impl FnMut() -> F) -> Option<Told<T>>
where
    F: Future<Output = Result<T, DbError>>,
{
    let end = Instant::now() + worker.terms.lease;
    let mut again = false;
    loop {
        match tell().await {
            Ok(answer) => return Some(Told { answer, again }),
            Err(error @ DbError::Refused(_)) => {
                tracing::error!(error = %crate::cli::with_causes(&error), "the database refuses to be told");
                return None;
            }
            Err(error) if Instant::now() >= end => {
                tracing::warn!(%error, "the database cannot be told");
                return None;
            }
            Err(_) => {
                again = true;
                tokio::time::sleep(super::jittered(TELL_PAUSE)).await;
            }
        }
    }
}
