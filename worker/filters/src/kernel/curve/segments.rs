//! A cubic for each of 32 segments, which are as wide as floating-point numbers are large: what is steep near 0, such
//! as a root, is tame within each. AVX-512 picks the coefficients of 16 values from registers with one instruction
//! each, where a square root alone takes as long as all of this; other processors do better with one polynomial.

use fidget_core::context::{Context, Node};

use super::super::avx512;
use super::super::tape::sample;
use super::is_near;

/// Segments, and coefficients of a table.
pub(in super::super) const SEGMENTS: usize = 32;
/// Coefficients of a cubic, the constant first.
pub(in super::super) const TERMS: usize = 4;
/// The greatest number below 1; it stands for 1, so that the last segment ends there.
pub(in super::super) const ALMOST_ONE: f32 = 1.0 - f32::EPSILON / 2.0;
/// Bits of the mantissa that are tried: segments of each power of two are two to that.
const MANTISSA_BITS: [u32; 4] = [1, 0, 2, 3];
/// Places in a segment, at least, at which its cubic is compared with the function.
const CHECKS: usize = 9;
/// Such places in a unit, at least.
const CHECKS_IN_UNIT: f64 = 640.0;

/// A function of 0 to 1. The segment of a value is found by the value's upper bits.
#[derive(Debug, Clone)]
pub(in super::super) struct Segments {
    /// One table for each term. The place of a segment is that of the low five bits of its upper bits.
    pub coefficients: [[f32; SEGMENTS]; TERMS],
    /// Bits of a value that are not its upper bits.
    pub shift: u32,
    /// The upper bits of the first segment, which begins at 0.
    pub first: u32,
}

impl Segments {
    /// Segments that are near the function of `low` to `high` everywhere, if there are some, and the processor is one
    /// for them.
    pub fn of(context: &Context, node: Node, low: f32, high: f32) -> Option<Self> {
        if low < 0.0 || high > 1.0 || !avx512::is_there() {
            return None;
        }
        MANTISSA_BITS.into_iter().find_map(|bits| Self::fitted(context, node, bits))
    }

    fn fitted(context: &Context, node: Node, bits: u32) -> Option<Self> {
        let shift = 23 - bits;
        let first = (ALMOST_ONE.to_bits() >> shift) + 1 - SEGMENTS as u32;
        let mut segments = Self { coefficients: [[0.0; SEGMENTS]; TERMS], shift, first };
        let ends: Vec<[f64; 2]> = (first..).take(SEGMENTS).map(|upper| segments.ends(upper)).collect();
        let nodes: Vec<f32> =
            ends.iter().flat_map(|ends| chebyshev_nodes(*ends)).map(|at| at as f32).collect();
        let values = sample(context, node, &nodes)?;
        for (index, (at, values)) in nodes.chunks_exact(TERMS).zip(values.chunks_exact(TERMS)).enumerate() {
            let place = (first as usize + index) % SEGMENTS;
            for (table, coefficient) in segments.coefficients.iter_mut().zip(interpolated(at, values)) {
                table[place] = coefficient as f32;
            }
        }
        let places: Vec<f32> = ends.iter().flat_map(|ends| checks(*ends)).collect();
        let right = sample(context, node, &places)?;
        is_near(|values, out| segments.evaluate(values, out), &places, &right).then_some(segments)
    }

    /// Where a segment begins and ends.
    fn ends(&self, upper: u32) -> [f64; 2] {
        let start = |upper: u32| f64::from(f32::from_bits(upper << self.shift));
        [if upper == self.first { 0.0 } else { start(upper) }, start(upper + 1)]
    }

    /// Evaluates it for every value.
    pub fn evaluate(&self, values: &[f32], out: &mut [f32]) {
        let done = avx512::segments(self, values, out);
        for (value, out) in values[done..].iter().zip(&mut out[done..]) {
            *out = self.value(*value);
        }
    }

    fn value(&self, value: f32) -> f32 {
        let value = if value > 0.0 { value.min(ALMOST_ONE) } else { 0.0 };
        let place = (value.to_bits() >> self.shift).max(self.first) as usize % SEGMENTS;
        let [constant, linear, square, cube] = self.coefficients.each_ref().map(|table| table[place]);
        cube.mul_add(value, square).mul_add(value, linear).mul_add(value, constant)
    }
}

/// The zeros of the Chebyshev polynomial, between two ends: interpolation there is nearly the best there is.
fn chebyshev_nodes([start, end]: [f64; 2]) -> [f64; TERMS] {
    std::array::from_fn(|index| {
        let angle = std::f64::consts::PI * (index as f64 + 0.5) / TERMS as f64;
        f64::midpoint(start, end) - (end - start) / 2.0 * angle.cos()
    })
}

/// Evenly spaced places, both ends among them.
fn checks([start, end]: [f64; 2]) -> impl Iterator<Item = f32> {
    let intervals = CHECKS - 1 + ((end - start) * CHECKS_IN_UNIT) as usize;
    (0..=intervals).map(move |index| {
        let share = index as f64 / intervals as f64;
        ((start + (end - start) * share) as f32).min(ALMOST_ONE)
    })
}

/// The coefficients of the cubic through four points, by Newton's divided differences.
fn interpolated(at: &[f32], values: &[f32]) -> [f64; TERMS] {
    let at: Vec<f64> = at.iter().copied().map(f64::from).collect();
    let mut differences: Vec<f64> = values.iter().copied().map(f64::from).collect();
    for order in 1..TERMS {
        for index in (order..TERMS).rev() {
            let run = at[index] - at[index - order];
            differences[index] = (differences[index] - differences[index - 1]) / run;
        }
    }
    let mut coefficients = [0.0; TERMS];
    for (difference, at) in differences.iter().zip(&at).rev() {
        // What is there is multiplied by (x − at).
        for power in (1..TERMS).rev() {
            coefficients[power] = coefficients[power - 1] - at * coefficients[power];
        }
        coefficients[0] = difference - at * coefficients[0];
    }
    coefficients
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_goes_through_its_points() {
        let at = [0.5, 0.6, 0.8, 0.9f32];
        let cubic = |x: f32| 2.0 - 3.0 * x + 0.5 * x * x + 4.0 * x * x * x;
        let found = interpolated(&at, &at.map(cubic));
        for (found, wanted) in found.into_iter().zip([2.0, -3.0, 0.5, 4.0]) {
            assert!((found - wanted).abs() < 1e-3, "{found} for {wanted}");
        }
    }

    #[test]
    fn both_ways_of_evaluating_agree() {
        let mut context = Context::new();
        let x = context.x();
        let root = context.sqrt(x).unwrap();
        let Some(segments) = Segments::of(&context, root, 0.0, 1.0) else {
            assert!(!avx512::is_there());
            return;
        };
        let values: Vec<f32> = [-1.0, f32::NAN, 0.0, 1e-30, 1.0, 7.0]
            .into_iter()
            .chain((0..1018).map(|i| i as f32 / 1017.0))
            .collect();
        let mut found = vec![0.0; values.len()];
        segments.evaluate(&values, &mut found);
        for (value, found) in values.iter().zip(found) {
            assert_eq!(found, segments.value(*value), "at {value}");
            let wanted = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0).sqrt() };
            assert!((found - wanted).abs() < 3e-4, "at {value}: {found}");
        }
    }
}
