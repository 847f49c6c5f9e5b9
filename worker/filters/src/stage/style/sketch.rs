//! A pencil sketch.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::blur::blurred;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::neighbourhood::rows::{load_weighted, luma};
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "sketch",
    summary: "Draws with a pencil, or with coloured ones: areas become paper, and what is darker than its surroundings \
              within sigma becomes strokes",
    example: "sketch(4, strength=200)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("sigma", 0.5, 50.0).unit("px").or(4.0),
        Parameter::number("strength", 10.0, 1000.0).unit("%").or(200.0),
        Parameter::choice("mode", &["mono", "colour"]),
    ],
    build: |arguments| {
        let (sigma, strength) = (arguments.number("sigma"), (arguments.number("strength") / 100.0) as f32);
        Ok(Step::stage(Sketch { sigma, strength, colour: arguments.text("mode") == "colour" }))
    },
};

/// What is added above and below the fraction, so that noise in the dark is not drawn.
const FLOOR: f32 = 0.03;

/// A sketch by colour dodge: `(v / blur(v))` to the power of the strength.
#[derive(Debug, Clone, Copy)]
struct Sketch {
    /// Standard deviation of the blur, in pixels.
    sigma: f64,
    strength: f32,
    colour: bool,
}

impl Stage for Sketch {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let power = if self.colour { 90.0 } else { 75.0 };
        f64::from(width) * f64::from(height) * (power + 1.7 * self.sigma.min(8.0)) * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8 * 4
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        // In 16 bits: in the dark half a level is much of the fraction.
        let blurred = blurred(frame.clone().widened(), self.sigma, context)?;
        by_bands(&frame, &Dodge { sketch: *self, blurred: &blurred }, context)
    }
}

struct Dodge<'a> {
    sketch: Sketch,
    blurred: &'a Frame,
}

impl Bands for Dodge<'_> {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let samples = u16::of(self.blurred).ok_or_else(|| Refusal::internal("a blur changed its depth"))?;
        let blurred = Plane { samples, size: input.size, alpha: input.alpha };
        let Sketch { strength, colour, .. } = self.sketch;
        let stroke = |value: f32, around: f32| {
            let ratio = ((value + FLOOR) / (around + FLOOR)).min(1.0);
            T::rounded(ratio.powf(strength) * T::WHITE.value())
        };
        let (mut own, mut around) = (Vec::new(), Vec::new());
        for (y, output) in (first as isize..).zip(output.chunks_exact_mut(input.row())) {
            load_weighted(input, y, &mut own);
            load_weighted(blurred, y, &mut around);
            let pixels = output.chunks_exact_mut(input.channels());
            for (pixel, (own, around)) in pixels.zip(own.iter().zip(&around)) {
                if colour {
                    for (channel, sample) in pixel[..3].iter_mut().enumerate() {
                        *sample = stroke(own[channel], around[channel]);
                    }
                } else {
                    pixel[..3].fill(stroke(luma(&own[..3]), luma(&around[..3])));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::neighbourhood::testing::{assert_sound, bytes, filtered, plain};
    use crate::frame::Frame;

    #[test]
    fn it_is_sound() {
        assert_sound("sketch", 1);
        assert_sound("sketch(10, mode=colour)", 1);
    }

    #[test]
    fn areas_become_paper_and_lines_strokes() {
        let paper = bytes(&filtered("sketch", &plain(20, 20, [10, 90, 40])));
        assert!(paper.iter().all(|value| *value == 255));
        let samples = (0..40 * 40).flat_map(|i| [if i % 40 == 20 { 60 } else { 150 }, 150, 150]).collect();
        let line = Frame::from_u8(40, 40, false, samples).unwrap();
        let mono = bytes(&filtered("sketch(3)", &line));
        let colour = bytes(&filtered("sketch(3, mode=colour)", &line));
        let at = |bytes: &[u8], x: usize| <[u8; 3]>::try_from(&bytes[(20 * 40 + x) * 3..][..3]).unwrap();
        assert!(at(&mono, 20)[0] < 220 && at(&mono, 20)[0] == at(&mono, 20)[2] && at(&mono, 3) == [255; 3]);
        assert!(at(&colour, 20)[0] < 100 && at(&colour, 20)[1..] == [255, 255]);
    }
}
