//! The whole way: decode once, run every chain, encode each result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::chain::check_within;
use crate::codec::{self, Encode, Plays, TimedFrame};
use crate::context::Context;
use crate::encoding::{Encoding, Settings};
use crate::estimate::estimate;
use crate::format::Format;
use crate::limits::Limits;
use crate::probe::{Header, ImageInfo};
use crate::refusal::Refusal;
use crate::segments::filters_palette;

mod filtering;
mod palettes;
mod threads;

use filtering::Filtering;

/// One image and what is to be made of it.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// The file's bytes.
    pub input: &'a [u8],
    /// Chains; one result each. The input is decoded once.
    pub chains: &'a [String],
    /// How all results are written.
    pub encoding: Encoding,
    /// Limits for the input, every step and the results.
    pub limits: Limits,
    /// When the job must have ended.
    pub deadline: Option<Instant>,
    /// Threads to use; 0 is taken as 1.
    pub threads: usize,
    /// Set by another thread when the results are no longer wanted.
    pub cancel: Option<&'a AtomicBool>,
}

/// One result.
#[derive(Debug, Clone)]
pub struct Output {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its number of frames.
    pub frames: u32,
}

/// Runs a job. Never panics.
///
/// # Errors
/// The outer error: the input could not be decoded, so there is no result at all. The inner ones: that chain failed.
pub fn process(job: &Job<'_>) -> Result<Vec<Result<Output, Refusal>>, Refusal> {
    guarded(|| {
        if job.threads <= 1 {
            return run(job);
        }
        threads::pool(job.threads)?.install(|| run(job))
    })
}

/// Turns a panic into a refusal: strangers' bytes must never end the program.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(Refusal::internal(format!("the engine panicked: {words}")))
    })
}

fn run(job: &Job<'_>) -> Result<Vec<Result<Output, Refusal>>, Refusal> {
    let mut context = Context {
        deadline: job.deadline,
        cancel: job.cancel,
        threads: job.threads.max(1),
        limits: job.limits,
        frame_index: 0,
        keeps_profile: false,
    };
    context.check()?;
    let (header, mut decoder) = codec::open(job.input, &job.limits)?;
    let info = header.info();
    let format = job.encoding.format_of(info.format);
    let profile = kept_profile(job, header, format);
    context.keeps_profile = profile.is_some();
    let settings = job.encoding.settings(info.format, profile);
    let start = |chain: &String| Running::start(chain, &info, &settings, decoder.plays(), job);
    let mut results: Vec<Running> = job.chains.iter().map(start).collect();
    palettes::recolour(job.input, header, &mut results, settings.effort, &context)?;
    if results.iter().any(Running::is_done) && !results.iter().any(Running::wants_frames) {
        return Ok(results.into_iter().map(|running| running.finish(format, header.frames)).collect());
    }
    let mut frames = 0;
    while let Some(timed) = decoder.next(&context)? {
        context.frame_index = frames;
        frames += 1;
        if frames > job.limits.max_frames {
            job.limits.check_input(info.width, info.height, frames)?;
        }
        hand_out(timed, &mut results, &context);
        if !results.iter().any(Running::wants_frames) {
            break;
        }
    }
    if frames == 0 {
        return Err(Refusal::broken("the image has no frames"));
    }
    Ok(results.into_iter().map(|running| running.finish(format, frames)).collect())
}

/// The input's colour profile, if results shall hold it and can.
fn kept_profile(job: &Job<'_>, header: Header, output: Format) -> Option<Arc<[u8]>> {
    let asked = job.encoding.keep_profile && output.has_profiles();
    asked.then(|| codec::profile(job.input, header)).flatten().map(Arc::from)
}

/// Gives a frame to every chain that wants it; the last one gets the frame itself, the others copies.
fn hand_out(timed: TimedFrame, results: &mut [Running], context: &Context<'_>) {
    let mut waiting: Vec<&mut Running> =
        results.iter_mut().filter(|running| running.wants_frames()).collect();
    let last = waiting.pop();
    for running in waiting {
        running.push(timed.clone(), context);
    }
    if let Some(running) = last {
        running.push(timed, context);
    }
}

/// One chain on its way through the frames.
enum Running {
    Working(Box<Work>),
    /// Needs no frames: the palette is filtered.
    Recolouring(Box<Filtering>),
    Done(Output),
    Failed(Refusal),
}

struct Work {
    filtering: Filtering,
    encoder: Box<dyn Encode>,
}

impl Running {
    fn start(chain: &str, info: &ImageInfo, settings: &Settings, plays: Plays, job: &Job<'_>) -> Self {
        let limits = job.limits;
        let checked = check_within(chain, &limits.chains).map_err(Refusal::from);
        let started = checked.and_then(|chain| {
            estimate(&chain, info, &job.encoding, &limits)?;
            if settings.profile.is_none() && filters_palette(&chain, info, settings.format) {
                return Ok(Self::Recolouring(Box::new(Filtering::new(chain, limits, false))));
            }
            let encoder = codec::create(settings, info.frames, plays);
            let filtering = Filtering::new(chain, limits, settings.format.has_16_bits());
            Ok(Self::Working(Box::new(Work { filtering, encoder })))
        });
        started.unwrap_or_else(Self::Failed)
    }

    fn wants_frames(&self) -> bool {
        matches!(self, Self::Working(_))
    }

    fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    fn push(&mut self, timed: TimedFrame, context: &Context<'_>) {
        if let Self::Working(work) = self
            && let Err(refusal) = guarded(|| work.push(timed, context))
        {
            *self = Self::Failed(refusal);
        }
    }

    fn finish(self, format: Format, frames: u32) -> Result<Output, Refusal> {
        let work = match self {
            Self::Working(work) => work,
            Self::Done(output) => return Ok(output),
            Self::Recolouring(_) => return Err(Refusal::internal("a palette was not filtered")),
            Self::Failed(refusal) => return Err(refusal),
        };
        let size = work.filtering.size().ok_or_else(|| Refusal::internal("a chain was given no frame"))?;
        let (width, height) = size;
        let encoder = work.encoder;
        let bytes = guarded(|| encoder.finish())?;
        Ok(Output { bytes, format, width, height, frames })
    }
}

impl Work {
    fn push(&mut self, timed: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        let TimedFrame { frame, delay_ms } = timed;
        let frame = self.filtering.run(frame, context)?;
        context.limits.check_result(frame.width, frame.height)?;
        context.check()?;
        self.encoder.push(TimedFrame { frame, delay_ms }, context)
    }
}

#[cfg(test)]
mod tests;
