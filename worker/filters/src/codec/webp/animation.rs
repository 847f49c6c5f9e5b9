//! Animated WebP files, put together from encoded pictures.
//!
//! libwebp's own animation encoder merges frames that look the same; here each frame stays one, with its own time.
//! A frame holds the rectangle that changed and replaces what was there. (RFC 9649, section 2.7.)

use super::libwebp;
use crate::codec::changes::Part;
use crate::codec::{Plays, no_frame};
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// The longest time that fits a frame's field, in milliseconds.
const LONGEST_DELAY: u32 = (1 << 24) - 1;
/// The frame replaces what is there, and stays.
const REPLACE_AND_KEEP: u8 = 0b10;
const ALPHA_FLAG: u8 = 0x10;
const ANIMATION_FLAG: u8 = 0x02;

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
    pub fn push(&mut self, frame: Frame, delay_ms: u32, quality: u8) -> Result<(), Refusal> {
        let part = match &self.canvas {
            Some(canvas) => Part::changed(canvas, &frame).evened(),
            None => Part::whole(&frame),
        };
        let encoded = libwebp::encode(&cut_out(part, &frame)?, quality)?;
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
    pub fn finish(self) -> Result<Vec<u8>, Refusal> {
        let canvas = self.canvas.ok_or_else(no_frame)?;
        let mut body = b"WEBP".to_vec();
        let flags = ANIMATION_FLAG | if self.alpha { ALPHA_FLAG } else { 0 };
        let mut features = vec![flags, 0, 0, 0];
        features.extend(uint24(canvas.width - 1));
        features.extend(uint24(canvas.height - 1));
        write_chunk(&mut body, b"VP8X", &features);
        let plays = match self.plays {
            Plays::Forever => 0,
            Plays::Times(times) => u16::try_from(times).unwrap_or(u16::MAX),
        };
        let mut loops = vec![0; 4];
        loops.extend(plays.to_le_bytes());
        write_chunk(&mut body, b"ANIM", &loops);
        body.extend(self.frames);
        let mut file = Vec::with_capacity(body.len() + 8);
        write_chunk(&mut file, b"RIFF", &body);
        Ok(file)
    }
}

/// The part of a frame as a frame of its own.
fn cut_out(part: Part, frame: &Frame) -> Result<Frame, Refusal> {
    let channels = frame.channels();
    let pixels = part.pixels(frame);
    let samples = pixels.flat_map(|pixel| pixel.into_iter().take(channels)).collect();
    Ok(Frame { width: part.width, height: part.height, alpha: frame.alpha, samples: Samples::U8(samples) })
}

fn uint24(value: u32) -> [u8; 3] {
    let [low, middle, high, _] = value.to_le_bytes();
    [low, middle, high]
}

fn write_chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend(kind);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    if data.len() % 2 == 1 {
        file.push(0);
    }
}

/// The chunks of a WebP file that libwebp made.
fn chunks(file: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = file.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let data = after.get(..length)?;
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some((kind, data))
    })
}
