//! Claiming and ending tasks.

use std::time::{Duration, SystemTime};

use imgfilter_api::trace::Trace;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::workers::Held;
use super::{Db, DbError, interval};

/// A lane of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Estimated to be quick.
    Fast,
    /// The others.
    Slow,
    /// Those that a worker was lost with, to be done one at a time.
    Quarantine,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Slow, Self::Quarantine];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Quarantine => "quarantine",
        }
    }
}

/// What is asked for, as the upload's options say.
#[derive(Debug, Clone, Deserialize)]
pub struct Spec {
    /// One chain for each result, as they were given.
    pub filters: Vec<String>,
    /// The same with presets written out, if there were any.
    pub chains: Option<Vec<String>>,
    /// Name of the output format; none: as the input.
    pub format: Option<String>,
    /// 1–100, for lossy formats.
    pub quality: Option<u8>,
    /// 1–7, how long to look for a smaller file.
    pub effort: Option<u8>,
    /// Whether results stay in the input's colour profile.
    #[serde(default)]
    pub keep_profile: bool,
}

impl Spec {
    /// The chains that are run.
    pub fn to_run(&self) -> &[String] {
        self.chains.as_ref().unwrap_or(&self.filters)
    }
}

/// A task that this worker has claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its hot row and the lease on it.
    pub held: Held,
    /// The lane it was claimed from.
    pub lane: Lane,
    /// 0 (first) to 3.
    pub prio: i16,
    /// When it was due.
    pub run_at: SystemTime,
    /// How long after that it was claimed, by the clock of the database.
    pub waited: Duration,
    /// How often it was claimed, this time included.
    pub attempts: i16,
    /// MiB that it takes while it is filtered, as was estimated when it was ordered. May be more than the whole budget:
    /// then it runs alone.
    pub memory_mib: u32,
    /// The task.
    pub task: Uuid,
    /// Key of the original.
    pub object_key: String,
    /// Name of the uploaded file, if it had one.
    pub filename: Option<String>,
    /// Size of the original, in bytes.
    pub bytes: u64,
    /// What is asked for.
    pub spec: Spec,
    /// `yyyymm` in which a link made now will end: a part of the results' keys.
    pub month: String,
    /// Of the request that ordered it.
    pub trace: Option<Trace>,
    /// When it was taken.
    pub created_at: SystemTime,
    /// Whether nobody has claimed it before, whatever its attempts say.
    pub first_claim: bool,
}

/// The result of one chain, as `complete` takes it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum TaskResult {
    /// It is in the store.
    Done {
        /// Its key.
        object_key: String,
        /// Its format's name.
        format: &'static str,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Size of the file.
        bytes: usize,
        /// Of the file, in hexadecimal.
        sha256: String,
        /// Name to download it under.
        filename: String,
    },
    /// It was refused.
    Failed {
        /// Why.
        error: Reason,
    },
}

/// A task that was worked on to its end, as `complete_many` takes it.
#[derive(Debug, Clone)]
pub struct Completion {
    /// Its hot row and the lease on it.
    pub held: Held,
    results: serde_json::Value,
}

impl Completion {
    /// With a result for each chain.
    ///
    /// # Errors
    /// The results cannot be written as JSON.
    pub fn new(held: Held, results: &[TaskResult]) -> Result<Self, DbError> {
        let results = serde_json::to_value(results).map_err(|error| DbError::Connection(error.into()))?;
        Ok(Self { held, results })
    }
}

/// Why a chain or a task failed.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// One of the API's codes.
    pub code: &'static str,
    /// For a person.
    pub detail: String,
}

/// What came of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// The task has failed, as it was asked to.
    Failed,
    /// It will be tried again.
    Retry,
    /// Its attempts are used up: it has failed and lies with the dead.
    Dead,
    /// The lease was no longer this worker's; nothing was changed.
    Stale,
}

/// What a worker has room for when it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Most tasks.
    pub tasks: usize,
    /// MiB of memory that nothing uses: what is claimed takes no more together.
    pub free_mib: u32,
    /// MiB of memory that there are in all. A task that would take more counts as so much, so that it is given out when
    /// all of it is free.
    pub budget_mib: u32,
}

/// What a claim needs to know beside worker, lane and room.
#[derive(Debug, Clone)]
pub struct ClaimTerms {
    /// How long the task stays this worker's without a sign of life.
    pub lease: Duration,
    /// Life of links, in PostgreSQL's words.
    pub life: String,
}

