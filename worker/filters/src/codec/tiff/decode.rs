//! From the samples of a page to a frame.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::page::{Alpha, Colour, Page};
use crate::codec::icc::{Profile, Source};
use crate::codec::inks;
use crate::context::Context;
use crate::frame::{Frame, narrow};
use crate::limits::Limits;
use crate::probe::Header;
use crate::probe::tiff::{PHOTOMETRIC_INTERPRETATION, short_bytes, short_number};
use crate::refusal::Refusal;

/// Values of the tag `PhotometricInterpretation`.
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;

/// Decodes the first page as stored. Grey, palettes and inks become RGB; 16 bits and alpha are kept.
pub(in crate::codec) fn decode(
    input: &[u8],
    header: &Header,
    context: &Context<'_>,
) -> Result<Frame, Refusal> {
    // The crate asserts that lengths in the file agree.
    catch_unwind(AssertUnwindSafe(|| read(input, header, context)))
        .unwrap_or_else(|_| Err(Refusal::broken("the TIFF file cannot be decoded")))
}

/// The embedded colour profile, if samples are decoded to what it is for.
pub(in crate::codec) fn profile(input: &[u8], header: &Header) -> Option<Vec<u8>> {
    let read = || {
        let (input, palette) = without_palette(input);
        let mut page = Page::open(&input, palette, header, &Limits::default()).ok()?;
        matches!(page.colour, Colour::Rgb | Colour::Ycc | Colour::Palette).then(|| page.profile())?
    };
    catch_unwind(read).ok()?
}

fn read(input: &[u8], header: &Header, context: &Context<'_>) -> Result<Frame, Refusal> {
    let (input, palette) = without_palette(input);
    let mut page = Page::open(&input, palette, header, &context.limits)?;
    let profile = page.profile();
    let (width, height) = (header.width, header.height);
    let mut frame = match page.colour {
        Colour::Inks => {
            let inks = match page.bits {
                16 => page.gather(|row, index| narrow(word(row, index)), context)?,
                _ => page.gather(byte, context)?,
            };
            let rgb = inks::to_rgb(&inks, profile.as_deref(), width, context)?;
            return Frame::from_u8(width, height, false, rgb);
        }
        Colour::Ycc => {
            let mut samples = page.gather(byte, context)?;
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = inks::from_ycc(*pixel));
            Frame::from_u8(width, height, false, samples)?
        }
        Colour::Palette => {
            let colours = page.palette()?;
            let bits = page.bits;
            let numbers = page.gather(|row, index| bits_of(row, index, bits), context)?;
            let colour = |number: &u8| colours.get(usize::from(*number)).copied().unwrap_or_default();
            Frame::from_u8(width, height, false, numbers.iter().flat_map(colour).collect())?
        }
        Colour::Grey | Colour::Rgb if page.bits == 16 => {
            let samples = page.gather(word, context)?;
            let alpha = page.alpha != Alpha::None;
            Frame::from_u16(width, height, alpha, spread(samples, &page, straight_words))?
        }
        Colour::Grey | Colour::Rgb => {
            let bits = page.bits;
            let samples = match bits {
                8 => page.gather(byte, context)?,
                _ => page.gather(|row, index| shade(bits_of(row, index, bits), bits), context)?,
            };
            let alpha = page.alpha != Alpha::None;
            Frame::from_u8(width, height, alpha, spread(samples, &page, straight_bytes))?
        }
    };
    let source = if page.colour == Colour::Grey { Source::Grey } else { Source::Rgb };
    Profile::apply(profile.as_deref(), source, &mut frame, context)?;
    Ok(frame)
}

/// The file with its palette's numbers declared as grey, and whether they were: the crate reads no palettes, but
/// grey of the same bits.
fn without_palette(input: &[u8]) -> (Cow<'_, [u8]>, bool) {
    match short_number(input, PHOTOMETRIC_INTERPRETATION) {
        Some((at, PALETTE)) => {
            let mut file = input.to_vec();
            file[at..at + 2].copy_from_slice(&short_bytes(input, BLACK_IS_ZERO));
            (Cow::Owned(file), true)
        }
        _ => (Cow::Borrowed(input), false),
    }
}

