//! BMP, read and written by the image crate.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::bmp::{BmpDecoder, BmpEncoder};
use image::{ColorType, ImageDecoder, ImageError};

use super::icc::{Profile, Source};
use super::{Encode, TimedFrame, no_frame};
use crate::context::Context;
use crate::frame::Frame;
use crate::probe::Header;
use crate::refusal::{Refusal, RefusalCode};

/// Where the second header begins, and its length if it can have a colour profile.
const HEADER: usize = 14;
const HEADER_WITH_PROFILE: u32 = 124;

/// Decodes a picture. Palettes and bit fields become RGB; alpha is kept where a mask says that there is some.
pub(super) fn decode(input: &[u8], header: &Header, context: &Context<'_>) -> Result<Frame, Refusal> {
    let (width, height) = (header.width, header.height);
    let (file, stored) = filled_up(input, width);
    let decoder = BmpDecoder::new(Cursor::new(&*file)).map_err(refused)?;
    if decoder.dimensions() != (stored, height) {
        return Err(Refusal::broken("the BMP file says two sizes"));
    }
    let alpha = match decoder.color_type() {
        ColorType::Rgb8 => false,
        ColorType::Rgba8 => true,
        other => return Err(Refusal::internal(format!("a BMP picture of {other:?}"))),
    };
    let channels = if alpha { 4 } else { 3 };
    let mut samples = vec![0; stored as usize * height as usize * channels];
    decoder.read_image(&mut samples).map_err(refused)?;
    context.check()?;
    if stored != width {
        let rows = samples.chunks_exact(stored as usize * channels);
        samples = rows.flat_map(|row| &row[..width as usize * channels]).copied().collect();
    }
    let mut frame = Frame::from_u8(width, height, alpha, samples)?;
    Profile::apply(profile(input), Source::Rgb, &mut frame, context)?;
    Ok(frame)
}

/// A file of runs with its width filled up, and that width; any other file as it is. ImageMagick's runs reach into the
/// bytes that fill up a row to a multiple of four, which the crate takes for corrupt.
fn filled_up(input: &[u8], width: u32) -> (Cow<'_, [u8]>, u32) {
    const WIDTH: usize = HEADER + 4;
    const COMPRESSION: usize = HEADER + 16;
    // Of 4 bits there are eight in four bytes.
    let filled = width.next_multiple_of(8);
    let has_compression = input.get(HEADER).is_some_and(|&length| length >= 40);
    let runs = has_compression && matches!(input.get(COMPRESSION..COMPRESSION + 4), Some([1 | 2, 0, 0, 0]));
    if !runs || filled == width {
        return (Cow::Borrowed(input), width);
    }
    let mut file = input.to_vec();
    file[WIDTH..WIDTH + 4].copy_from_slice(&filled.to_le_bytes());
    (Cow::Owned(file), filled)
}

/// The embedded colour profile. (BITMAPV5HEADER: bV5CSType, bV5ProfileData and bV5ProfileSize.)
fn profile(input: &[u8]) -> Option<&[u8]> {
    let header = input.get(HEADER..)?;
    let number = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
    if number(0)? != HEADER_WITH_PROFILE || header.get(56..60)? != b"DEBM" {
        return None;
    }
    let (start, length) = (number(112)? as usize, number(116)? as usize);
    header.get(start..start.checked_add(length)?)
}

fn refused(error: ImageError) -> Refusal {
    let detail = format!("the BMP file cannot be decoded: {error}");
    match error {
        ImageError::Unsupported(_) => Refusal::new(RefusalCode::UnsupportedFormat, detail),
        _ => Refusal::broken(detail),
    }
}

/// Writes one picture: 24 bits a pixel, 32 with alpha.
#[derive(Default)]
pub(super) struct Encoder {
    bytes: Option<Vec<u8>>,
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let frame = frame.frame.narrowed();
        let samples = frame.bytes()?;
        // Room for the headers and for rows that are filled up to four bytes.
        let mut bytes = Vec::with_capacity(samples.len() + frame.height as usize * 3 + 256);
        let colour = if frame.alpha { ColorType::Rgba8 } else { ColorType::Rgb8 };
        BmpEncoder::new(&mut bytes)
            .encode(samples, frame.width, frame.height, colour)
            .map_err(|error| Refusal::internal(format!("bmp: {error}")))?;
        self.bytes = Some(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}
