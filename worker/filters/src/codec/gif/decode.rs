//! From GIF frames, which paint over a part of the canvas, to whole pictures.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DecodingError, DisposalMethod, MemoryLimit, Repeat};

use super::TICK_MS;
use crate::codec::{Decode, Plays, TimedFrame};
use crate::context::Context;
use crate::frame::Frame;
use crate::probe::Header;
use crate::refusal::Refusal;

/// Reads the frames as they are stored: a part of the canvas, as numbers of a palette.
pub(super) struct Reader<'a> {
    decoder: gif::Decoder<Cursor<&'a [u8]>>,
    frames_left: u32,
    /// The numbers of the last frame's pixels, row by row.
    pub indices: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Reads what stands before the first frame.
    pub fn new(input: &'a [u8], header: Header) -> Result<Self, Refusal> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::Indexed);
        // The probe has held every frame against the limits already.
        options.set_memory_limit(MemoryLimit::Unlimited);
        let decoder = options.read_info(Cursor::new(input)).map_err(broken)?;
        Ok(Self { decoder, frames_left: header.frames, indices: Vec::new() })
    }

    /// Reads the next frame; `None` after the last.
    pub fn next(&mut self, context: &Context<'_>) -> Result<Option<Painted>, Refusal> {
        context.check()?;
        if self.frames_left == 0 {
            return Ok(None);
        }
        self.frames_left -= 1;
        let Some(info) = self.decoder.next_frame_info().map_err(broken)? else {
            return Err(Refusal::broken("the GIF file has fewer frames than it seemed"));
        };
        let painted = Painted {
            left: usize::from(info.left),
            top: usize::from(info.top),
            width: usize::from(info.width),
            height: usize::from(info.height),
            transparent: info.transparent,
            disposal: info.dispose,
            ticks: info.delay,
            own_palette: info.palette.is_some(),
        };
        let interlaced = info.interlaced;
        self.indices.resize(painted.width * painted.height, 0);
        // By rows, in which the crate would put an interlaced frame in order, it takes some whole frames for cut ones.
        if !self.indices.is_empty() && !self.decoder.fill_buffer(&mut self.indices).map_err(broken)? {
            return Err(Refusal::broken("the GIF file cannot be decoded: a frame is cut"));
        }
        if interlaced {
            self.indices = in_order(&self.indices, painted.width);
        }
        self.palette()?;
        Ok(Some(painted))
    }

    /// Red, green and blue of the colours of the last frame.
    pub fn palette(&self) -> Result<&[u8], Refusal> {
        self.decoder.palette().map_err(broken)
    }

    /// The palette of all frames that have none of their own; empty where there is none.
    pub fn global_palette(&self) -> &[u8] {
        self.decoder.global_palette().unwrap_or_default()
    }

    /// The loop extension counts repetitions after the first showing; without it an animation is shown once.
    pub fn plays(&self) -> Plays {
        match self.decoder.repeat() {
            Repeat::Infinite => Plays::Forever,
            Repeat::Finite(again) => Plays::Times(u32::from(again) + 1),
        }
    }
}

/// The rows of an interlaced frame from top to bottom. (GIF89a, appendix E.)
fn in_order(stored: &[u8], width: usize) -> Vec<u8> {
    const PASSES: [(usize, usize); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];
    let mut ordered = vec![0; stored.len()];
    let mut stored = stored.chunks_exact(width.max(1));
    for (first, step) in PASSES {
        for row in ordered.chunks_exact_mut(width.max(1)).skip(first).step_by(step) {
            if let Some(stored) = stored.next() {
                row.copy_from_slice(stored);
            }
        }
    }
    ordered
}

/// Reads an animation, one whole picture at a time.
pub(in crate::codec) struct Decoder<'a> {
    reader: Reader<'a>,
    canvas: Canvas,
}

impl<'a> Decoder<'a> {
    /// Reads what stands before the first frame.
    pub fn new(input: &'a [u8], header: Header) -> Result<Self, Refusal> {
        let canvas = Canvas::new(header.width as usize, header.height as usize);
        Ok(Self { reader: Reader::new(input, header)?, canvas })
    }
}

impl Decode for Decoder<'_> {
    fn next(&mut self, context: &Context<'_>) -> Result<Option<TimedFrame>, Refusal> {
        let Some(part) = self.reader.next(context)? else { return Ok(None) };
        self.canvas.dispose();
        self.canvas.paint(part, &self.reader.indices, self.reader.palette()?);
        Ok(Some(TimedFrame { frame: self.canvas.frame()?, delay_ms: u32::from(part.ticks) * TICK_MS as u32 }))
    }

    fn plays(&self) -> Plays {
        self.reader.plays()
    }
}

fn broken(error: DecodingError) -> Refusal {
    Refusal::broken(format!("the GIF file cannot be decoded: {error}"))
}

/// Where and how a frame was painted.
#[derive(Clone, Copy)]
pub(super) struct Painted {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    /// The number that leaves the canvas as it is.
    pub transparent: Option<u8>,
    pub disposal: DisposalMethod,
    /// How long it is shown, in hundredths of a second.
    pub ticks: u16,
    /// Whether it came with a palette, and does not use the one of all frames.
    pub own_palette: bool,
}

/// What is seen, as RGBA; transparent where nothing was painted.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
    last: Option<Painted>,
    /// The canvas before the last frame, if that frame wants it back.
    before: Option<Vec<[u8; 4]>>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0; 4]; width * height], last: None, before: None }
    }

    /// Clears away the last frame, as it asked for. (GIF89a, section 23.)
    fn dispose(&mut self) {
        let Some(last) = self.last.take() else { return };
        match last.disposal {
            DisposalMethod::Any | DisposalMethod::Keep => {}
            DisposalMethod::Background => {
                for y in last.top..(last.top + last.height).min(self.height) {
                    self.row(y, last.left, last.width).fill([0; 4]);
                }
            }
            DisposalMethod::Previous => {
                if let Some(before) = self.before.take() {
                    self.pixels = before;
                }
            }
        }
    }

    /// Paints a frame; what of it lies outside of the canvas is not seen.
    fn paint(&mut self, part: Painted, indices: &[u8], palette: &[u8]) {
        if part.disposal == DisposalMethod::Previous {
            self.before = Some(self.pixels.clone());
        }
        self.last = Some(part);
        let (colours, _) = palette.as_chunks::<3>();
        for (y, row) in indices.chunks(part.width.max(1)).take(part.height).enumerate() {
            if part.top + y >= self.height {
                break;
            }
            for (pixel, &index) in self.row(part.top + y, part.left, part.width).iter_mut().zip(row) {
                if Some(index) == part.transparent {
                    continue;
                }
                if let Some(&[red, green, blue]) = colours.get(usize::from(index)) {
                    *pixel = [red, green, blue, 255];
                }
            }
        }
    }

    /// The pixels of row `y` from `left` on, at most `width` of them.
    fn row(&mut self, y: usize, left: usize, width: usize) -> &mut [[u8; 4]] {
        let left = left.min(self.width);
        let right = (left + width).min(self.width);
        &mut self.pixels[y * self.width + left..y * self.width + right]
    }

    /// The picture, without alpha where it is opaque.
    fn frame(&self) -> Result<Frame, Refusal> {
        let (width, height) = (self.width as u32, self.height as u32);
        if self.pixels.iter().all(|pixel| pixel[3] == 255) {
            let samples = self.pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]);
            return Frame::from_u8(width, height, false, samples.collect());
        }
        Frame::from_u8(width, height, true, self.pixels.as_flattened().to_vec())
    }
}
