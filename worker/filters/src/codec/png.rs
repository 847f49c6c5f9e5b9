//! PNG, read and written by the png crate.

use std::io::Cursor;

use png::{BitDepth, ColorType, Limits as DecoderLimits, Transformations};

use super::icc::{Profile, Source};
use crate::context::Context;
use crate::frame::Frame;
use crate::probe::Header;
use crate::refusal::Refusal;

mod encode;
mod recolour;

pub(super) use encode::Encoder;
pub(super) use recolour::recolour;

/// Memory that the decoder may take beside the picture: a few rows, a colour profile.
const DECODER_BYTES: usize = 32 << 20;
/// Rows between two looks at the deadline.
const ROWS: usize = 64;

/// The decoder of a file in memory.
type Reader<'a> = png::Reader<Cursor<&'a [u8]>>;

/// Decodes a picture as stored. Grey and palettes become RGB; 16 bits and alpha are kept.
pub(super) fn decode(input: &[u8], header: &Header, context: &Context<'_>) -> Result<Frame, Refusal> {
    let (reader, samples) = read(input, header, Transformations::EXPAND, context)?;
    let (colour, depth) = reader.output_color_type();
    let (width, height) = (header.width, header.height);
    let alpha = matches!(colour, ColorType::Rgba | ColorType::GrayscaleAlpha);
    let mut frame = if depth == BitDepth::Sixteen {
        let words = samples.as_chunks().0.iter().map(|bytes| u16::from_be_bytes(*bytes)).collect();
        drop(samples);
        Frame::from_u16(width, height, alpha, spread(words, colour))?
    } else {
        Frame::from_u8(width, height, alpha, spread(samples, colour))?
    };
    let grey = matches!(colour, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let source = if grey { Source::Grey } else { Source::Rgb };
    Profile::apply(reader.info().icc_profile.as_deref(), source, &mut frame, context)?;
    Ok(frame)
}

/// Reads a file's samples, row by row without padding between them, and what is known beside them.
fn read<'a>(
    input: &'a [u8],
    header: &Header,
    transformations: Transformations,
    context: &Context<'_>,
) -> Result<(Reader<'a>, Vec<u8>), Refusal> {
    let limits = DecoderLimits { bytes: DECODER_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(input), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(transformations);
    let mut reader = decoder.read_info().map_err(broken)?;
    // The crate's expansion takes for granted that a palette is made of whole colours.
    if reader.info().palette.as_ref().is_some_and(|palette| palette.len() % 3 != 0) {
        return Err(Refusal::broken("the PNG file's palette ends within a colour"));
    }
    let stored =
        reader.output_line_size(header.width).ok_or_else(|| Refusal::broken("the PNG rows are too long"))?;
    let mut samples = vec![0; stored * header.height as usize];
    if reader.info().interlaced {
        reader.next_frame(&mut samples).map_err(broken)?;
        context.check()?;
    } else {
        for rows in samples.chunks_mut(stored * ROWS) {
            context.check()?;
            for row in rows.chunks_mut(stored) {
                reader.read_row(row).map_err(broken)?;
            }
        }
    }
    Ok((reader, samples))
}

/// Grey samples written to all three channels; a palette's numbers were replaced by the decoder.
fn spread<T: Copy>(samples: Vec<T>, colour: ColorType) -> Vec<T> {
    match colour {
        ColorType::Grayscale => samples.iter().flat_map(|&value| [value; 3]).collect(),
        ColorType::GrayscaleAlpha => {
            let (pixels, _) = samples.as_chunks::<2>();
            pixels.iter().flat_map(|&[value, alpha]| [value, value, value, alpha]).collect()
        }
        _ => samples,
    }
}

fn broken(error: png::DecodingError) -> Refusal {
    Refusal::broken(format!("the PNG file cannot be decoded: {error}"))
}

/// The embedded colour profile, if samples are decoded to what it is for.
pub(super) fn profile(input: &[u8]) -> Option<Vec<u8>> {
    let limits = DecoderLimits { bytes: DECODER_BYTES };
    let reader = png::Decoder::new_with_limits(Cursor::new(input), limits).read_info().ok()?;
    let info = reader.info();
    let coloured = !matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    coloured.then(|| info.icc_profile.as_deref().map(<[u8]>::to_vec))?
}
