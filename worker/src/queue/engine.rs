//! The filters, on threads of their own and within a budget of memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use imgfilter_filters as filters;
use imgfilter_filters::{ChainLimits, Encoding, Format, Limits, PresetUse, Refusal, RefusalCode};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::held::Cancel;
use crate::config::{self, ImageLimits};
use crate::db::tasks::Spec;

/// Memory is given out in pieces of this many bytes.
const PIECE: u64 = 1 << 20;
/// Most bytes that a pixel of a result takes when it is written: a PNG of noise.
const RESULT_BYTES: u64 = 4;
/// How long after its deadline a job may take to notice it.
const GRACE: Duration = Duration::from_secs(10);

/// A result and the SHA-256 of its bytes, in hexadecimal.
#[derive(Debug, Clone)]
pub struct Made {
    /// The result.
    pub output: filters::Output,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// What came of a job: a result or a refusal for each chain, or one refusal of the image itself.
pub type Results = Result<Vec<Result<Made, Refusal>>, Refusal>;

/// The filters, ready to work.
pub struct Engine {
    threads: usize,
    memory: Arc<Semaphore>,
    pieces: u32,
    limits: Limits,
    deadline: Duration,
    running: Arc<AtomicUsize>,
}

impl From<&ImageLimits> for Limits {
    fn from(limits: &ImageLimits) -> Self {
        Self {
            max_dimension: limits.max_dimension,
            max_pixels: limits.max_pixels,
            max_frames: limits.max_frames,
            max_total_pixels: limits.max_total_pixels,
            max_output_dimension: limits.max_output_dimension,
            chains: (&limits.chains).into(),
        }
    }
}

impl From<&config::ChainLimits> for ChainLimits {
    fn from(limits: &config::ChainLimits) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            max_length: size(limits.max_chain_length),
            max_filters: size(limits.max_chain_filters),
            max_equation_length: size(limits.max_equation_length),
            max_equation_depth: size(limits.max_equation_depth),
            max_equation_operations: size(limits.max_equation_operations),
            presets: PresetUse::Allowed,
        }
    }
}

impl Engine {
    /// Filters for as many images at a time as there are slots.
    pub fn new(settings: &config::Worker, limits: &ImageLimits) -> Self {
        let pieces = u32::try_from(settings.memory_budget / PIECE).unwrap_or(u32::MAX).max(1);
        Self {
            threads: settings.slots(),
            memory: Arc::new(Semaphore::new(usize::try_from(pieces).unwrap_or(Semaphore::MAX_PERMITS))),
            pieces,
            limits: limits.into(),
            deadline: settings.task_deadline,
            running: Arc::default(),
        }
    }

    /// Filters an image, in its turn: when memory for it is free. `cancel` ends it early.
    pub async fn filter(&self, input: Bytes, spec: &Spec, cancel: Cancel) -> Results {
        let encoding = encoding(spec)?;
        let pieces = self.pieces_for(&input, spec, encoding)?;
        let Ok(memory) = Arc::clone(&self.memory).acquire_many_owned(pieces).await else {
            unreachable!("the semaphore is never closed")
        };
        let (answer, answered) = oneshot::channel();
        let work = Work {
            input,
            chains: spec.to_run().to_vec(),
            encoding,
            limits: self.limits,
            deadline: self.deadline,
            threads: self.threads,
            running: Arc::clone(&self.running),
            cancel,
            _memory: memory,
        };
        // A thread for each job: there are never more of them than slots, and one that hangs costs no other job.
        let thread = std::thread::Builder::new().name("filter".into());
        // No one may wait for the answer any more: then it does not matter.
        let started = thread.spawn(move || drop(answer.send(work.run())));
        started.map_err(|error| Refusal::internal(format!("no thread could be started: {error}")))?;
        match tokio::time::timeout(self.deadline + GRACE, answered).await {
            Ok(Ok(results)) => results,
            Ok(Err(_)) => Err(Refusal::internal("the filters broke off")),
            Err(_) => {
                tracing::error!("a job did not end at its deadline; its thread is lost until it does");
                let detail = format!("not done within {:?}", self.deadline);
                Err(Refusal::new(RefusalCode::DeadlineExceeded, detail))
            }
        }
    }

    /// How much memory the dearest chain needs, and the results of all, which are kept to the end. More than the whole
    /// budget is not asked for: it then runs alone.
    fn pieces_for(&self, input: &[u8], spec: &Spec, encoding: Encoding) -> Result<u32, Refusal> {
        let image = filters::probe(input, &self.limits)?;
        let estimates = spec.to_run().iter().filter_map(|chain| {
            // A chain that is refused costs nothing; the job will say why.
            let chain = filters::check_within(chain, &self.limits.chains).ok()?;
            filters::estimate(&chain, &image, &encoding, &self.limits).ok()
        });
        let (working, written) = estimates.fold((0, 0), |(working, written), estimate| {
            let pixels = u64::from(estimate.width) * u64::from(estimate.height) * u64::from(image.frames);
            (estimate.memory_bytes.max(working), written + pixels * RESULT_BYTES)
        });
        let bytes: u64 = working + written;
        Ok(u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX).clamp(1, self.pieces))
    }
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

/// A job with all that it needs, to be moved to its thread.
struct Work {
    input: Bytes,
    chains: Vec<String>,
    encoding: Encoding,
    limits: Limits,
    deadline: Duration,
    threads: usize,
    running: Arc<AtomicUsize>,
    cancel: Cancel,
    /// Given back when the thread has ended, not when its job was given up.
    _memory: OwnedSemaphorePermit,
}

impl Work {
    fn run(self) -> Results {
        // An image that is alone gets all cores; under load each gets one.
        let others = self.running.fetch_add(1, Ordering::AcqRel);
        let job = filters::Job {
            input: &self.input,
            chains: &self.chains,
            encoding: self.encoding,
            limits: self.limits,
            deadline: Some(Instant::now() + self.deadline),
            threads: if others == 0 { self.threads } else { 1 },
            cancel: Some(&self.cancel),
        };
        let results = filters::process(&job).map(|results| results.into_iter().map(with_digest).collect());
        self.running.fetch_sub(1, Ordering::AcqRel);
        results
    }
}

fn with_digest(result: Result<filters::Output, Refusal>) -> Result<Made, Refusal> {
    let output = result?;
    let sha256 = hex::encode(Sha256::digest(&output.bytes));
    Ok(Made { output, sha256 })
}
