//! WebP: read by image-webp, pictures written by libwebp, animations put together here. (RFC 9649.)

mod animation;
mod decode;
mod libwebp;

use crate::codec::{Encode, Plays, TimedFrame, check_side, no_frame};
use crate::context::Context;
use crate::format::Format;
use crate::refusal::Refusal;

use animation::Animation;
pub(super) use decode::Decoder;

/// The longest side that a WebP bitstream can have.
const LONGEST_SIDE: u32 = 16_383;

/// Writes a still, or an animation with all its frames.
pub(super) struct Encoder {
    quality: u8,
    frames: u32,
    plays: Plays,
    still: Option<Vec<u8>>,
    animation: Option<Animation>,
}

impl Encoder {
    /// An encoder of a quality of 1 to 100 for so many frames.
    pub fn new(quality: u8, frames: u32, plays: Plays) -> Self {
        Self { quality, frames, plays, still: None, animation: None }
    }
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let TimedFrame { frame, delay_ms } = frame;
        let frame = frame.narrowed();
        check_side(Format::WebP, &frame, LONGEST_SIDE)?;
        if self.frames > 1 {
            let plays = self.plays;
            return self.animation.get_or_insert_with(|| Animation::new(plays)).push(
                frame,
                delay_ms,
                self.quality,
            );
        }
        self.still = Some(libwebp::encode(&frame, self.quality)?);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        match self.animation {
            Some(animation) => animation.finish(),
            None => self.still.ok_or_else(no_frame),
        }
    }
}
