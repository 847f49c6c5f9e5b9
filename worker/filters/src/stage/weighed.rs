//! Colours weighed by their alpha, so that invisible colours do not bleed into what is seen.

use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// A 16-bit sample of full intensity.
const WHITE: u64 = u16::MAX as u64;

/// Does `work` on a frame whose colours are multiplied by their alpha, and divides them by it afterwards.
///
/// Where a pixel is transparent, `work` gets a frame of 16 bits, because dim colours would not survive the way back
/// in 8; the result has the depth of `frame`. An opaque frame is worked on as it is.
pub(super) fn weighed(
    frame: Frame,
    context: &Context<'_>,
    work: impl FnOnce(Frame) -> Result<Frame, Refusal>,
) -> Result<Frame, Refusal> {
    if !frame.alpha || is_opaque(&frame) {
        return work(frame);
    }
    let wide = matches!(frame.samples, Samples::U16(_));
    let mut frame = frame.widened();
    weigh(&mut frame, context, |colour, alpha| (colour * alpha + WHITE / 2) / WHITE)?;
    let mut frame = work(frame)?;
    weigh(&mut frame, context, |colour, alpha| ((colour * WHITE + alpha / 2) / alpha.max(1)).min(WHITE))?;
    Ok(if wide { frame } else { frame.narrowed() })
}

/// Whether no pixel of a frame with alpha is transparent.
pub(super) fn is_opaque(frame: &Frame) -> bool {
    match &frame.samples {
        Samples::U8(samples) => samples.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX),
        Samples::U16(samples) => samples.chunks_exact(4).all(|pixel| pixel[3] == u16::MAX),
    }
}

/// Changes each colour of a 16-bit frame by its alpha.
fn weigh(
    frame: &mut Frame,
    context: &Context<'_>,
    change: impl Fn(u64, u64) -> u64 + Sync,
) -> Result<(), Refusal> {
    let row = frame.row();
    let Samples::U16(samples) = &mut frame.samples else { return Ok(()) };
    context.for_each_band(samples, row, |_, band| {
        for [colours @ .., alpha] in band.as_chunks_mut::<4>().0 {
            for colour in colours {
                *colour = change(u64::from(*colour), u64::from(*alpha)) as u16;
            }
        }
        Ok(())
    })
}
