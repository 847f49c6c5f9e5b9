//! Unsharp masking.

use super::Stage;
use super::blur::separable::Finish;
use super::blur::{blurred, in_one_pass, is_of_one_pass};
use super::sample::{ForSamples, Plane, Sample, in_its_depth};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "sharpen",
    summary: "Sharpens by an unsharp mask: adds amount times the difference to a Gaussian blur of sigma",
    example: "sharpen(1, sigma=1.5)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 10.0).or(1.0),
        Parameter::number("sigma", 0.1, 50.0).unit("px").or(1.0),
    ],
    build: |arguments| {
        let (amount, sigma) = (arguments.number("amount"), arguments.number("sigma"));
        Ok(Step::stage(Sharpen { amount: amount as f32, sigma, threshold: 0.0 }))
    },
};

/// Up to this amount a rounded 8-bit blur is good enough: its rounding shows as half a level times the amount.
const MOST_FOR_8_BITS: f32 = 1.0;
/// The same for a blur that is not rounded in between: it is a sixth of a level off at most.
const MOST_FOR_ONE_PASS: f32 = 4.0;

/// An unsharp mask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sharpen {
    /// What the difference to the blur is multiplied by.
    pub amount: f32,
    /// Standard deviation of the blur, in pixels.
    pub sigma: f64,
    /// Differences below this stay as they are, from 0 to 1.
    pub threshold: f32,
}

impl Stage for Sharpen {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let megapixels = f64::from(width) * f64::from(height) / 1e6;
        megapixels * (1.0 + 0.6 * self.sigma.min(8.0))
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 4 * 6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.amount == 0.0 {
            return Ok(frame);
        }
        let wide = matches!(frame.samples, Samples::U16(_));
        if (wide || self.amount <= MOST_FOR_ONE_PASS) && is_of_one_pass(&frame, self.sigma) {
            let finish = Finish::Unsharp { amount: self.amount, threshold: self.threshold };
            return in_one_pass(frame, self.sigma, finish, context);
        }
        let frame = if self.amount > MOST_FOR_8_BITS { frame.widened() } else { frame };
        let blurred = blurred(frame.clone(), self.sigma, context)?;
        let sharpened = in_its_depth(&frame, &Difference { blurred, mask: *self, context })?;
        Ok(if wide { sharpened } else { sharpened.narrowed() })
    }
}

struct Difference<'a> {
    blurred: Frame,
    mask: Sharpen,
    context: &'a Context<'a>,
}

impl ForSamples for Difference<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let channels = input.channels();
        let blurred = T::of(&self.blurred).ok_or_else(|| Refusal::internal("a blur changed its depth"))?;
        let (amount, threshold) = (self.mask.amount, self.mask.threshold * T::WHITE.value());
        let mut samples = input.samples.to_vec();
        self.context.for_each_band(&mut samples, input.row(), |first, band| {
            let blurred = &blurred[first * input.row()..][..band.len()];
            for (pixel, blurred) in band.chunks_exact_mut(channels).zip(blurred.chunks_exact(channels)) {
                for (sample, blurred) in pixel.iter_mut().zip(blurred).take(3) {
                    let difference = sample.value() - blurred.value();
                    let added = if difference.abs() < threshold { 0.0 } else { difference * amount };
                    *sample = T::rounded(sample.value() + added);
                }
            }
            Ok(())
        })?;
        Ok((samples, input.size))
    }
}
