//! Animated WebP files, put together from encoded pictures.
//!
//! libwebp's own animation encoder merges frames that look the same; here each frame stays one, with its own time.
//! A frame holds the rectangle that changed and replaces what was there. (RFC 9649, section 2.7.)

use super::container::{ALPHA, ANIMATION, chunks, file_of, uint24, write_chunk};
use super::libwebp;
use crate::codec::changes::Part;
use crate::codec::{Plays, no_frame};
use crate::encoding::Settings;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// The longest time that fits a frame's field, in milliseconds.
const LONGEST_DELAY: u32 = (1 << 24) - 1;
/// The frame replaces what is there, and stays.
const REPLACE_AND_KEEP: u8 = 0b10;

/// An animation that is being written.
pub(super) struct Animation {
    plays: Plays,
    frames: Vec<u8>,
    alpha: bool,
    canvas: Option<Frame>,
}

impl Animation {
    /// An animation without frames.
    pub fn new(plays: Plays) -> Self {
        Self { plays, frames: Vec::new(), alpha: false, canvas: None }
    }

    /// Adds an 8-bit frame.
    pub fn push(&mut self, frame: Frame, delay_ms: u32, settings: &Settings) -> Result<(), Refusal> {
        let part = match &self.canvas {
            Some(canvas) => Part::changed(canvas, &frame).evened(),
            None => Part::whole(&frame),
        };
        let encoded = libwebp::encode(&cut_out(part, &frame)?, settings)?;
        let mut data = Vec::with_capacity(encoded.len() + 16);
        data.extend(uint24(part.left / 2));
        data.extend(uint24(part.top / 2));
        data.extend(uint24(part.width - 1));
        data.extend(uint24(part.height - 1));
        data.extend(uint24(delay_ms.min(LONGEST_DELAY)));
        data.push(REPLACE_AND_KEEP);
        for (kind, chunk) in chunks(&encoded) {
            if matches!(kind, b"ALPH" | b"VP8 " | b"VP8L") {
                write_chunk(&mut data, kind, chunk);
            }
        }
        write_chunk(&mut self.frames, b"ANMF", &data);
        self.alpha |= frame.alpha;
        self.canvas = Some(frame);
        Ok(())
    }

    /// The bytes of the file.
    pub fn finish(self, profile: Option<&[u8]>) -> Result<Vec<u8>, Refusal> {
        let canvas = self.canvas.ok_or_else(no_frame)?;
        let plays = match self.plays {
            Plays::Forever => 0,
            Plays::Times(times) => u16::try_from(times).unwrap_or(u16::MAX),
        };
        let mut loops = vec![0; 4];
        loops.extend(plays.to_le_bytes());
        let mut body = Vec::with_capacity(self.frames.len() + 64);
        write_chunk(&mut body, b"ANIM", &loops);
        body.extend(self.frames);
        let features = ANIMATION | if self.alpha { ALPHA } else { 0 };
        Ok(file_of(canvas.size(), features, profile, &body))
    }
}

/// The part of a frame as a frame of its own.
fn cut_out(part: Part, frame: &Frame) -> Result<Frame, Refusal> {
    let channels = frame.channels();
    let pixels = part.pixels(frame);
    let samples = pixels.flat_map(|pixel| pixel.into_iter().take(channels)).collect();
    Ok(Frame { width: part.width, height: part.height, alpha: frame.alpha, samples: Samples::U8(samples) })
}