impl Db {
    /// Claims tasks of a lane in their order, as many as there is room for: none is passed over for one that is smaller.
    /// `floors` bounds the search from below, one for each priority. A worker that is to drain gets none.
    pub async fn claim(
        &self,
        worker: i32,
        lane: Lane,
        room: Room,
        floors: &[Option<SystemTime>; 4],
        terms: &ClaimTerms,
    ) -> Result<Vec<Claimed>, DbError> {
        // The wait is asked for here and not of the function, which has told the time that it is counted from.
        let sql = "SELECT queue_id, lease, prio, run_at, attempts, memory, task, object_key, filename, bytes, spec, month, \
                   trace, created_at, first_claim, extract(epoch FROM now() - run_at)::double precision AS waited \
                   FROM imgfilter.claim($1, $2, $3, $4, $5, $6::text::interval, $7, $8::text::interval)";
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let rows = self
            .rows(
                sql,
                &[
                    &worker,
                    &lane.name(),
                    &i32::try_from(room.tasks).unwrap_or(i32::MAX),
                    &number(room.free_mib),
                    &number(room.budget_mib),
                    &interval(terms.lease),
                    &floors.as_slice(),
                    &terms.life,
                ],
            )
            .await?;
        rows.into_iter()
            .map(|row| {
                let spec: serde_json::Value = row.get("spec");
                Ok(Claimed {
                    held: Held { worker, queue: row.get("queue_id"), lease: row.get("lease") },
                    lane,
                    prio: row.get("prio"),
                    run_at: row.get("run_at"),
                    waited: Duration::try_from_secs_f64(row.get("waited")).unwrap_or_default(),
                    attempts: row.get("attempts"),
                    memory_mib: row.get::<_, i32>("memory").unsigned_abs(),
                    task: row.get("task"),
                    object_key: row.get("object_key"),
                    filename: row.get("filename"),
                    bytes: row.get::<_, i64>("bytes").unsigned_abs(),
                    spec: serde_json::from_value(spec).map_err(|error| DbError::Connection(error.into()))?,
                    month: row.get("month"),
                    trace: row.get::<_, Option<serde_json::Value>>("trace").as_ref().and_then(Trace::read),
                    created_at: row.get("created_at"),
                    first_claim: row.get("first_claim"),
                })
            })
            .collect()
    }

    /// Ends tasks in one transaction, and says of each, in their order, whether it was this worker's to end: what was
    /// not is unchanged, and does not matter to the others.
    ///
    /// # Errors
    /// None of them has ended. [`DbError::Refused`] may be because of one: they have to be told one by one then.
    pub async fn complete_many(&self, completions: &[Completion], life: &str) -> Result<Vec<bool>, DbError> {
        let workers: Vec<i32> = completions.iter().map(|each| each.held.worker).collect();
        let rows: Vec<i64> = completions.iter().map(|each| each.held.queue).collect();
        let leases: Vec<i64> = completions.iter().map(|each| each.held.lease).collect();
        let results: Vec<&serde_json::Value> = completions.iter().map(|each| &each.results).collect();
        let sql = "SELECT imgfilter.complete_many($1, $2, $3, $4, $5::text::interval)";
        let row = self.row(sql, &[&workers, &rows, &leases, &results, &life]).await?;
        let ended: Vec<i64> = row.get(0);
        Ok(leases.iter().map(|lease| ended.contains(lease)).collect())
    }

    /// A try went wrong: for good, or to be tried again after a pause that doubles from `base` up to `cap`.
    pub async fn fail(
        &self,
        held: Held,
        reason: &Reason,
        permanent: bool,
        base: Duration,
        cap: Duration,
    ) -> Result<Failed, DbError> {
        let sql = "SELECT imgfilter.fail($1, $2, $3, $4, $5, $6, $7::text::interval, $8::text::interval)";
        let row = self
            .row(
                sql,
                &[
                    &held.worker,
                    &held.queue,
                    &held.lease,
                    &reason.code,
                    &reason.detail,
                    &permanent,
                    &interval(base),
                    &interval(cap),
                ],
            )
            .await?;
        Ok(match row.get(0) {
            "failed" => Failed::Failed,
            "retry" => Failed::Retry,
            "dead" => Failed::Dead,
            _ => Failed::Stale,
        })
    }
}
