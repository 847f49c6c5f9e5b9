//! PNG with a new palette: the numbers of the pixels stay as they are, in as few bits as before.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Transformations};

use super::encode::Stored;
use super::read;
use crate::codec::icc::{Profile, Source};
use crate::codec::recolour::{Colours, Paint, Painted};
use crate::context::Context;
use crate::encoding::Effort;
use crate::probe::Header;
use crate::refusal::Refusal;

/// Pixels of a palette as they are stored.
struct Indexed {
    width: u32,
    height: u32,
    depth: BitDepth,
    /// Rows of numbers of `depth` bits, each row from a byte on.
    rows: Vec<u8>,
    /// Colours that are written.
    count: usize,
}

/// Writes the picture anew, once for each of `paints`, with the palette that it makes of its own.
///
/// # Errors
/// The outer error: the file could not be decoded.
pub(in crate::codec) fn recolour(
    input: &[u8],
    header: Header,
    paints: &mut [Paint<'_>],
    effort: Effort,
    context: &Context<'_>,
) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
    let (reader, rows) = read(input, &header, Transformations::IDENTITY, context)?;
    let info = reader.info();
    let rgb = info.palette.as_deref().filter(|_| info.color_type == ColorType::Indexed);
    let rgb = rgb.ok_or_else(|| Refusal::broken("the PNG file has no palette"))?;
    // As the decoder does: more alphas than colours are none.
    let alphas = info.trns.as_deref().map(|alphas| if alphas.len() > rgb.len() / 3 { &[] } else { alphas });
    let mut colours = Colours::of(rgb, alphas)?;
    Profile::apply(info.icc_profile.as_deref(), Source::Rgb, colours.frame(), context)?;
    let indexed = Indexed {
        width: header.width,
        height: header.height,
        depth: info.bit_depth,
        count: colours_needed(rgb.len() / 3, info.bit_depth, &rows),
        rows,
    };
    let mut write = |paint| indexed.write(&colours.painted(paint)?, effort, context);
    Ok(paints.iter_mut().map(&mut write).collect())
}

/// The colours that there are; more where pixels have higher numbers, since those are seen as black.
fn colours_needed(colours: usize, depth: BitDepth, rows: &[u8]) -> usize {
    let most = 1 << (depth as u8).min(8);
    if colours >= most {
        return most;
    }
    match depth {
        BitDepth::Eight => colours.max(rows.iter().max().map_or(0, |&number| usize::from(number) + 1)),
        _ => most,
    }
}

impl Indexed {
    fn write(&self, painted: &Painted, effort: Effort, context: &Context<'_>) -> Result<Vec<u8>, Refusal> {
        let alphas = painted.alpha.as_deref().unwrap_or_default();
        let alphas = &alphas[..self.count.min(alphas.len())];
        let seen_through = alphas.iter().rposition(|&alpha| alpha < u8::MAX);
        let stored = Stored {
            size: (self.width, self.height),
            colour: ColorType::Indexed,
            depth: self.depth,
            palette: Some(Cow::Borrowed(&painted.rgb[..self.count * 3])),
            alphas: seen_through.map(|last| &alphas[..=last]),
            samples: Cow::Borrowed(&self.rows),
            profile: None,
        };
        stored.write(effort, context)
    }
}
