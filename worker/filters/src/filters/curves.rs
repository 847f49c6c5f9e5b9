//! `curves(points, channel)`: a tone curve through given points.

use fidget_core::context::Node;

use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};
use crate::graph::Graph;

/// A monotone cubic through the points; constant before the first and after the last one.
pub(crate) const FILTER: Filter = Filter {
    name: "curves",
    summary: "A smooth tone curve through points in:out, from 0 to 1, for all colours, one of them, or luma",
    example: "curves(0:0 0.25:0.18 0.75:0.84 1:1)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("points", Kind::Numbers { min: 0.0, max: 1.0, least: 4, most: 32 }),
        Parameter::choice("channel", &["rgb", "r", "g", "b", "luma"]),
    ],
    build: |arguments| {
        let curve = Curve::through(arguments.numbers("points"))
            .map_err(|message| ArgumentError::new("points", message))?;
        let channel = arguments.text("channel").to_owned();
        Ok(Step::point(move |graph, pixel| {
            let mut channels = pixel.channels;
            match channel.as_str() {
                "r" => channels[0] = curve.lower(graph, channels[0]),
                "g" => channels[1] = curve.lower(graph, channels[1]),
                "b" => channels[2] = curve.lower(graph, channels[2]),
                "luma" => {
                    // Colours move along with their luma, so that they stay as far from grey as they were.
                    let luma = graph.luma(channels);
                    let bent = curve.lower(graph, luma);
                    let shift = graph.sub(bent, luma);
                    channels = graph.each(channels, |graph, value| graph.add(value, shift));
                }
                _ => channels = graph.each(channels, |graph, value| curve.lower(graph, value)),
            }
            channels
        }))
    },
};

/// The least distance of two points.
const LEAST_STEP: f64 = 0.001;

/// A curve of cubic pieces.
#[derive(Debug, Clone, PartialEq)]
struct Curve {
    /// The value before the first piece.
    first: f64,
    pieces: Vec<Piece>,
}

/// What a curve gains from `start` on: `t (a + t (b + t c))` with `t` from 0 to 1 over `width`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    start: f64,
    width: f64,
    powers: [f64; 3],
}

impl Curve {
    /// The monotone cubic through points given as in, out, in, out, …: F. N. Fritsch and R. E. Carlson, "Monotone
    /// Piecewise Cubic Interpolation", SIAM J. Numer. Anal. 17 (2), 1980. It never rises or falls beyond its points.
    fn through(numbers: &[f64]) -> Result<Self, String> {
        let (points, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err("`points` are pairs, in:out, so there must be an even count of numbers".to_owned());
        }
        let Some(&[_, first]) = points.first() else {
            return Err("`points` needs two points at least".to_owned());
        };
        if points.windows(2).any(|pair| pair[1][0] - pair[0][0] < LEAST_STEP) {
            return Err(format!("the inputs of `points` must rise, by {LEAST_STEP} at least"));
        }
        let slopes: Vec<f64> =
            points.windows(2).map(|pair| (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0])).collect();
        let tangents = tangents(&slopes);
        let pieces = points.windows(2).zip(&slopes).zip(tangents.windows(2));
        let pieces = pieces.map(|((pair, slope), tangents)| {
            let width = pair[1][0] - pair[0][0];
            let [left, right] = [tangents[0], tangents[1]];
            let powers = [left, 3.0 * slope - 2.0 * left - right, left + right - 2.0 * slope];
            Piece { start: pair[0][0], width, powers: powers.map(|power| power * width) }
        });
        Ok(Self { first, pieces: pieces.collect() })
    }

    /// Writes the curve: the first value, and what each piece gains up to here.
    fn lower(&self, graph: &mut Graph, value: Node) -> Node {
        let mut sum = graph.constant(self.first as f32);
        for Piece { start, width, powers: [a, b, c] } in &self.pieces {
            let share = graph.affine(&[(value, 1.0 / width)], -start / width);
            let share = graph.unit(share);
            let inner = graph.affine(&[(share, *c)], *b);
            let inner = graph.mul(inner, share);
            let inner = graph.affine(&[(inner, 1.0)], *a);
            let gain = graph.mul(inner, share);
            sum = graph.add(sum, gain);
        }
        sum
    }
}

/// The slopes at the points of a curve whose pieces rise by `slopes` on average.
fn tangents(slopes: &[f64]) -> Vec<f64> {
    let ends = [slopes.first().copied().unwrap_or(0.0), slopes.last().copied().unwrap_or(0.0)];
    let inner =
        slopes.windows(2).map(|pair| if pair[0] * pair[1] <= 0.0 { 0.0 } else { (pair[0] + pair[1]) / 2.0 });
    let mut tangents: Vec<f64> = std::iter::once(ends[0]).chain(inner).chain([ends[1]]).collect();
    for (index, slope) in slopes.iter().enumerate() {
        if *slope == 0.0 {
            tangents[index] = 0.0;
            tangents[index + 1] = 0.0;
            continue;
        }
        let steep = (tangents[index] / slope).hypot(tangents[index + 1] / slope);
        if steep > 3.0 {
            tangents[index] *= 3.0 / steep;
            tangents[index + 1] *= 3.0 / steep;
        }
    }
    tangents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(curve: &Curve, value: f64) -> f64 {
        let gains = curve.pieces.iter().map(|piece| {
            let t = ((value - piece.start) / piece.width).clamp(0.0, 1.0);
            t * (piece.powers[0] + t * (piece.powers[1] + t * piece.powers[2]))
        });
        curve.first + gains.sum::<f64>()
    }

    #[test]
    fn a_curve_meets_its_points_and_stays_between_them() {
        let points = [0.0, 0.1, 0.2, 0.1, 0.3, 0.9, 0.7, 0.95, 1.0, 0.2];
        let curve = Curve::through(&points).unwrap();
        for [x, y] in points.as_chunks::<2>().0 {
            assert!((at(&curve, *x) - y).abs() < 1e-12, "{x}");
        }
        let values: Vec<f64> = (0..=1000).map(|index| at(&curve, f64::from(index) / 1000.0)).collect();
        assert!(values[..700].windows(2).all(|pair| pair[1] >= pair[0] - 1e-12));
        assert!(values[700..].windows(2).all(|pair| pair[1] <= pair[0] + 1e-12));
    }

    #[test]
    fn two_points_are_a_straight_line_with_flat_ends() {
        let curve = Curve::through(&[0.25, 0.0, 0.75, 1.0]).unwrap();
        for (x, y) in [(0.1, 0.0), (0.25, 0.0), (0.5, 0.5), (0.6, 0.7), (0.75, 1.0), (0.9, 1.0)] {
            assert!((at(&curve, x) - y).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn points_that_are_no_function_are_refused() {
        assert!(Curve::through(&[0.0, 0.0, 1.0]).is_err());
        assert!(Curve::through(&[0.0, 0.0, 0.0, 1.0]).is_err());
        assert!(Curve::through(&[1.0, 0.0, 0.0, 1.0]).is_err());
    }
}
