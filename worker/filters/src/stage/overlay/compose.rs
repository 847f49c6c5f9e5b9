//! Laying one picture over another.

use super::modes::Mode;
use crate::context::Context;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};
use crate::stage::scale::{Interpolation, Window, scale};

/// A layer and how it is laid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'a> {
    /// 8 bits with alpha.
    pub frame: &'a Frame,
    /// Where its left upper corner comes; what sticks out is not seen.
    pub corner: (i64, i64),
    /// From one copy to the next, where it is repeated over the whole picture; at least 1.
    pub step: Option<(u32, u32)>,
    /// 0 to 1.
    pub opacity: f32,
    /// How colours meet.
    pub mode: Mode,
}

/// The picture with a layer over it.
///
/// W3C, Compositing and Blending, Level 1: a layer's colour is mixed with the blended one by the alpha below it, and
/// the result lies over the picture.
///
/// # Errors
/// `DeadlineExceeded`.
pub(super) fn laid_over(frame: &Frame, layer: &Layer<'_>, context: &Context<'_>) -> Result<Frame, Refusal> {
    in_its_depth(frame, &Laying { layer, pixels: layer.frame.bytes()?, context })
}

struct Laying<'a> {
    layer: &'a Layer<'a>,
    pixels: &'a [u8],
    context: &'a Context<'a>,
}

impl ForSamples for Laying<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let channels = input.channels();
        let mut samples = input.samples.to_vec();
        self.context.for_each_band(&mut samples, input.row(), |first, band| {
            for (y, row) in band.chunks_exact_mut(input.row()).enumerate() {
                let Some(line) = self.line((first + y) as i64) else { continue };
                for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                    if let Some(above) = self.pixel(line, x as i64) {
                        self.lay(pixel, above);
                    }
                }
            }
            Ok(())
        })?;
        Ok((samples, input.size))
    }
}

/// The position within the layer, from its corner on, if the layer is there.
fn within(at: i64, corner: i64, step: Option<u32>, length: u32) -> Option<usize> {
    let from = at - corner;
    let from = step.map_or(from, |step| from.rem_euclid(i64::from(step.max(1))));
    (0..i64::from(length)).contains(&from).then_some(from as usize)
}

impl Laying<'_> {
    fn line(&self, y: i64) -> Option<&[u8]> {
        let layer = self.layer;
        let y = within(y, layer.corner.1, layer.step.map(|step| step.1), layer.frame.height)?;
        self.pixels.chunks_exact(layer.frame.row()).nth(y)
    }

    fn pixel<'a>(&self, line: &'a [u8], x: i64) -> Option<&'a [u8; 4]> {
        let layer = self.layer;
        let x = within(x, layer.corner.0, layer.step.map(|step| step.0), layer.frame.width)?;
        line.as_chunks::<4>().0.get(x).filter(|pixel| pixel[3] > 0)
    }

    fn lay<T: Sample>(&self, pixel: &mut [T], above: &[u8; 4]) {
        let white = T::WHITE.value();
        let opacity = f32::from(above[3]) / 255.0 * self.layer.opacity;
        let below = pixel.get(3).map_or(1.0, |alpha| alpha.value() / white);
        let total = opacity + below * (1.0 - opacity);
        if total <= 0.0 {
            return;
        }
        for (sample, above) in pixel.iter_mut().zip(above).take(3) {
            let (ground, colour) = (sample.value() / white, f32::from(*above) / 255.0);
            let blended = (1.0 - below) * colour + below * self.layer.mode.blend(ground, colour);
            let sum = blended * opacity + ground * below * (1.0 - opacity);
            *sample = T::rounded((sum / total).clamp(0.0, 1.0) * white);
        }
        if let Some(alpha) = pixel.get_mut(3) {
            *alpha = T::rounded(total * white);
        }
    }
}

/// A window of a picture scaled to `size`.
pub(super) fn scaled(frame: &Frame, window: Window, size: (u32, u32)) -> Result<Frame, Refusal> {
    if window == Window::of(frame.size()) && frame.size() == size {
        return Ok(frame.clone());
    }
    in_its_depth(frame, &Scaling { window, size })
}

struct Scaling {
    window: Window,
    size: (u32, u32),
}

impl ForSamples for Scaling {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        Ok((scale(input, self.window, self.size, Interpolation::Lanczos, false)?, self.size))
    }
}
