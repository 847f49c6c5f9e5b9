//! Steps that see more than one pixel at a time: neighbourhood filters and geometry.

use std::fmt;

pub(crate) mod autolevels;
pub(crate) mod blur;
pub(crate) mod clahe;
pub(crate) mod crop;
pub(crate) mod dither;
pub(crate) mod equalize;
pub(crate) mod flip;
pub(crate) mod geometry;
pub(crate) mod grain;
mod histogram;
pub(crate) mod lut;
pub(crate) mod neighbourhood;
pub(crate) mod noise;
pub(crate) mod normalize;
pub(crate) mod overlay;
pub(crate) mod photon;
mod random;
pub(crate) mod resize;
pub(crate) mod rotate;
mod sample;
mod scale;
pub(crate) mod sharpen;
pub(crate) mod style;
mod weighed;

use crate::context::Context;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;

/// A step that takes a whole frame and gives a whole frame.
///
/// A stage accepts 8- and 16-bit frames and answers in the depth it was given, unless
/// [`Stage::accepts_16_bit`] says otherwise. The executor widens a frame before a stage whose values must not be
/// rounded because more steps follow, and narrows it once, at the end of the chain.
pub(crate) trait Stage: fmt::Debug + Send + Sync {
    /// The size of the result for an input of `size`; refuses what cannot be, before any memory is taken.
    ///
    /// # Errors
    /// `ImpossibleChain` (a crop outside of the image), `OutputTooLarge`.
    fn output_size(&self, size: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let _ = limits;
        Ok(size)
    }

    /// Milliseconds that [`Stage::apply`] takes on one core for an opaque 8-bit frame of `size`.
    fn cost_ms(&self, size: (u32, u32)) -> f64;

    /// Bytes taken beside the input and the output frame while [`Stage::apply`] runs on `size` with 4 bytes a pixel.
    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        let _ = size;
        0
    }

    /// Whether the size of the result depends on the pixels; [`Stage::output_size`] then is the most that it can be, and
    /// the steps that follow are planned for what came out.
    fn size_from_pixels(&self) -> bool {
        false
    }

    /// Whether every sample of the result is a sample of the input, unchanged (a flip, a crop): then nothing is
    /// rounded and an 8-bit frame may stay one.
    fn moves_pixels(&self) -> bool {
        false
    }

    /// Whether point filters may as well come after it as before: every pixel of the result is one of the input's, and
    /// which one does not depend on what the pixels look like.
    fn commutes_with_points(&self) -> bool {
        false
    }

    /// Whether 16-bit frames are understood; otherwise the frame is rounded to 8 bits before this stage.
    fn accepts_16_bit(&self) -> bool {
        true
    }

    /// Whether the result may be transparent where the input was opaque.
    fn adds_alpha(&self) -> bool {
        false
    }

    /// Makes the result; looks at [`Context::check`] every few rows.
    ///
    /// # Errors
    /// `DeadlineExceeded`; `ImpossibleChain` as [`Stage::output_size`].
    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal>;
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::chain::check;
    use crate::context::Context;
    use crate::frame::Frame;
    use crate::limits::Limits;
    use crate::plan::{Plan, Shape};

    /// What a chain makes of a frame; two threads must make the same of it as one.
    pub fn run(chain: &str, frame: Frame) -> Frame {
        let result = |threads| {
            let chain = check(chain).unwrap_or_else(|mistake| panic!("{chain}: {mistake}"));
            let mut plan = Plan::new(chain.links(), Shape::of(&frame), false, &Limits::default()).unwrap();
            let result = plan.run(frame.clone(), &Context::unlimited(threads)).unwrap();
            assert_eq!(result.size(), plan.size());
            result
        };
        let found = result(1);
        assert!(found == result(2), "{chain}: threads matter");
        found
    }
}
