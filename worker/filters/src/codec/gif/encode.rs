//! From whole pictures to GIF frames of 256 colours, each holding only what changed.

use std::borrow::Cow;

use gif::{DisposalMethod, EncodingError, Repeat};
use quantizr::{Image, Options, QuantizeResult};

use super::TICK_MS;
use crate::codec::changes::Part;
use crate::codec::palette::Table;
use crate::codec::{Encode, Plays, TimedFrame, check_side, no_frame};
use crate::context::Context;
use crate::format::Format;
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The longest side that fits the format's fields.
const LONGEST_SIDE: u32 = 65_535;
/// From this alpha on a pixel is opaque; GIF knows nothing between.
const OPAQUE: u8 = 128;

/// Writes an animation, one frame behind what it was given: only the next frame tells how one must be disposed of.
pub(in crate::codec) struct Encoder {
    encoder: Option<gif::Encoder<Vec<u8>>>,
    frames: u32,
    plays: Plays,
    /// What is on the canvas when the pending frame is painted; nothing at first or after a clearing.
    canvas: Option<Frame>,
    pending: Option<TimedFrame>,
    /// Milliseconds that rounding has not shown yet, or has shown too many.
    owed_ms: i64,
}

impl Encoder {
    /// An encoder for so many frames.
    pub fn new(frames: u32, plays: Plays) -> Self {
        Self { encoder: None, frames, plays, canvas: None, pending: None, owed_ms: 0 }
    }

    fn write(&mut self, frame: TimedFrame, clears: bool) -> Result<(), Refusal> {
        let TimedFrame { frame, delay_ms } = frame;
        // To clear the canvas a frame must cover it.
        let part = match &self.canvas {
            Some(canvas) if !clears => Part::changed(canvas, &frame),
            _ => Part::whole(&frame),
        };
        let painted = Painted::new(part, &frame, self.canvas.as_ref().filter(|_| !clears))?;
        let wanted = i64::from(delay_ms) + self.owed_ms;
        let ticks = (wanted + TICK_MS / 2).div_euclid(TICK_MS).clamp(0, i64::from(u16::MAX));
        self.owed_ms = wanted - ticks * TICK_MS;
        let written = gif::Frame {
            delay: ticks as u16,
            dispose: if clears { DisposalMethod::Background } else { DisposalMethod::Keep },
            transparent: painted.transparent,
            left: part.left as u16,
            top: part.top as u16,
            width: part.width as u16,
            height: part.height as u16,
            palette: Some(painted.palette),
            buffer: Cow::Owned(painted.indices),
            ..gif::Frame::default()
        };
        self.canvas = Some(frame).filter(|_| !clears);
        self.encoder()?.write_frame(&written).map_err(failed)
    }

    fn encoder(&mut self) -> Result<&mut gif::Encoder<Vec<u8>>, Refusal> {
        self.encoder.as_mut().ok_or_else(no_frame)
    }

    /// Writes the header, now that the size is known.
    fn start(&mut self, frame: &Frame) -> Result<(), Refusal> {
        check_side(Format::Gif, frame, LONGEST_SIDE)?;
        self.encoder = Some(begin(frame.size(), &[], self.frames, self.plays)?);
        Ok(())
    }
}

/// Writes what stands before the first frame; `size` must fit the format's fields.
pub(super) fn begin(
    size: (u32, u32),
    palette: &[u8],
    frames: u32,
    plays: Plays,
) -> Result<gif::Encoder<Vec<u8>>, Refusal> {
    let mut encoder = gif::Encoder::new(Vec::new(), size.0 as u16, size.1 as u16, palette).map_err(failed)?;
    let repeat = match plays {
        Plays::Forever => Repeat::Infinite,
        Plays::Times(times) => Repeat::Finite(u16::try_from(times.saturating_sub(1)).unwrap_or(u16::MAX)),
    };
    if frames > 1 {
        encoder.set_repeat(repeat).map_err(failed)?;
    }
    Ok(encoder)
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let frame = TimedFrame { frame: frame.frame.narrowed(), ..frame };
        if self.encoder.is_none() {
            self.start(&frame.frame)?;
        }
        if let Some(before) = self.pending.take() {
            let clears = uncovers(&before.frame, &frame.frame);
            self.write(before, clears)?;
        }
        self.pending = Some(frame);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        let last = self.pending.take().ok_or_else(no_frame)?;
        self.write(last, false)?;
        self.encoder.take().ok_or_else(no_frame)?.into_inner().map_err(failed)
    }
}

