//! Files whose pixels are numbers of a palette: the palette is filtered, the numbers stay.
//!
//! A filter that asks for nothing but a pixel's colour does to a colour of the palette what it would do to every pixel
//! of that colour. So nothing is quantised, and the work is that of 256 pixels.

use super::{gif, png};
use crate::context::Context;
use crate::encoding::Effort;
use crate::format::Format;
use crate::frame::Frame;
use crate::probe::Header;
use crate::refusal::Refusal;

/// Gives the colours of a palette, as a picture of one row, their new values.
pub(crate) type Paint<'a> = Box<dyn FnMut(Frame) -> Result<Frame, Refusal> + 'a>;

/// Colours of a palette, at most; palettes are filled up to that, so that all of them are of one shape.
const MOST: usize = 256;

/// Writes a file anew, once for each of `paints`, with the palettes that they make of its own.
///
/// # Errors
/// The outer error: the file could not be decoded. The inner ones: its paint failed.
pub(crate) fn recolour(
    input: &[u8],
    header: Header,
    paints: &mut [Paint<'_>],
    effort: Effort,
    context: &Context<'_>,
) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
    match header.format {
        Format::Gif => gif::recolour(input, header, paints, context),
        Format::Png => png::recolour(input, header, paints, effort, context),
        other => Err(Refusal::internal(format!("{} has no palette to be filtered", other.name()))),
    }
}

/// The colours of a palette.
pub(super) struct Colours {
    frame: Frame,
}

/// Colours that were painted, 256 of them.
pub(super) struct Painted {
    /// Red, green and blue of each.
    pub rgb: Vec<u8>,
    /// Alpha of each, where they can be transparent.
    pub alpha: Option<Vec<u8>>,
}

impl Colours {
    /// The colours of red, green and blue, and of as many alphas as there are; what is missing is opaque black.
    pub fn of(rgb: &[u8], alphas: Option<&[u8]>) -> Result<Self, Refusal> {
        let mut rgb: Vec<u8> = rgb.iter().copied().take(MOST * 3).collect();
        rgb.resize(MOST * 3, 0);
        let frame = Frame::from_u8(MOST as u32, 1, false, rgb)?;
        let Some(alphas) = alphas else { return Ok(Self { frame }) };
        let mut frame = frame.with_alpha();
        if let crate::frame::Samples::U8(samples) = &mut frame.samples {
            samples.chunks_exact_mut(4).zip(alphas).for_each(|(pixel, alpha)| pixel[3] = *alpha);
        }
        Ok(Self { frame })
    }

    /// The colours as a picture of one row.
    pub fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    /// The colours that `paint` makes of these.
    pub fn painted(&self, paint: &mut Paint<'_>) -> Result<Painted, Refusal> {
        let frame = paint(self.frame.clone())?.narrowed();
        let samples = frame.bytes()?;
        if !frame.alpha {
            return Ok(Painted { rgb: samples.to_vec(), alpha: None });
        }
        let (pixels, _) = samples.as_chunks::<4>();
        Ok(Painted {
            rgb: pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect(),
            alpha: Some(pixels.iter().map(|pixel| pixel[3]).collect()),
        })
    }
}