/// The samples of a frame: grey ones written to all three channels, and colours divided by alpha by `straight`
/// where they were multiplied by it.
fn spread<T: Copy>(samples: Vec<T>, page: &Page<'_>, straight: impl Fn([T; 4]) -> [T; 4]) -> Vec<T> {
    let mut samples: Vec<T> = match (page.colour, page.alpha) {
        (Colour::Grey, Alpha::None) => samples.iter().flat_map(|&value| [value; 3]).collect(),
        (Colour::Grey, _) => {
            let (pixels, _) = samples.as_chunks::<2>();
            pixels.iter().flat_map(|&[value, alpha]| [value, value, value, alpha]).collect()
        }
        _ => samples,
    };
    if page.alpha == Alpha::Premultiplied {
        samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = straight(*pixel));
    }
    samples
}

/// Sample `index` of a row of bytes.
fn byte(row: &[u8], index: usize) -> u8 {
    row.get(index).copied().unwrap_or_default()
}

/// Sample `index` of a row of 16-bit numbers, which the crate gives in this machine's order.
fn word(row: &[u8], index: usize) -> u16 {
    row.get(2 * index..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_ne_bytes(*bytes))
}

/// Sample `index` of a row of at most 8 bits each, the first one in the uppermost bits.
fn bits_of(row: &[u8], index: usize, bits: u8) -> u8 {
    let bits = usize::from(bits.clamp(1, 8));
    let (at, within) = (index * bits / 8, index * bits % 8);
    (byte(row, at) >> (8 - bits - within)) & (u8::MAX >> (8 - bits))
}

/// A grey of fewer than 8 bits as one of 8.
fn shade(value: u8, bits: u8) -> u8 {
    (u32::from(value) * 255 / ((1 << bits) - 1)) as u8
}

/// A pixel whose colours are no longer multiplied by its alpha.
fn straight_bytes([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let divide = |value: u8| {
        let whole = (u32::from(value) * 255 + u32::from(alpha) / 2) / u32::from(alpha.max(1));
        whole.min(255) as u8
    };
    [divide(red), divide(green), divide(blue), alpha]
}

/// As [`straight_bytes`], of 16 bits.
fn straight_words([red, green, blue, alpha]: [u16; 4]) -> [u16; 4] {
    let divide = |value: u16| {
        let whole = (u64::from(value) * 65_535 + u64::from(alpha) / 2) / u64::from(alpha.max(1));
        whole.min(65_535) as u16
    };
    [divide(red), divide(green), divide(blue), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bits_begin_at_the_top() {
        let row = [0b1011_0001, 0b1000_0000];
        let ones: Vec<u8> = (0..9).map(|index| bits_of(&row, index, 1)).collect();
        assert_eq!(ones, [1, 0, 1, 1, 0, 0, 0, 1, 1]);
        assert_eq!([0, 1, 2, 3, 4].map(|index| bits_of(&row, index, 2)), [2, 3, 0, 1, 2]);
        assert_eq!([0, 1, 2].map(|index| bits_of(&row, index, 4)), [11, 1, 8]);
        assert_eq!([bits_of(&row, 1, 8), bits_of(&row, 99, 1)], [128, 0]);
        assert_eq!([shade(1, 1), shade(2, 2), shade(15, 4)], [255, 170, 255]);
    }

    #[test]
    fn alpha_is_divided_out_and_nothing_passes_the_top() {
        assert_eq!(straight_bytes([64, 0, 128, 128]), [128, 0, 255, 128]);
        assert_eq!(straight_bytes([9, 0, 255, 0])[3], 0);
        assert_eq!(straight_words([50, 0, 100, 100]), [32_768, 0, 65_535, 100]);
    }
}