pub(super) fn failed(error: EncodingError) -> Refusal {
    Refusal::internal(format!("gif: {error}"))
}

/// Whether a pixel that was opaque becomes transparent, which painting over cannot do.
fn uncovers(before: &Frame, after: &Frame) -> bool {
    after.alpha
        && Part::whole(before)
            .pixels(before)
            .zip(Part::whole(after).pixels(after))
            .any(|(before, after)| before[3] >= OPAQUE && after[3] < OPAQUE)
}

/// A part of a frame as numbers of a palette.
struct Painted {
    palette: Vec<u8>,
    indices: Vec<u8>,
    transparent: Option<u8>,
}

impl Painted {
    /// Pixels that are transparent, or the same on the canvas already, are left out.
    fn new(part: Part, frame: &Frame, canvas: Option<&Frame>) -> Result<Self, Refusal> {
        let wanted: Vec<[u8; 4]> = part.pixels(frame).collect();
        let mut shown: Vec<bool> = wanted.iter().map(|pixel| pixel[3] >= OPAQUE).collect();
        if let Some(canvas) = canvas {
            for ((shown, wanted), there) in shown.iter_mut().zip(&wanted).zip(part.pixels(canvas)) {
                *shown &= *wanted != there;
            }
        }
        let holes = shown.iter().any(|shown| !shown);
        let most = if holes { 255 } else { 256 };
        let (mut palette, mut indices) = match exact(&wanted, &shown, most) {
            Some(painted) => painted,
            None => quantised(part, &wanted, most)?,
        };
        let transparent = holes.then_some((palette.len() / 3) as u8);
        if let Some(transparent) = transparent {
            palette.extend([0; 3]);
            for (index, shown) in indices.iter_mut().zip(&shown) {
                if !shown {
                    *index = transparent;
                }
            }
        }
        Ok(Self { palette, indices, transparent })
    }
}

/// Palette and numbers, if `most` colours are enough.
fn exact(wanted: &[[u8; 4]], shown: &[bool], most: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut table = Table::new();
    let mut indices = Vec::with_capacity(wanted.len());
    for (&[red, green, blue, _], shown) in wanted.iter().zip(shown) {
        indices.push(if *shown { table.number([red, green, blue], most)? } else { 0 });
    }
    Some((table.colours, indices))
}

/// Palette and numbers of the `most` colours that serve best, with the error spread to the neighbours.
fn quantised(part: Part, wanted: &[[u8; 4]], most: usize) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let failed = |error| Refusal::internal(format!("quantizr: {error:?}"));
    let opaque: Vec<u8> = wanted.iter().flat_map(|&[red, green, blue, _]| [red, green, blue, 255]).collect();
    let image = Image::new(&opaque, part.width as usize, part.height as usize).map_err(failed)?;
    let mut options = Options::default();
    options.set_max_colors(most as i32).map_err(failed)?;
    let quantised = QuantizeResult::quantize(&image, &options);
    let mut indices = vec![0; wanted.len()];
    quantised.remap_image(&image, &mut indices).map_err(failed)?;
    let palette = quantised.get_palette();
    let colours = palette.entries.iter().take(palette.count as usize);
    Ok((colours.flat_map(|colour| [colour.r, colour.g, colour.b]).collect(), indices))
}
