//! A kernel of one's own.

use super::bands::{Bands, by_bands};
use super::taps::{Kernel, Scratch};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, Arguments, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "convolve",
    summary: "Sums up each pixel's neighbours by a kernel of 3 × 3, 5 × 5 or 7 × 7 weights, row by row, divided by the \
              divisor, which is their sum if it is left out (1 if that is 0), and adds bias",
    example: "convolve(0:-1:0:-1:5:-1:0:-1:0)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("kernel", Kind::Numbers { min: -1e4, max: 1e4, least: 9, most: 49 }),
        Parameter::number("divisor", -1e6, 1e6).optional(),
        Parameter::number("bias", -100.0, 100.0).unit("%").or(0.0),
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Step, ArgumentError> {
    let weights = arguments.numbers("kernel");
    if ![9, 25, 49].contains(&weights.len()) {
        let message = format!("`kernel` has 9, 25 or 49 numbers, not {}", weights.len());
        return Err(ArgumentError::new("kernel", message));
    }
    let sum: f64 = weights.iter().sum();
    let divisor = arguments.optional("divisor").unwrap_or(if sum.abs() < 1e-9 { 1.0 } else { sum });
    if divisor.abs() < 1e-6 {
        return Err(ArgumentError::new("divisor", "`divisor` must not be 0"));
    }
    let bias = (arguments.number("bias") / 100.0) as f32;
    Ok(Step::stage(Convolve { kernel: Kernel::square(weights, 1.0 / divisor), bias }))
}

/// A weighted sum over neighbours; a correlation, as elsewhere: the first weight is that of the left upper neighbour.
#[derive(Debug, Clone)]
struct Convolve {
    kernel: Kernel,
    /// What is added, from −1 to 1.
    bias: f32,
}

impl Stage for Convolve {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * (10.0 + 0.3 * self.kernel.len() as f64) * 1e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        by_bands(&frame, self, context)
    }
}

impl Bands for Convolve {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; input.row()]);
        let channels = input.channels();
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            self.kernel.colours(input, first + y, &mut scratch, &mut sums);
            for (pixel, sums) in output.chunks_exact_mut(channels).zip(sums.chunks_exact(channels)) {
                for (sample, sum) in pixel.iter_mut().zip(sums).take(3) {
                    *sample = T::rounded((sum + self.bias) * T::WHITE.value());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        assert_sound("convolve(1:2:1:2:4:2:1:2:1)", 1);
        assert_sound("convolve(-1:0:1:-2:0:2:-1:0:1, bias=50)", 1);
        assert_sound(&format!("convolve({})", ["1"; 49].join(":")), 1);
    }

    #[test]
    fn the_first_weight_is_that_of_the_left_upper_neighbour() {
        let frame = rough(9, 7, false);
        let (got, samples) = (bytes(&filtered("convolve(1:0:0:0:0:0:0:0:0)", &frame)), bytes(&frame));
        for y in 0..7usize {
            for x in 0..9usize {
                let from = y.saturating_sub(1) * 9 + x.saturating_sub(1);
                assert_eq!(got[(y * 9 + x) * 3], samples[from * 3], "({x}, {y})");
            }
        }
    }

    #[test]
    fn divisor_and_bias_do_what_they_say() {
        let frame = rough(12, 12, false);
        let middle = |rest: &str| filtered(&format!("convolve(0:0:0:0:6:0:0:0:0{rest})"), &frame);
        assert_near("its sum", &middle(""), &frame, 0);
        let half = bytes(&middle(", divisor=12, bias=10"));
        for (got, before) in half.iter().zip(bytes(&frame)) {
            assert!((f64::from(*got) - f64::from(before) / 2.0 - 25.5).abs() <= 0.51);
        }
    }

    #[test]
    fn a_kernel_that_is_no_square_is_refused() {
        let mistake = crate::check("convolve(1:1:1:1:1:1:1:1:1:1)").unwrap_err();
        assert!(mistake.to_string().contains("9, 25 or 49"), "{mistake}");
        assert!(crate::check("convolve(1:1:1:1:1:1:1:1:1, divisor=0)").is_err());
    }
}
