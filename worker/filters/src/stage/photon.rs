//! Effects of photon-rs.
//!
//! photon works on RGBA bytes, trusts its arguments, and panics or writes garbage on sizes that it did not think
//! of. Here every size and argument is checked before a call, alpha is kept aside, a call that panics all the same
//! is caught, and a picture is given to it in bands, so that the deadline is kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use photon_rs::PhotonImage;
use photon_rs::native::image_to_bytes;

use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

pub(crate) mod look;

/// Rows of a picture that are given to photon at once.
const BAND: usize = 64;

/// How an effect sees beyond the pixel it writes.
#[derive(Debug, Clone, Copy)]
struct Margins {
    /// Rows above a band that it needs to see.
    above: usize,
    /// Rows below.
    below: usize,
    /// Columns to repeat at the right, and rows at the bottom, where it does not write.
    unwritten: usize,
}

/// Applies an effect of photon to an 8-bit frame, band by band.
fn apply(
    frame: Frame,
    context: &Context<'_>,
    margins: Margins,
    effect: impl Fn(&mut PhotonImage) + Sync,
) -> Result<Frame, Refusal> {
    let frame = frame.narrowed();
    let input = frame.bytes()?;
    let mut samples = input.to_vec();
    // A band of whole rows is what the context hands out as one unit here.
    context.for_each_band(&mut samples, frame.row() * BAND, |first, output| {
        for (index, output) in output.chunks_mut(frame.row() * BAND).enumerate() {
            context.check()?;
            let top = (first + index) * BAND;
            band(&frame, input, top, output, margins, &effect)?;
        }
        Ok(())
    })?;
    Ok(Frame { samples: Samples::U8(samples), ..frame })
}

/// Applies the effect to the rows of `output`, the first of which is row `top`.
fn band(
    frame: &Frame,
    input: &[u8],
    top: usize,
    output: &mut [u8],
    margins: Margins,
    effect: &impl Fn(&mut PhotonImage),
) -> Result<(), Refusal> {
    let (row, channels) = (frame.row(), frame.channels());
    let (rows, height) = (output.len() / row, frame.height as usize);
    let first = top.saturating_sub(margins.above);
    let last = (top + rows + margins.below).min(height);
    let width = frame.width as usize + margins.unwritten;
    let padded_rows = last - first + margins.unwritten;
    let mut pixels = Vec::with_capacity(width * padded_rows * 4);
    for y in (first..first + padded_rows).map(|y| y.min(height - 1)) {
        let line = input[y * row..(y + 1) * row].chunks_exact(channels);
        let end = line.clone().last().into_iter().cycle().take(margins.unwritten);
        pixels.extend(line.chain(end).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]));
    }
    let length = pixels.len();
    let mut image = PhotonImage::new(pixels, width as u32, padded_rows as u32);
    let filtered = catch_unwind(AssertUnwindSafe(|| {
        effect(&mut image);
        image_to_bytes(image)
    }));
    let pixels = filtered.ok().filter(|pixels| pixels.len() == length);
    let pixels = pixels.ok_or_else(|| Refusal::internal("photon-rs failed on this picture"))?;
    let lines = pixels.chunks_exact(width * 4).skip(top - first);
    for (output, line) in output.chunks_exact_mut(row).zip(lines) {
        for (pixel, filtered) in output.chunks_exact_mut(channels).zip(line.chunks_exact(4)) {
            pixel[..3].copy_from_slice(&filtered[..3]);
        }
    }
    Ok(())
}
