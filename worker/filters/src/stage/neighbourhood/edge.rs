//! Edges.

use super::bands::{Bands, by_bands};
use super::rows::luma;
use super::taps::{Kernel, Scratch};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "edge",
    summary: "Shows edges bright on black, of the brightness (mono) or of each colour; with an amount of 100 % a step \
              from black to white becomes white",
    example: "edge(sobel, amount=200)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::choice("method", &["sobel", "prewitt", "scharr", "laplace"]),
        Parameter::choice("mode", &["mono", "colour"]),
        Parameter::number("amount", 0.0, 1000.0).unit("%").or(100.0),
    ],
    build: |arguments| {
        let method = match arguments.text("method") {
            "prewitt" => Method::Gradient([1.0, 1.0, 1.0]),
            "scharr" => Method::Gradient([3.0, 10.0, 3.0]),
            "laplace" => Method::Laplace,
            _ => Method::Gradient(SOBEL),
        };
        let amount = arguments.number("amount") / 100.0;
        Ok(Step::stage(Edge::new(method, arguments.text("mode") == "colour", amount)))
    },
};

/// The weights of three rows in Sobel's operator.
pub(in crate::stage) const SOBEL: [f64; 3] = [1.0, 2.0, 1.0];

/// How edges are found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Method {
    /// The length of the gradient: the difference of the neighbours on both sides, with weights for three rows.
    Gradient([f64; 3]),
    /// The difference to the four neighbours.
    Laplace,
}

/// The differences across and down, of a step of 1 at most 1.
pub(in crate::stage) fn gradient([a, b, c]: [f64; 3]) -> [Kernel; 2] {
    let share = 1.0 / (a + b + c);
    [
        Kernel::square(&[-a, 0.0, a, -b, 0.0, b, -c, 0.0, c], share),
        Kernel::square(&[-a, -b, -c, 0.0, 0.0, 0.0, a, b, c], share),
    ]
}

/// Edges.
#[derive(Debug, Clone)]
struct Edge {
    /// The length of the vector that they make is shown.
    kernels: Vec<Kernel>,
    colour: bool,
    amount: f32,
}

impl Edge {
    fn new(method: Method, colour: bool, amount: f64) -> Self {
        let kernels = match method {
            Method::Gradient(weights) => gradient(weights).to_vec(),
            Method::Laplace => {
                vec![Kernel::square(&[0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0], 1.0)]
            }
        };
        Self { kernels, colour, amount: amount as f32 }
    }
}

impl Stage for Edge {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * (8.0 + 10.0 * self.kernels.len() as f64) * 1e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        by_bands(&frame, self, context)
    }
}

impl Bands for Edge {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let channels = input.channels();
        let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; input.row()]);
        let mut squares = vec![[0.0f32; 3]; input.size.0 as usize];
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            squares.fill([0.0; 3]);
            for kernel in &self.kernels {
                kernel.colours(input, first + y, &mut scratch, &mut sums);
                for (squares, sums) in squares.iter_mut().zip(sums.chunks_exact(channels)) {
                    let mono = if self.colour { 0.0 } else { luma(&sums[..3]) };
                    for (square, sum) in squares.iter_mut().zip(sums) {
                        let value = if self.colour { *sum } else { mono };
                        *square += value * value;
                    }
                }
            }
            for (pixel, squares) in output.chunks_exact_mut(channels).zip(&squares) {
                for (sample, square) in pixel.iter_mut().zip(squares) {
                    *sample = T::rounded(square.sqrt() * self.amount * T::WHITE.value());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, plain};
    use super::*;

    #[test]
    fn it_is_sound() {
        for chain in ["edge", "edge(prewitt, colour)", "edge(scharr)", "edge(laplace, colour, 300)"] {
            assert_sound(chain, 1);
        }
    }

    #[test]
    fn a_step_from_black_to_white_becomes_white_and_areas_black() {
        let samples = (0..20 * 10).flat_map(|i| [if i % 20 < 10 { 0 } else { 255 }; 3]).collect();
        let frame = Frame::from_u8(20, 10, false, samples).unwrap();
        for method in ["sobel", "prewitt", "scharr", "laplace"] {
            let got = bytes(&filtered(&format!("edge({method})"), &frame));
            let row: Vec<u8> = got[5 * 60..6 * 60].iter().step_by(3).copied().collect();
            for (x, value) in row.iter().enumerate() {
                assert_eq!(*value, if x == 9 || x == 10 { 255 } else { 0 }, "{method}, {x}");
            }
        }
        assert!(bytes(&filtered("edge(amount=1000)", &plain(8, 8, [9, 200, 77]))).iter().all(|v| *v == 0));
    }

    #[test]
    fn colour_keeps_the_edges_of_each_colour_apart() {
        let samples = (0..20 * 10).flat_map(|i| [if i % 20 < 10 { 0 } else { 100 }, 50, 50]).collect();
        let frame = Frame::from_u8(20, 10, false, samples).unwrap();
        let got = bytes(&filtered("edge(sobel, colour)", &frame));
        assert_eq!(got[(5 * 20 + 10) * 3..][..3], [100, 0, 0]);
        let got = bytes(&filtered("edge(sobel, mono)", &frame));
        assert_eq!(got[(5 * 20 + 10) * 3..][..3], [21; 3]);
    }
}
