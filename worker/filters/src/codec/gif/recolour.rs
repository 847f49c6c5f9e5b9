//! GIF frames with new palettes: the numbers of their pixels stay as they are, and so nothing is quantised.

use std::borrow::Cow;

use gif::DisposalMethod;

use super::decode::{Painted, Reader};
use super::encode::{begin, failed};
use crate::codec::recolour::{Colours, Paint};
use crate::context::Context;
use crate::probe::Header;
use crate::refusal::Refusal;

/// Writes the animation anew, once for each of `paints`, with the palettes that they make of its own.
///
/// # Errors
/// The outer error: the file could not be decoded.
pub(in crate::codec) fn recolour(
    input: &[u8],
    header: Header,
    paints: &mut [Paint<'_>],
    context: &Context<'_>,
) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
    let mut reader = Reader::new(input, header)?;
    let size = (header.width, header.height);
    let mut files: Vec<Result<gif::Encoder<Vec<u8>>, Refusal>> = paints
        .iter_mut()
        .map(|paint| {
            let palette = painted(reader.global_palette(), paint)?;
            begin(size, &palette, header.frames, reader.plays())
        })
        .collect();
    while let Some(part) = reader.next(context)? {
        let Part { mut frame, mut palette } = Part::of(part, &mut reader, size)?;
        frame.make_lzw_pre_encoded();
        for (file, paint) in files.iter_mut().zip(paints.iter_mut()) {
            let Ok(encoder) = file else { continue };
            let written = palette.as_deref_mut().map(|palette| painted(palette, paint)).transpose().and_then(
                |palette| {
                    frame.palette = palette;
                    encoder.write_lzw_pre_encoded_frame(&frame).map_err(failed)
                },
            );
            if let Err(refusal) = written {
                *file = Err(refusal);
            }
        }
    }
    files.into_iter().map(|file| file.map(|encoder| encoder.into_inner().map_err(failed))).collect()
}

/// The colours of a palette when they are painted.
fn painted(palette: &[u8], paint: &mut Paint<'_>) -> Result<Vec<u8>, Refusal> {
    let count = palette.len() / 3;
    let mut colours = Colours::of(palette, None)?.painted(paint)?.rgb;
    colours.truncate(count * 3);
    Ok(colours)
}

/// A frame as it is written, and the palette that it needs for itself.
struct Part {
    frame: gif::Frame<'static>,
    palette: Option<Vec<u8>>,
}

impl Part {
    /// The part of the last frame that lies on the canvas.
    ///
    /// A number without a colour leaves the canvas as it is, so it becomes the transparent one.
    fn of(part: Painted, reader: &mut Reader<'_>, canvas: (u32, u32)) -> Result<Self, Refusal> {
        let width = part.width.min((canvas.0 as usize).saturating_sub(part.left));
        let height = part.height.min((canvas.1 as usize).saturating_sub(part.top));
        if width == 0 || height == 0 {
            return Ok(Self::empty(part.ticks));
        }
        let rows = reader.indices.chunks_exact(part.width).take(height);
        let mut indices: Vec<u8> = rows.flat_map(|row| &row[..width]).copied().collect();
        let palette = reader.palette()?;
        let count = palette.len() / 3;
        let mut transparent = part.transparent.filter(|&index| usize::from(index) < count);
        if indices.iter().any(|&index| usize::from(index) >= count) {
            // Less than 256: there is a number beyond the colours.
            let hole = *transparent.get_or_insert(count as u8);
            indices.iter_mut().filter(|index| usize::from(**index) >= count).for_each(|index| *index = hole);
        }
        let needed = transparent.map_or(0, |hole| usize::from(hole) + 1);
        let own = (part.own_palette || needed > count).then(|| {
            let mut palette = palette.to_vec();
            palette.resize(count.max(needed) * 3, 0);
            palette
        });
        let frame = gif::Frame {
            delay: part.ticks,
            dispose: part.disposal,
            transparent,
            left: part.left as u16,
            top: part.top as u16,
            width: width as u16,
            height: height as u16,
            buffer: Cow::Owned(indices),
            ..gif::Frame::default()
        };
        Ok(Self { frame, palette: own })
    }

    /// A frame of one transparent pixel, for one of which nothing is seen: there is none without pixels.
    fn empty(ticks: u16) -> Self {
        let frame = gif::Frame {
            delay: ticks,
            dispose: DisposalMethod::Keep,
            transparent: Some(0),
            width: 1,
            height: 1,
            buffer: Cow::Owned(vec![0]),
            ..gif::Frame::default()
        };
        Self { frame, palette: Some(vec![0; 6]) }
    }
}
