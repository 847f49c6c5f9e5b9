//! The mean over a square.

use super::bands::{Bands, by_bands};
use super::rows::line;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};
use crate::stage::weighed::weighed;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "boxblur",
    summary: "Blurs by the mean over a square of radius pixels to each side",
    example: "boxblur(4)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[Parameter::integer("radius", 0, 250).unit("px")],
    build: |arguments| Ok(Step::stage(BoxBlur { radius: arguments.number("radius") as usize })),
};

/// A mean over a square.
#[derive(Debug, Clone, Copy)]
struct BoxBlur {
    radius: usize,
}

impl Stage for BoxBlur {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 10e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.radius == 0 {
            return Ok(frame);
        }
        weighed(frame, context, |frame| by_bands(&frame, self, context))
    }
}

impl Bands for BoxBlur {
    /// Keeps the sum of every column of the square's height, and slides the square along them: two samples are added
    /// and two taken away for each of the result, whatever the radius is.
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let radius = self.radius as isize;
        let first = first as isize;
        let mut columns = vec![0u32; input.row()];
        for y in first - radius..=first + radius {
            for (sum, sample) in columns.iter_mut().zip(line(input, y)) {
                *sum += sample.level();
            }
        }
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            context.check()?;
            if y > first {
                let (entering, leaving) = (line(input, y + radius), line(input, y - radius - 1));
                for ((sum, entering), leaving) in columns.iter_mut().zip(entering).zip(leaving) {
                    *sum = *sum + entering.level() - leaving.level();
                }
            }
            if input.alpha {
                across::<T, 4>(&columns, self.radius, output);
            } else {
                across::<T, 3>(&columns, self.radius, output);
            }
        }
        Ok(())
    }

    fn least_rows(&self) -> usize {
        2 * self.radius + 1
    }
}

/// Slides over the sums of columns, each of as many rows as columns are added up here.
fn across<T: Sample, const CHANNELS: usize>(columns: &[u32], radius: usize, output: &mut [T]) {
    let columns = columns.as_chunks::<CHANNELS>().0;
    let last = columns.len() - 1;
    let side = 2 * radius + 1;
    let share = 1.0 / (side * side) as f64;
    let mut sums = [0u64; CHANNELS];
    for x in 0..side {
        let column = &columns[x.saturating_sub(radius).min(last)];
        for (sum, column) in sums.iter_mut().zip(column) {
            *sum += u64::from(*column);
        }
    }
    for (x, pixel) in output.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
        for (sample, sum) in pixel.iter_mut().zip(sums) {
            *sample = T::rounded((sum as f64 * share) as f32);
        }
        let (entering, leaving) = (&columns[(x + radius + 1).min(last)], &columns[x.saturating_sub(radius)]);
        for (channel, sum) in sums.iter_mut().enumerate() {
            *sum = *sum + u64::from(entering[channel]) - u64::from(leaving[channel]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, plain, rough};

    #[test]
    fn it_is_sound() {
        for radius in [0, 1, 5, 250] {
            assert_sound(&format!("boxblur({radius})"), 1);
        }
    }

    #[test]
    fn every_pixel_is_the_mean_of_its_square() {
        let frame = rough(23, 17, false);
        let samples = bytes(&frame);
        for radius in [1i32, 3, 30] {
            let got = bytes(&filtered(&format!("boxblur({radius})"), &frame));
            for (index, got) in got.iter().enumerate() {
                let (x, y, channel) = ((index / 3 % 23) as i32, (index / 69) as i32, index % 3);
                let mut sum = 0u32;
                for v in y - radius..=y + radius {
                    for u in x - radius..=x + radius {
                        let at = (v.clamp(0, 16) * 23 + u.clamp(0, 22)) as usize * 3 + channel;
                        sum += u32::from(samples[at]);
                    }
                }
                let mean = f64::from(sum) / f64::from((2 * radius + 1).pow(2));
                assert!((mean - f64::from(*got)).abs() <= 0.5001, "radius {radius}, ({x}, {y})");
            }
        }
    }

    #[test]
    fn white_of_16_bits_stays_white() {
        let frame = plain(300, 300, [255; 3]).widened();
        assert!(filtered("boxblur(250)", &frame) == frame);
    }
}
