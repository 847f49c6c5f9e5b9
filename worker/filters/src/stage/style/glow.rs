//! Glow.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::blur::blurred;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::neighbourhood::rows::luma;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "glow",
    summary: "Lets bright parts shine: adds amount of a blur of sigma as a second projector would (screen); with a \
              threshold only of what is brighter",
    example: "glow(40, sigma=12, threshold=60)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 100.0).unit("%").or(40.0),
        Parameter::number("sigma", 0.5, 100.0).unit("px").or(10.0),
        Parameter::number("threshold", 0.0, 99.0).unit("%").or(0.0),
    ],
    build: |arguments| {
        let [amount, threshold] = ["amount", "threshold"].map(|name| (arguments.number(name) / 100.0) as f32);
        Ok(Step::stage(Glow { amount, sigma: arguments.number("sigma"), threshold }))
    },
};

/// A glow: `1 − (1 − v) (1 − amount · blur(bright part of v))`.
#[derive(Debug, Clone, Copy)]
struct Glow {
    /// From 0 to 1.
    amount: f32,
    /// Standard deviation of the blur, in pixels.
    sigma: f64,
    /// Brightness from which on there is a glow, from 0 to 1.
    threshold: f32,
}

impl Stage for Glow {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let bright = if self.threshold > 0.0 { 48.0 } else { 0.0 };
        f64::from(width) * f64::from(height) * (15.0 + bright + 1.7 * self.sigma.min(8.0)) * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 4 * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let light = if self.threshold > 0.0 {
            let bright = by_bands(&frame, &Bright(self.threshold), context)?;
            blurred(bright, self.sigma, context)?
        } else {
            blurred(frame.clone(), self.sigma, context)?
        };
        by_bands(&frame, &Screen { light: &light, amount: self.amount }, context)
    }
}

/// The part of each colour's light that is above a brightness.
struct Bright(f32);

impl Bands for Bright {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        _: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let white = T::WHITE.value();
        for pixel in output.chunks_exact_mut(input.channels()) {
            let colour = [0, 1, 2].map(|channel: usize| pixel[channel].value());
            let brightness = luma(&colour) / white;
            let above = ((brightness - self.0) / (1.0 - self.0)).max(0.0);
            let factor = above / brightness.max(1e-4);
            for (sample, value) in pixel.iter_mut().zip(colour) {
                *sample = T::rounded(value * factor);
            }
        }
        Ok(())
    }
}

struct Screen<'a> {
    light: &'a Frame,
    amount: f32,
}

impl Bands for Screen<'_> {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let light = T::of(self.light).ok_or_else(|| Refusal::internal("a blur changed its depth"))?;
        let light = &light[first * input.row()..][..output.len()];
        let (channels, white) = (input.channels(), T::WHITE.value());
        let share = self.amount / white;
        for (pixel, light) in output.chunks_exact_mut(channels).zip(light.chunks_exact(channels)) {
            for (sample, light) in pixel.iter_mut().zip(light).take(3) {
                let dark = white - sample.value();
                *sample = T::rounded(white - dark * (1.0 - light.value() * share));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::neighbourhood::testing::{
        assert_near, assert_sound, bytes, filtered, plain, rough,
    };

    #[test]
    fn it_is_sound() {
        assert_sound("glow", 2);
        assert_sound("glow(100, 3, 50)", 3);
    }

    #[test]
    fn light_is_added_as_by_a_second_projector() {
        let got = filtered("glow(50)", &plain(30, 30, [100, 200, 0]));
        assert_near("screen", &got, &plain(30, 30, [130, 222, 0]), 1);
        let frame = rough(30, 30, false);
        assert_near("nothing", &filtered("glow(0)", &frame), &frame, 0);
    }

    #[test]
    fn only_what_is_above_the_threshold_glows() {
        let frame = plain(20, 20, [100, 100, 100]);
        assert_near("dark", &filtered("glow(100, threshold=50)", &frame), &frame, 0);
        let bright = bytes(&filtered("glow(100, threshold=50)", &plain(20, 20, [200; 3])));
        assert!(bright.iter().all(|value| *value > 225));
    }
}
