//! Functions of one value as tables, each checked against the function it stands for.

use fidget_core::context::{Context, Node};
use multiversion::multiversion;

use super::tape::sample;

/// The largest difference between a table and its function: a sixteenth of a level of 255.
const TOLERANCE: f32 = 1.0 / 4096.0;
/// Entries of evenly spaced tables that are tried, the smallest first; the largest fits the second-level cache.
const EVEN_SIZES: [usize; 4] = [1024, 2048, 4096, 16_384];
/// The smallest positive value that a table by magnitude tells from 0.
const LEAST_MAGNITUDE: f32 = 1.0 / (1 << 24) as f32;
/// Bits of the mantissa that tables by magnitude are tried with.
const MAGNITUDE_BITS: [u32; 3] = [7, 9, 11];

/// A table of a function of one value; the nearest entry holds.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    entries: Vec<f32>,
    spacing: Spacing,
}

/// Which values the entries belong to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spacing {
    /// Evenly from `low` on, `scale` entries in a unit.
    Even { low: f32, scale: f32 },
    /// As floating-point numbers are: 0, then equally many between each power of two and the next. For functions
    /// that are steep near 0, such as roots.
    Magnitude { shift: u32 },
}

impl Curve {
    /// A table of exactly the values that an input can have: `count` evenly spaced ones from `low` to `high`.
    pub fn exact(context: &Context, node: Node, low: f32, high: f32, count: usize) -> Option<Self> {
        let entries = sample(context, node, &even(low, high, count))?;
        let scale = if high > low { (count - 1) as f32 / (high - low) } else { 0.0 };
        Some(Self { entries, spacing: Spacing::Even { low, scale } })
    }

    /// A table for any value from `low` to `high`, if there is one of a fair size that is near enough everywhere.
    pub fn approximate(context: &Context, node: Node, low: f32, high: f32) -> Option<Self> {
        let even_table = || {
            EVEN_SIZES.into_iter().find_map(|count| {
                let curve = Self::exact(context, node, low, high, count)?;
                // The worst is half-way between two entries.
                let between = even(low, high, 2 * count - 1);
                let right = sample(context, node, &between)?;
                curve.is_near(&between, &right).then_some(curve)
            })
        };
        let magnitudes = || {
            if low < 0.0 || high > 1.0 {
                return None;
            }
            MAGNITUDE_BITS.into_iter().find_map(|bits| Self::by_magnitude(context, node, bits))
        };
        even_table().or_else(magnitudes)
    }

    fn by_magnitude(context: &Context, node: Node, bits: u32) -> Option<Self> {
        let shift = 23 - bits;
        let first = LEAST_MAGNITUDE.to_bits() >> shift;
        let last = 1.0f32.to_bits() >> shift;
        let mut at = vec![0.0];
        at.extend((first..last).map(|index| f32::from_bits((index << shift) + (1 << (shift - 1)))));
        at.push(1.0);
        let curve = Self { entries: sample(context, node, &at)?, spacing: Spacing::Magnitude { shift } };
        let step = (1u32 << shift) / 4;
        let edges: Vec<f32> = (first << shift..=last << shift)
            .step_by(step as usize)
            .map(|bits| f32::from_bits(bits).min(1.0))
            .collect();
        let right = sample(context, node, &edges)?;
        curve.is_near(&edges, &right).then_some(curve)
    }

    fn is_near(&self, at: &[f32], right: &[f32]) -> bool {
        let mut found = vec![0.0; at.len()];
        self.look_up(at, &mut found);
        found.iter().zip(right).all(|(found, right)| (found - right).abs() <= TOLERANCE)
    }

    /// Looks up every value.
    pub fn look_up(&self, values: &[f32], out: &mut [f32]) {
        match self.spacing {
            Spacing::Even { low, scale } => look_up_even(&self.entries, low, scale, values, out),
            Spacing::Magnitude { shift } => look_up_magnitude(&self.entries, shift, values, out),
        }
    }
}

fn even(low: f32, high: f32, count: usize) -> Vec<f32> {
    let step = (f64::from(high) - f64::from(low)) / (count.max(2) - 1) as f64;
    (0..count).map(|index| (f64::from(low) + step * index as f64) as f32).collect()
}

/// Adding it to a number from 0 to 2²² leaves the number, rounded, in the low bits.
const ROUNDER: f32 = 8_388_608.0;

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn look_up_even(entries: &[f32], low: f32, scale: f32, values: &[f32], out: &mut [f32]) {
    let last = entries.len() - 1;
    let top = last as f32;
    for (out, &value) in out.iter_mut().zip(values) {
        let place = (value - low) * scale;
        let place = if place > 0.0 { place } else { 0.0 };
        let place = if place < top { place } else { top };
        let index = ((place + ROUNDER).to_bits() & 0x3f_ffff) as usize;
        *out = entries[index.min(last)];
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn look_up_magnitude(entries: &[f32], shift: u32, values: &[f32], out: &mut [f32]) {
    let last = entries.len() - 1;
    let first = LEAST_MAGNITUDE.to_bits() >> shift;
    for (out, &value) in out.iter_mut().zip(values) {
        let value = if value > 0.0 { value } else { 0.0 };
        // The entry before the first is that of 0.
        let index = (value.to_bits() >> shift).max(first - 1) - (first - 1);
        *out = entries[(index as usize).min(last)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(build: impl Fn(&mut Context, Node) -> Node, function: impl Fn(f32) -> f32, low: f32, high: f32) {
        let mut context = Context::new();
        let x = context.x();
        let node = build(&mut context, x);
        let curve = Curve::approximate(&context, node, low, high).expect("a table is near enough");
        let at = even(low, high, 100_003);
        let mut found = vec![0.0; at.len()];
        curve.look_up(&at, &mut found);
        for (found, at) in found.iter().zip(at) {
            assert!((found - function(at)).abs() < 1.5 * TOLERANCE, "at {at}: {found}");
        }
    }

    #[test]
    fn tables_are_near_their_functions() {
        check(|context, x| context.sin(x).unwrap(), f32::sin, -3.0, 4.0);
        for power in [0.1f32, 1.0 / 2.2, 0.9, 1.1, 2.2, 10.0] {
            let build = |context: &mut Context, x| {
                let logarithm = context.ln(x).unwrap();
                let scaled = context.mul(logarithm, power).unwrap();
                context.exp(scaled).unwrap()
            };
            check(build, |x| x.powf(power), 0.0, 1.0);
        }
    }

    #[test]
    fn jumps_and_poles_have_no_table() {
        let mut context = Context::new();
        let x = context.x();
        let scaled = context.mul(x, 10.3).unwrap();
        let steps = context.floor(scaled).unwrap();
        assert!(Curve::approximate(&context, steps, 0.0, 1.0).is_none());
        let pole = context.recip(x).unwrap();
        assert!(Curve::approximate(&context, pole, 0.0, 1.0).is_none());
        // Where the values are known beforehand, jumps are no matter.
        let exact = Curve::exact(&context, steps, 0.0, 1.0, 256).unwrap();
        let mut out = [0.0; 2];
        exact.look_up(&[100.0 / 255.0, 255.0 / 255.0], &mut out);
        assert_eq!(out, [4.0, 10.0]);
    }
}
