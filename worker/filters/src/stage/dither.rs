//! `dither(levels, size)`: tones by patterns of dots.

use super::Stage;
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "dither",
    summary: "Leaves so many levels of each colour, and shows tones between them by a regular pattern of dots (ordered \
              dithering with a Bayer matrix of size × size)",
    example: "dither(2, size=4)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("levels", 2, 255).or(2.0),
        Parameter::choice("size", &["8", "4", "2", "16"]),
    ],
    build: |arguments| {
        let steps = arguments.number("levels") - 1.0;
        let bits = match arguments.text("size") {
            "2" => 1,
            "4" => 2,
            "16" => 4,
            _ => 3,
        };
        Ok(Step::stage(Dither { steps: steps as f32, bits }))
    },
};

/// `⌊v n + t⌋ / n`, where t is the threshold of the matrix at the pixel and n one less than the levels.
#[derive(Debug, Clone, Copy)]
struct Dither {
    steps: f32,
    /// The side of the matrix is 2 to the power of this.
    bits: u32,
}

impl Stage for Dither {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 4e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Dithering { dither: *self, context })
    }
}

/// The threshold of a pixel, between 0 and 1: the bits of `x ^ y` and of y, the lowest first, in turns (B. E. Bayer, "An
/// Optimum Method for Two-Level Rendition of Continuous-Tone Pictures", ICC 1973).
fn threshold(x: usize, y: usize, bits: u32) -> f32 {
    let mut rank = 0u32;
    for bit in 0..bits {
        let (crossed, down) = ((x ^ y) >> bit & 1, y >> bit & 1);
        rank = rank << 2 | (crossed << 1 | down) as u32;
    }
    (rank as f32 + 0.5) / (1u32 << (2 * bits)) as f32
}

struct Dithering<'a> {
    dither: Dither,
    context: &'a Context<'a>,
}

impl InPlace for Dithering<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let Dither { steps, bits } = self.dither;
        let (scale, back) = (steps / T::WHITE.value(), T::WHITE.value() / steps);
        self.context.for_each_band(samples, width * channels, |first, band| {
            for (y, line) in band.chunks_exact_mut(width * channels).enumerate() {
                let thresholds: [f32; 16] = std::array::from_fn(|x| threshold(x, first + y, bits));
                for (pixel, threshold) in line.chunks_exact_mut(channels).zip(thresholds.iter().cycle()) {
                    for sample in pixel.iter_mut().take(3) {
                        let step = sample.value().mul_add(scale, *threshold).floor();
                        *sample = T::rounded(step * back);
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dithered(frame: Frame, dither: Dither, threads: usize) -> Frame {
        dither.apply(frame, &Context::unlimited(threads)).unwrap()
    }

    #[test]
    fn the_matrix_of_two_is_the_known_one_and_all_hold_every_rank_once() {
        let two = [[0.0, 2.0], [3.0, 1.0]];
        for (y, row) in two.iter().enumerate() {
            for (x, rank) in row.iter().enumerate() {
                assert_eq!(threshold(x, y, 1), (rank + 0.5) / 4.0);
            }
        }
        for bits in 1..=4 {
            let side = 1usize << bits;
            let mut ranks: Vec<f32> =
                (0..side * side).map(|index| threshold(index % side, index / side, bits)).collect();
            ranks.sort_by(f32::total_cmp);
            let wanted = |index: usize| (index as f32 + 0.5) / (side * side) as f32;
            assert!(ranks.iter().enumerate().all(|(index, rank)| *rank == wanted(index)));
        }
    }

    #[test]
    fn the_mean_tone_stays_and_only_the_levels_are_left() {
        for (levels, size) in [(2u8, 3), (4, 2), (7, 4)] {
            for value in [0u8, 40, 100, 200, 255] {
                let frame = Frame::from_u8(64, 64, false, vec![value; 64 * 64 * 3]).unwrap();
                let dither = Dither { steps: f32::from(levels - 1), bits: size };
                let got = dithered(frame, dither, 2);
                let bytes = got.bytes().unwrap();
                let mean = bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64;
                let tolerance = 255.0 / f64::from(levels - 1) / f64::from(1 << (2 * size)) + 0.5;
                assert!((mean - f64::from(value)).abs() <= tolerance, "{levels} {size} {value}: {mean}");
                let step = 255.0 / f64::from(levels - 1);
                let is_level = |byte: u8| {
                    let place = f64::from(byte) / step;
                    (place - place.round()).abs() * step <= 0.5
                };
                assert!(bytes.iter().all(|byte| is_level(*byte)));
            }
        }
    }

    #[test]
    fn threads_depth_and_size_do_not_matter() {
        for (width, height) in [(1, 1), (1, 19), (37, 23)] {
            let samples = (0..width * height * 4).map(|index| (index * 53 % 256) as u8).collect();
            let frame = Frame::from_u8(width, height, true, samples).unwrap();
            let dither = Dither { steps: 3.0, bits: 3 };
            let got = dithered(frame.clone(), dither, 1);
            assert_eq!(dithered(frame.clone(), dither, 2), got);
            assert_eq!(dithered(frame.clone().widened(), dither, 1).narrowed(), got);
            let alphas =
                |frame: &Frame| frame.bytes().unwrap().iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
            assert_eq!(alphas(&got), alphas(&frame));
        }
    }
}
