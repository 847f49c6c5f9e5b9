//! PNG, read and written by the png crate.

use std::io::Cursor;

use png::{BitDepth, ColorType, Compression, Limits as DecoderLimits, Transformations};

use super::grey::greys;
use super::icc::{Profile, Source};
use super::palette::ExactPalette;
use super::{Encode, TimedFrame, no_frame};
use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::probe::Header;
use crate::refusal::Refusal;

mod recolour;

pub(super) use recolour::recolour;

/// Memory that the decoder may take beside the picture: a few rows, a colour profile.
const DECODER_BYTES: usize = 32 << 20;
/// Rows between two looks at the deadline.
const ROWS: usize = 64;

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
) -> Result<(png::Reader<Cursor<&'a [u8]>>, Vec<u8>), Refusal> {
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

/// Writes one picture, in 16 bits if it has them: as grey where there is no colour, and with a palette where 256
/// colours are enough, since that is exact, quicker and smaller.
#[derive(Default)]
pub(super) struct Encoder {
    bytes: Option<Vec<u8>>,
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let mut bytes = Vec::new();
        write(&mut bytes, &frame.frame).map_err(failed)?;
        self.bytes = Some(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

fn failed(error: png::EncodingError) -> Refusal {
    Refusal::internal(format!("png: {error}"))
}

fn write(bytes: &mut Vec<u8>, frame: &Frame) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(bytes, frame.width, frame.height);
    // Tried on photographs: within 8 % of the size of Balanced in a thirtieth of its time.
    encoder.set_compression(Compression::Fast);
    match &frame.samples {
        Samples::U8(samples) => write_bytes(encoder, samples, frame.alpha),
        Samples::U16(samples) => write_words(encoder, samples, frame.alpha),
    }
}

fn write_bytes(
    mut encoder: png::Encoder<'_, &mut Vec<u8>>,
    samples: &[u8],
    alpha: bool,
) -> Result<(), png::EncodingError> {
    encoder.set_depth(BitDepth::Eight);
    if alpha {
        encoder.set_color(ColorType::Rgba);
        return encoder.write_header()?.write_image_data(samples);
    }
    if let Some(greys) = greys(samples) {
        encoder.set_color(ColorType::Grayscale);
        return encoder.write_header()?.write_image_data(&greys);
    }
    let Some(palette) = ExactPalette::of(samples) else {
        encoder.set_color(ColorType::Rgb);
        return encoder.write_header()?.write_image_data(samples);
    };
    encoder.set_color(ColorType::Indexed);
    encoder.set_palette(palette.colours);
    compress_numbers(&mut encoder);
    encoder.write_header()?.write_image_data(&palette.indices)
}

/// Makes ready for numbers of a palette: neighbours among them mean nothing, so they are not filtered, and the fast
/// compression, made for what was filtered, leaves two to ten times as much of them.
fn compress_numbers<W: std::io::Write>(encoder: &mut png::Encoder<'_, W>) {
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_deflate_compression(png::DeflateCompression::Level(2));
}

fn write_words(
    mut encoder: png::Encoder<'_, &mut Vec<u8>>,
    samples: &[u16],
    alpha: bool,
) -> Result<(), png::EncodingError> {
    encoder.set_depth(BitDepth::Sixteen);
    let big_endian = |samples: &[u16]| samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
    let (colour, bytes): (_, Vec<u8>) = match greys(samples) {
        _ if alpha => (ColorType::Rgba, big_endian(samples)),
        Some(greys) => (ColorType::Grayscale, big_endian(&greys)),
        None => (ColorType::Rgb, big_endian(samples)),
    };
    encoder.set_color(colour);
    encoder.write_header()?.write_image_data(&bytes)
}
