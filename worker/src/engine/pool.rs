//! The engines of a worker: one for each slot, each started anew when it died or has done enough.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use imgfilter_filters::{Encoding, Limits, Refusal, RefusalCode, Timings};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::message::{Answer, Job, Made};
use super::parcel::{self, Packing, ParcelError};
use super::process::{Process, ProcessError, Start};
use super::sandbox::Confinement;
use crate::metrics::engine::{self as told, Loss, Most};
use crate::metrics::task::Stage;

/// How long after its deadline a job may take to notice it, before its engine is killed.
const GRACE: Duration = Duration::from_secs(2);
/// Jobs after which an engine is replaced, so that nothing it has gathered stays for ever.
const RENEWAL: u32 = 1000;

/// Whose turn a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Any engine.
    Fast,
    /// Any but one, which is kept for the fast.
    Slow,
}

/// What is asked of an engine, beside the image.
#[derive(Debug, Clone)]
pub struct Order {
    /// Whose turn it waits for.
    pub turn: Turn,
    /// Chains; one result each.
    pub chains: Vec<String>,
    /// How results are written.
    pub encoding: Encoding,
    /// What the job is estimated to take of memory, in bytes.
    pub memory: u64,
}

/// A result and its file.
#[derive(Clone)]
pub struct Output {
    /// What it is.
    pub made: Made,
    /// The file.
    pub file: Bytes,
}

impl std::fmt::Debug for Output {
    /// Without the file, which nobody wants to read.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Output").field("made", &self.made).finish_non_exhaustive()
    }
}

/// Why an order has no results.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The image was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine died of it, or was killed by somebody.
    #[error("{0}")]
    Crashed(String),
    /// No engine can be had; the image has nothing to do with it.
    #[error(transparent)]
    Unavailable(ProcessError),
    /// The image, or what was made of it, cannot be handed over.
    #[error("an image cannot be handed over")]
    Memory(#[source] io::Error),
}

/// The engines of this worker.
#[derive(Debug)]
pub struct Engines {
    count: usize,
    start: Start,
    limits: Limits,
    deadline: Duration,
    idle: Mutex<Vec<Process>>,
    all: Semaphore,
    slow: Semaphore,
    running: AtomicUsize,
}

impl Engines {
    /// So many engines, at least one, none of which is started yet. `deadline` is what a job may take.
    pub fn new(count: usize, start: Start, limits: Limits, deadline: Duration) -> Self {
        let count = count.max(1);
        Self {
            count,
            start,
            limits,
            deadline,
            idle: Mutex::default(),
            all: Semaphore::new(count),
            // With a single engine both have to share it.
            slow: Semaphore::new((count - 1).max(1)),
            running: AtomicUsize::new(0),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many are working.
    pub fn busy(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Starts all of them, and says how well they are shut in.
    pub async fn start(&self) -> Result<Confinement, ProcessError> {
        let starts = (0..self.count).map(|_| Process::start(&self.start));
        let started = futures_util::future::try_join_all(starts).await?;
        let (processes, mut confinements): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        self.idle().extend(processes);
        // All of one kernel and one program: they are alike.
        confinements.pop().ok_or(ProcessError::Silent)
    }

    /// Has an image filtered, in its turn. Dropped, the work ends at once: its engine is killed.
    pub async fn filter(
        &self,
        order: Order,
        image: Packing,
    ) -> Result<Vec<Result<Output, Refusal>>, EngineError> {
        let asked = Instant::now();
        let _turn = self.turn(order.turn).await;
        Stage::Wait.took(asked.elapsed());
        let mut process = match self.pop() {
            Some(process) => process,
            None => self.another().await?,
        };
        let running = Running::enter(&self.running);
        let job = self.job(order, running.alone());
        let filters = job.chains.len() * self.limits.chains.max_filters;
        let job = image.finish(&job).map_err(EngineError::Memory)?;
        let asked = Instant::now();
        let answered = tokio::time::timeout(self.deadline + GRACE, process.ask(job)).await;
        let most = Most { time: asked.elapsed(), pixels: self.limits.max_total_pixels, filters };
        drop(running);
        match answered {
            Ok(Ok(answer)) => {
                let (results, timings) = unpack(answer).map_err(|error| {
                    told::lost(Loss::Nonsense);
                    EngineError::Crashed(error.to_string())
                })?;
                told::worked(&timings, &most);
                self.push(process);
                Ok(results?)
            }
            Ok(Err(error)) => {
                told::lost(Loss::Died);
                Err(EngineError::Crashed(error.to_string()))
            }
            Err(_) => {
                told::lost(Loss::Deadline);
                tracing::warn!("a job did not notice its deadline: its engine is killed");
                let detail = format!("not done within {:?}", self.deadline);
                Err(Refusal::new(RefusalCode::DeadlineExceeded, detail).into())
            }
        }
    }

    /// A new engine.
    async fn another(&self) -> Result<Process, EngineError> {
        let started = Process::start(&self.start).await;
        started.map(|(process, _)| process).map_err(|error| {
            told::lost(Loss::Start);
            EngineError::Unavailable(error)
        })
    }

    /// Waits for an engine. They are given out in the order in which they were asked for.
    async fn turn(&self, turn: Turn) -> (Option<SemaphorePermit<'_>>, SemaphorePermit<'_>) {
        let closed = "a semaphore of engines is never closed";
        let slow = match turn {
            Turn::Fast => None,
            Turn::Slow => Some(self.slow.acquire().await.expect(closed)),
        };
        (slow, self.all.acquire().await.expect(closed))
    }

    fn job(&self, order: Order, alone: bool) -> Job {
        Job {
            chains: order.chains,
            encoding: order.encoding,
            limits: self.limits,
            deadline_ms: u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX),
            // An image that is alone gets all cores; under load each gets one.
            threads: if alone { self.count } else { 1 },
            memory: order.memory,
        }
    }

    fn pop(&self) -> Option<Process> {
        let mut idle = self.idle();
        // Those that have a door to a folder that was replaced are dropped.
        idle.retain(|process| process.knows(&self.start.assets));
        // The last one to work is the warmest.
        idle.pop()
    }

    fn push(&self, process: Process) {
        if process.jobs < RENEWAL {
            self.idle().push(process);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        // No one panics while holding it; and if so, the list is whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job that is being done, until this is dropped.
struct Running<'a> {
    count: &'a AtomicUsize,
    others: usize,
}

impl<'a> Running<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self { count, others: count.fetch_add(1, Ordering::AcqRel) }
    }

    /// Whether it was the only one when it began.
    fn alone(&self) -> bool {
        self.others == 0
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What came of a job: a result for each chain, or a refusal of the image.
type Outcome = Result<Vec<Result<Output, Refusal>>, Refusal>;

/// The results of an answer, each with its file, and what they took.
fn unpack(answer: OwnedFd) -> Result<(Outcome, Timings), ParcelError> {
    let (Answer { outcome, timings }, mut files): (_, Bytes) = parcel::open(answer)?;
    let results = match outcome {
        Ok(results) => results,
        Err(refusal) => return Ok((Err(refusal), timings)),
    };
    let with_file = |result: Result<Made, Refusal>| match result {
        Ok(made) if made.bytes <= files.len() => Ok(Ok(Output { file: files.split_to(made.bytes), made })),
        Ok(_) => Err(ParcelError::Malformed("a file is shorter than it should be".into())),
        Err(refusal) => Ok(Err(refusal)),
    };
    let results = results.into_iter().map(with_file).collect::<Result<_, _>>()?;
    Ok((Ok(results), timings))
}
