//! WebP: read by image-webp, pictures written by libwebp, animations put together here. (RFC 9649.)

mod animation;
mod container;
mod decode;
mod libwebp;

use crate::codec::{Encode, Plays, TimedFrame, check_side, no_frame};
use crate::context::Context;
use crate::encoding::Settings;
use crate::format::Format;
use crate::refusal::Refusal;

use animation::Animation;
pub(super) use decode::{Decoder, profile};

/// The longest side that a WebP bitstream can have.
const LONGEST_SIDE: u32 = 16_383;

/// Writes a still, or an animation with all its frames.
pub(super) struct Encoder {
    settings: Settings,
    frames: u32,
    plays: Plays,
    still: Option<Vec<u8>>,
    animation: Option<Animation>,
}

impl Encoder {
    /// An encoder that makes use of quality, effort and profile, for so many frames.
    pub fn new(settings: Settings, frames: u32, plays: Plays) -> Self {
        Self { settings, frames, plays, still: None, animation: None }
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
            let animation = self.animation.get_or_insert_with(|| Animation::new(plays));
            return animation.push(frame, delay_ms, &self.settings);
        }
        let bytes = libwebp::encode(&frame, &self.settings)?;
        self.still = Some(match &self.settings.profile {
            Some(profile) => container::with_profile(&bytes, profile, &frame),
            None => bytes,
        });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        match self.animation {
            Some(animation) => animation.finish(self.settings.profile.as_deref()),
            None => self.still.ok_or_else(no_frame),
        }
    }
}
