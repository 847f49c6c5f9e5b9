//! A cartoon.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::neighbourhood::bilateral::Bilateral;
use crate::stage::neighbourhood::edge::{SOBEL, gradient};
use crate::stage::neighbourhood::rows::luma;
use crate::stage::neighbourhood::taps::{Kernel, Scratch};
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "cartoon",
    summary: "Draws a cartoon: areas become smooth, with as many steps of brightness as levels, and edges become dark \
              lines",
    example: "cartoon(6, edges=80)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("levels", 2, 32).or(8.0),
        Parameter::number("edges", 0.0, 100.0).unit("%").or(80.0),
    ],
    build: |arguments| {
        let (levels, edges) = (arguments.number("levels") as f32, arguments.number("edges") / 100.0);
        Ok(Step::stage(Cartoon { levels, edges: edges as f32 }))
    },
};

/// How areas are smoothed.
const SMOOTH: Bilateral = Bilateral { space: 3.0, colour: 0.12 };
/// Lengths of the gradient at which a line begins and is full.
const LINE: [f32; 2] = [0.05, 0.2];
/// How much steeper than even a step of brightness is; less than endless, so that slopes do not become frayed.
const STEEPNESS: f32 = 5.0;

/// A cartoon, after H. Winnemöller, S. Olsen and B. Gooch, Real-Time Video Abstraction, 2006: a bilateral filter, soft
/// steps of brightness, and lines, which are taken from Sobel's gradient here.
#[derive(Debug, Clone, Copy)]
struct Cartoon {
    /// Steps of brightness.
    levels: f32,
    /// How dark lines are, from 0 to 1.
    edges: f32,
}

impl Stage for Cartoon {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        SMOOTH.cost_ms(size) + f64::from(size.0) * f64::from(size.1) * 85e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8 * 2
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let smooth = SMOOTH.smooth(&frame, context)?;
        by_bands(&smooth, &Drawing { cartoon: *self, slopes: gradient(SOBEL) }, context)
    }
}

impl Cartoon {
    /// The brightness of the nearest step, and between two of them a steep slope.
    fn step(self, brightness: f32) -> f32 {
        let place = brightness * self.levels;
        let between = ((place.fract() - 0.5) * STEEPNESS + 0.5).clamp(0.0, 1.0);
        (place.floor() + between) / self.levels
    }

    /// What is left of the light where the gradient has this length.
    fn light(self, gradient: f32) -> f32 {
        let share = ((gradient - LINE[0]) / (LINE[1] - LINE[0])).clamp(0.0, 1.0);
        1.0 - self.edges * share * share * (3.0 - 2.0 * share)
    }
}

/// The lines and steps of a picture that is smooth.
struct Drawing {
    cartoon: Cartoon,
    slopes: [Kernel; 2],
}

impl Bands for Drawing {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (channels, white) = (input.channels(), T::WHITE.value());
        let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; input.row()]);
        let mut squares = vec![0.0f32; input.size.0 as usize];
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            squares.fill(0.0);
            for kernel in &self.slopes {
                kernel.colours(input, y, &mut scratch, &mut sums);
                for (square, sums) in squares.iter_mut().zip(sums.chunks_exact(channels)) {
                    *square += luma(&sums[..3]).powi(2);
                }
            }
            for (pixel, square) in output.chunks_exact_mut(channels).zip(&squares) {
                let colour = [0, 1, 2].map(|channel: usize| pixel[channel].value() / white);
                let brightness = luma(&colour);
                let factor = self.cartoon.step(brightness) / brightness.max(1e-4);
                let factor = factor * self.cartoon.light(square.sqrt()) * white;
                for (sample, value) in pixel.iter_mut().zip(colour) {
                    *sample = T::rounded(value * factor);
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
        assert_sound("cartoon", 12);
        assert_sound("cartoon(2, edges=0)", 12);
    }

    #[test]
    fn brightness_has_few_steps() {
        let samples = (0..256 * 4).flat_map(|i| [(i % 256) as u8; 3]).collect();
        let slope = Frame::from_u8(256, 4, false, samples).unwrap();
        let got = bytes(&filtered("cartoon(4, edges=0)", &slope));
        let mut often = std::collections::BTreeMap::new();
        for value in got[..768].iter().step_by(3) {
            *often.entry(*value).or_insert(0) += 1;
        }
        let steps: Vec<u8> =
            often.into_iter().filter(|(_, count)| *count > 20).map(|(level, _)| level).collect();
        assert_eq!(steps, [0, 64, 128, 191, 255]);
    }

    #[test]
    fn edges_become_dark_and_colours_stay_what_they_are() {
        let samples = (0..30 * 10).flat_map(|i| if i % 30 < 15 { [100, 50, 50] } else { [240, 120, 120] });
        let frame = Frame::from_u8(30, 10, false, samples.collect()).unwrap();
        let got = bytes(&filtered("cartoon(8, edges=100)", &frame));
        let at = |x: usize| got[(5 * 30 + x) * 3];
        assert!(at(15) < 30 && at(22) > 200, "{} {}", at(15), at(22));
        let plain = bytes(&filtered("cartoon(5)", &plain(9, 9, [200, 100, 50])));
        let ratio = f64::from(plain[0]) / f64::from(plain[2]);
        assert!((ratio - 4.0).abs() < 0.1, "{ratio}");
    }
}
