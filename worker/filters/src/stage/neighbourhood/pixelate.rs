//! A mosaic.

use super::bands::{Bands, by_bands};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "pixelate",
    summary: "Makes squares of size pixels plain, in the mean of their colours",
    example: "pixelate(12)",
    cost: CostClass::Low,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[Parameter::integer("size", 1, 500).unit("px").or(10.0)],
    build: |arguments| Ok(Step::stage(Pixelate { size: arguments.number("size") as usize })),
};

/// A mosaic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pixelate {
    /// Side of a square in pixels.
    pub size: usize,
}

impl Stage for Pixelate {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 8e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.size == 1 {
            return Ok(frame);
        }
        by_bands(&frame, self, context)
    }
}

impl Bands for Pixelate {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        _: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let mut sums = Vec::new();
        for squares in output.chunks_mut(input.row() * self.size) {
            context.check()?;
            if input.alpha {
                self.squares::<T, 4>(input.size.0 as usize, squares, &mut sums);
            } else {
                self.squares::<T, 3>(input.size.0 as usize, squares, &mut sums);
            }
        }
        Ok(())
    }

    fn least_rows(&self) -> usize {
        self.size
    }
}

/// Red, green and blue, times the weight, and the weight: the alpha, or 1 for each pixel where there is none.
type Sums = [u64; 4];

impl Pixelate {
    /// Makes one row of squares plain.
    fn squares<T: Sample, const CHANNELS: usize>(
        self,
        width: usize,
        squares: &mut [T],
        sums: &mut Vec<Sums>,
    ) {
        sums.clear();
        sums.resize(width.div_ceil(self.size), [0; 4]);
        let rows = squares.len() / (width * CHANNELS);
        let (pixels, _) = squares.as_chunks_mut::<CHANNELS>();
        for row in pixels.chunks_exact(width) {
            for (sums, pixels) in sums.iter_mut().zip(row.chunks(self.size)) {
                for pixel in pixels {
                    let weight = pixel.get(3).map_or(1, |alpha| u64::from(alpha.level()));
                    for (sum, sample) in sums.iter_mut().zip(&pixel[..3]) {
                        *sum += u64::from(sample.level()) * weight;
                    }
                    sums[3] += weight;
                }
            }
        }
        for row in pixels.chunks_exact_mut(width) {
            for (sums, pixels) in sums.iter().zip(row.chunks_mut(self.size)) {
                let count = (pixels.len() * rows) as f64;
                pixels.fill(std::array::from_fn(|channel| {
                    let of = if channel == 3 { count } else { sums[3].max(1) as f64 };
                    T::rounded((sums[channel] as f64 / of) as f32)
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        for size in [1, 2, 7, 500] {
            assert_sound(&format!("pixelate({size})"), 1);
        }
    }

    #[test]
    fn squares_are_plain_and_those_at_the_end_are_smaller() {
        let frame = rough(23, 17, false);
        let (got, samples) = (bytes(&filtered("pixelate(5)", &frame)), bytes(&frame));
        for y in 0..17usize {
            for x in 0..23usize {
                let (left, top) = (x / 5 * 5, y / 5 * 5);
                let square: Vec<f64> = (top..(top + 5).min(17))
                    .flat_map(|v| (left..(left + 5).min(23)).map(move |u| (v * 23 + u) * 3))
                    .map(|at| f64::from(samples[at]))
                    .collect();
                let mean = square.iter().sum::<f64>() / square.len() as f64;
                assert!((f64::from(got[(y * 23 + x) * 3]) - mean).abs() <= 0.5001, "({x}, {y})");
            }
        }
    }
}
