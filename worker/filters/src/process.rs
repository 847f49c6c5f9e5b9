//! The whole way: decode once, run every chain, encode each result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::chain::check_within;
use crate::codec::{self, Decode, Encode, Plays, TimedFrame};
use crate::context::Context;
use crate::encoding::{Encoding, Settings};
use crate::estimate::estimate;
use crate::format::Format;
use crate::limits::Limits;
use crate::probe::{Header, ImageInfo};
use crate::refusal::Refusal;
use crate::segments::filters_palette;
use crate::timings::{Spent, Timings, timed};

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
    process_timed(job).0
}

/// As [`process`], and says how long each part of it took, also where it did not end well. Of what a panic of a decoder ended
/// that is no more than decoding.
pub fn process_timed(job: &Job<'_>) -> (Result<Vec<Result<Output, Refusal>>, Refusal>, Timings) {
    let mut timings = Timings::default();
    let results = guarded(|| {
        if job.threads <= 1 {
            return run(job, &mut timings);
        }
        threads::pool(job.threads)?.install(|| run(job, &mut timings))
    });
    (results, timings)
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

fn run(job: &Job<'_>, timings: &mut Timings) -> Result<Vec<Result<Output, Refusal>>, Refusal> {
    let mut context = Context {
        deadline: job.deadline,
        cancel: job.cancel,
        threads: job.threads.max(1),
        limits: job.limits,
        frame_index: 0,
        keeps_profile: false,
    };
    context.check()?;
    let (header, mut decoder) = timed(&mut timings.decode, || codec::open(job.input, &job.limits))?;
    let info = header.info();
    let format = job.encoding.format_of(info.format);
    let profile = kept_profile(job, header, format);
    context.keeps_profile = profile.is_some();
    let settings = job.encoding.settings(info.format, profile);
    let start = |chain: &String| Running::start(chain, &info, &settings, decoder.plays(), job);
    let mut results: Vec<Running> = job.chains.iter().map(start).collect();
    let went =
        palettes::recolour(job.input, header, &mut results, settings.effort, &context).and_then(|()| {
            if results.iter().any(Running::is_done) && !results.iter().any(Running::wants_frames) {
                return Ok(header.frames);
            }
            run_frames(decoder.as_mut(), &mut results, &info, &mut context, timings)
        });
    finished(results, format, went, timings)
}

/// Runs all chains over all frames. Returns how many there were.
fn run_frames(
    decoder: &mut dyn Decode,
    results: &mut [Running],
    info: &ImageInfo,
    context: &mut Context<'_>,
    timings: &mut Timings,
) -> Result<u32, Refusal> {
    let mut frames = 0;
    loop {
        let decoded = timed(&mut timings.decode, || decoder.next(context));
        let Some(frame) = decoded? else { break };
        timings.pixels += u64::from(frame.frame.width) * u64::from(frame.frame.height);
        context.frame_index = frames;
        frames += 1;
        if frames > context.limits.max_frames {
            context.limits.check_input(info.width, info.height, frames)?;
        }
        hand_out(frame, results, context);
        if !results.iter().any(Running::wants_frames) {
            break;
        }
    }
    if frames == 0 { Err(Refusal::broken("the image has no frames")) } else { Ok(frames) }
}

/// What came of all chains, or of the image. What they took is noted either way.
fn finished(
    results: Vec<Running>,
    format: Format,
    went: Result<u32, Refusal>,
    timings: &mut Timings,
) -> Result<Vec<Result<Output, Refusal>>, Refusal> {
    match went {
        Ok(frames) => {
            Ok(results.into_iter().map(|running| running.finish(format, frames, timings)).collect())
        }
        Err(refusal) => {
            results.into_iter().for_each(|running| running.spent.add_to(timings));
            Err(refusal)
        }
    }
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
struct Running {
    state: State,
    spent: Spent,
}

/// How far a chain has come.
enum State {
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
                return Ok(State::Recolouring(Box::new(Filtering::new(chain, limits, false))));
            }
            let encoder = codec::create(settings, info.frames, plays);
            let filtering = Filtering::new(chain, limits, settings.format.has_16_bits());
            Ok(State::Working(Box::new(Work { filtering, encoder })))
        });
        Self { state: started.unwrap_or_else(State::Failed), spent: Spent::default() }
    }

    fn wants_frames(&self) -> bool {
        matches!(self.state, State::Working(_))
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    fn push(&mut self, timed: TimedFrame, context: &Context<'_>) {
        if let State::Working(work) = &mut self.state
            && let Err(refusal) = guarded(|| work.push(timed, context, &mut self.spent))
        {
            self.state = State::Failed(refusal);
        }
    }

    fn finish(self, format: Format, frames: u32, timings: &mut Timings) -> Result<Output, Refusal> {
        let Self { state, mut spent } = self;
        let output = Self::output(state, &mut spent, format, frames);
        spent.add_to(timings);
        output
    }

    fn output(state: State, spent: &mut Spent, format: Format, frames: u32) -> Result<Output, Refusal> {
        let work = match state {
            State::Working(work) => work,
            State::Done(output) => return Ok(output),
            State::Recolouring(_) => return Err(Refusal::internal("a palette was not filtered")),
            State::Failed(refusal) => return Err(refusal),
        };
        let size = work.filtering.size().ok_or_else(|| Refusal::internal("a chain was given no frame"))?;
        let (width, height) = size;
        let encoder = work.encoder;
        let bytes = timed(&mut spent.encode, || guarded(|| encoder.finish()))?;
        Ok(Output { bytes, format, width, height, frames })
    }
}

impl Work {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>, spent: &mut Spent) -> Result<(), Refusal> {
        let TimedFrame { frame, delay_ms } = frame;
        let frame = self.filtering.run(frame, context, spent)?;
        context.limits.check_result(frame.width, frame.height)?;
        context.check()?;
        timed(&mut spent.encode, || self.encoder.push(TimedFrame { frame, delay_ms }, context))
    }
}

#[cfg(test)]
mod tests;
