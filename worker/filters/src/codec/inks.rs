//! Cyan, magenta, yellow and black to red, green and blue.

use super::icc;
use crate::context::Context;
use crate::refusal::Refusal;

/// Opaque RGB samples of `inks`, rows of `width` pixels of four samples each, 255 for all of an ink.
///
/// With a profile of a press the colours are those that it prints; without one (or with one that cannot be used)
/// they are `(255 − ink) · (255 − black) / 255`, which is what browsers and ImageMagick take.
///
/// # Errors
/// `DeadlineExceeded`.
pub(super) fn to_rgb(
    inks: &[u8],
    profile: Option<&[u8]>,
    width: u32,
    context: &Context<'_>,
) -> Result<Vec<u8>, Refusal> {
    if let Some(rgb) = profile.and_then(|icc| icc::inks_to_rgb(icc, inks, width, context)) {
        return rgb;
    }
    context.check()?;
    let (pixels, _) = inks.as_chunks::<4>();
    Ok(pixels
        .iter()
        .flat_map(|&[cyan, magenta, yellow, black]| {
            [cyan, magenta, yellow].map(|ink| product(255 - ink, 255 - black))
        })
        .collect())
}

/// Inks of samples as Adobe's programs write them into a JPEG file: paper instead of ink.
pub(super) fn from_paper(samples: &mut [u8]) {
    samples.iter_mut().for_each(|sample| *sample = 255 - *sample);
}

/// Inks of luma, two chromas and black: the first three are those of an RGB picture of the three inks, and black is
/// written as paper. (Adobe Technical Note 5116; the numbers are those of JFIF 1.02.)
pub(super) fn from_ycck(samples: &mut [u8]) {
    for [y, cb, cr, black] in samples.as_chunks_mut::<4>().0 {
        [*y, *cb, *cr] = from_ycc([*y, *cb, *cr]);
        *black = 255 - *black;
    }
}

/// Red, green and blue of luma and two chromas. (JFIF 1.02.)
pub(super) fn from_ycc([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, blue, red) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    // A conversion to an integer clamps.
    [y + 1.402 * red, y - 0.344_136 * blue - 0.714_136 * red, y + 1.772 * blue]
        .map(|value| (value + 0.5) as u8)
}

/// The product of two samples as numbers from 0 to 1, rounded.
fn product(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_take_light_away() {
        let inks = [0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 255, 0, 128, 9, 9, 9, 255];
        let rgb = to_rgb(&inks, None, 5, &Context::unlimited(1)).unwrap();
        assert_eq!(rgb, [255, 255, 255, 0, 255, 255, 0, 0, 0, 127, 0, 127, 0, 0, 0]);
        let rubbish = to_rgb(&inks, Some(b"no profile"), 5, &Context::unlimited(1)).unwrap();
        assert_eq!(rubbish, rgb);
    }

    #[test]
    fn luma_and_chroma_are_those_of_jfif() {
        assert_eq!(from_ycc([255, 128, 128]), [255; 3]);
        assert_eq!(from_ycc([76, 85, 255]), [254, 0, 0]);
        assert_eq!(from_ycc([29, 255, 107]), [0, 0, 254]);
        let mut samples = [255, 128, 128, 0];
        from_ycck(&mut samples);
        assert_eq!(samples, [255; 4]);
    }
}
