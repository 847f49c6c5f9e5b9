//! PNG with a new palette: the numbers of the pixels stay as they are, in as few bits as before.

use png::{BitDepth, ColorType, Transformations};

use super::{compress_numbers, failed, read};
use crate::codec::icc::{Profile, Source};
use crate::codec::recolour::{Colours, Paint, Painted};
use crate::context::Context;
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
    let mut write = |paint| {
        context.check()?;
        indexed.write(&colours.painted(paint)?).map_err(failed)
    };
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
    fn write(&self, painted: &Painted) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(self.depth);
        encoder.set_palette(&painted.rgb[..self.count * 3]);
        let alphas = painted.alpha.as_deref().unwrap_or_default();
        let alphas = &alphas[..self.count.min(alphas.len())];
        if let Some(last) = alphas.iter().rposition(|&alpha| alpha < u8::MAX) {
            encoder.set_trns(&alphas[..=last]);
        }
        compress_numbers(&mut encoder);
        encoder.write_header()?.write_image_data(&self.rows)?;
        Ok(bytes)
    }
}
