//! `grain(amount, size, seed)`: the grain of film.

use super::Stage;
use super::histogram::luma;
use super::random::Field;
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "grain",
    summary: "Adds grain as film has it: grey, of the given size, with a standard deviation of amount in the middle \
              tones and none in black and white; the same seed gives the same grain, anew in every frame",
    example: "grain(8, size=2)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 100.0).unit("%").or(8.0),
        Parameter::number("size", 1.0, 50.0).unit("px").or(1.5),
        Parameter::integer("seed", 0, u32::MAX as i64).or(0.0),
    ],
    build: |arguments| {
        let amount = (arguments.number("amount") / 100.0) as f32;
        let (size, seed) = (arguments.number("size"), arguments.number("seed") as u32);
        Ok(Step::stage(Grain { amount, size, seed }))
    },
};

/// Value noise: random numbers on a lattice, linear between.
#[derive(Debug, Clone, Copy)]
struct Grain {
    /// Standard deviation in middle grey, of a full scale of 1.
    amount: f32,
    /// Distance of the lattice's points, in pixels.
    size: f64,
    seed: u32,
}

impl Stage for Grain {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * (5.0 + 6.0 / self.size) * 1e-6
    }

    fn scratch_bytes(&self, (width, _): (u32, u32)) -> u64 {
        // A line of the lattice for each of the threads, which are few.
        u64::from(width) * (size_of::<Place>() as u64 + 4 * 64)
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Adding { grain: *self, context })
    }
}

/// Where a row or a column lies on the lattice.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The point before it.
    point: usize,
    /// Weights of that point and of the next; their squares have the sum 1, so that grain is as strong between
    /// points as on them.
    weights: [f32; 2],
}

impl Place {
    fn of(pixel: usize, size: f64) -> Self {
        let place = pixel as f64 / size;
        let share = place.fract();
        let length = share.hypot(1.0 - share);
        Self {
            point: place as usize,
            weights: [(1.0 - share) / length, share / length].map(|weight| weight as f32),
        }
    }
}

struct Adding<'a> {
    grain: Grain,
    context: &'a Context<'a>,
}

impl InPlace for Adding<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let Grain { amount, size, seed } = self.grain;
        let field = Field::new(seed, self.context.frame_index);
        let columns: Vec<Place> = (0..width).map(|x| Place::of(x, size)).collect();
        let points = columns.last().map_or(0, |last| last.point) + 2;
        let full = T::WHITE.value();
        self.context.for_each_band(samples, width * channels, |first, band| {
            let mut lattice = vec![0.0; points];
            for (y, line) in band.chunks_exact_mut(width * channels).enumerate() {
                let row = Place::of(first + y, size);
                for (x, value) in lattice.iter_mut().enumerate() {
                    *value = row.weights[0] * field.normal(x, row.point, 0)
                        + row.weights[1] * field.normal(x, row.point + 1, 0);
                }
                for (pixel, column) in line.chunks_exact_mut(channels).zip(&columns) {
                    let tone = luma(pixel) / full;
                    let strength = 4.0 * tone * (1.0 - tone) * amount * full;
                    let grain = column.value(&lattice) * strength;
                    for sample in pixel.iter_mut().take(3) {
                        *sample = T::rounded(sample.value() + grain);
                    }
                }
            }
            Ok(())
        })
    }
}

impl Place {
    /// The value of a line of the lattice here.
    fn value(&self, lattice: &[f32]) -> f32 {
        match lattice.get(self.point..self.point + 2) {
            Some([before, after]) => self.weights[0] * before + self.weights[1] * after,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: u8) -> Frame {
        Frame::from_u8(120, 90, false, vec![value; 120 * 90 * 3]).unwrap()
    }

    fn grained(frame: Frame, grain: Grain, threads: usize) -> Frame {
        grain.apply(frame, &Context::unlimited(threads)).unwrap()
    }

    /// Mean, deviation, and how alike neighbours are (1: the same).
    fn statistics(frame: &Frame) -> (f64, f64, f64) {
        let values: Vec<f64> = frame.bytes().unwrap().chunks(3).map(|pixel| f64::from(pixel[0])).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let apart: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let variance = apart.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        let alike = apart.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt(), alike / variance)
    }

    const GRAIN: Grain = Grain { amount: 0.08, size: 1.0, seed: 1 };

    #[test]
    fn grain_is_as_strong_and_as_large_as_it_should() {
        for (size, least, most) in [(1.0, -0.05, 0.05), (2.0, 0.3, 0.9), (6.0, 0.8, 1.0)] {
            let (mean, deviation, alike) = statistics(&grained(plain(128), Grain { size, ..GRAIN }, 1));
            assert!(
                (mean - 128.0).abs() < 2.0 && (deviation - 20.4).abs() < 2.5,
                "{size}: {mean} {deviation}"
            );
            assert!(alike >= least && alike <= most, "{size}: {alike}");
        }
    }

    #[test]
    fn black_and_white_have_no_grain_and_grain_has_no_colour() {
        assert_eq!(grained(plain(0), GRAIN, 1), plain(0));
        assert_eq!(grained(plain(255), GRAIN, 1), plain(255));
        let got = grained(plain(128), GRAIN, 1);
        assert!(got.bytes().unwrap().chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    }

    #[test]
    fn threads_and_depth_do_not_matter() {
        let got = grained(plain(100), Grain { size: 2.5, ..GRAIN }, 1);
        assert_eq!(grained(plain(100), Grain { size: 2.5, ..GRAIN }, 2), got);
        let wide = grained(plain(100).widened(), Grain { size: 2.5, ..GRAIN }, 1).narrowed();
        assert!(got.bytes().unwrap().iter().zip(wide.bytes().unwrap()).all(|(a, b)| a.abs_diff(*b) <= 1));
        let dot = Frame::from_u8(1, 1, true, vec![120, 120, 120, 5]).unwrap();
        assert_eq!(grained(dot, GRAIN, 2).bytes().unwrap()[3], 5);
    }
}
