//! The whole way: decode once, run every chain, encode each result.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::format::Format;
use crate::limits::Limits;
use crate::refusal::Refusal;

/// One image and what is to be made of it.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// The file's bytes.
    pub input: &'a [u8],
    /// Chains; one result each. The input is decoded once.
    pub chains: &'a [String],
    /// The format of all results; `None`: as the input.
    pub format: Option<Format>,
    /// Quality of lossy formats, 1–100; `None`: 80.
    pub quality: Option<u8>,
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
    let _ = job;
    Err(Refusal::internal("not built yet"))
}
