//! Tables; the nearest entry holds.

use fidget_core::context::{Context, Node};
use multiversion::multiversion;

use super::super::avx512;
use super::super::tape::sample;
use super::{ROUNDER, even, is_near};

/// Entries of evenly spaced tables that are tried, the smallest first.
const EVEN_SIZES: [usize; 4] = [1024, 4096, 16_384, 65_536];
/// The smallest positive value that a table by magnitude tells from 0.
const LEAST_MAGNITUDE: f32 = 1.0 / (1 << 24) as f32;
/// Bits of the mantissa that tables by magnitude are tried with.
const MAGNITUDE_BITS: [u32; 3] = [7, 9, 11];
/// Values whose places are found before they are looked up.
const STRIDE: usize = 64;

/// Values of a function.
#[derive(Debug, Clone)]
pub(in super::super) struct Table {
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

impl Table {
    /// The values at evenly spaced places from `low` to `high`.
    pub fn even(entries: Vec<f32>, low: f32, high: f32) -> Self {
        let scale = if high > low { (entries.len() - 1) as f32 / (high - low) } else { 0.0 };
        Self { entries, spacing: Spacing::Even { low, scale } }
    }

    /// The smallest table that is near its function everywhere.
    pub fn of(context: &Context, node: Node, low: f32, high: f32) -> Option<Self> {
        let even_table = || {
            EVEN_SIZES.into_iter().find_map(|count| {
                let table = Self::even(sample(context, node, &even(low, high, count))?, low, high);
                // The worst is half-way between two entries.
                table.checked(context, node, &even(low, high, 2 * count - 1))
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
        let table = Self { entries: sample(context, node, &at)?, spacing: Spacing::Magnitude { shift } };
        let edges: Vec<f32> = (first << shift..=last << shift)
            .step_by((1usize << shift) / 4)
            .map(|bits| f32::from_bits(bits).min(1.0))
            .collect();
        table.checked(context, node, &edges)
    }

    /// The table, if it is near its function at these places.
    fn checked(self, context: &Context, node: Node, at: &[f32]) -> Option<Self> {
        let right = sample(context, node, at)?;
        is_near(|values, out| self.look_up(values, out), at, &right).then_some(self)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.entries[..])
    }

    /// Looks up every value.
    pub fn look_up(&self, values: &[f32], out: &mut [f32]) {
        let done = match (self.spacing, self.entries.as_array()) {
            (Spacing::Even { low, scale }, Some(entries)) => {
                avx512::numbers(entries, low, scale, values, out)
            }
            _ => 0,
        };
        self.look_up_each(&values[done..], &mut out[done..]);
    }

    fn look_up_each(&self, values: &[f32], out: &mut [f32]) {
        let last = (self.entries.len() - 1) as u32;
        let mut places = [0; STRIDE];
        for (values, out) in values.chunks(STRIDE).zip(out.chunks_mut(STRIDE)) {
            match self.spacing {
                Spacing::Even { low, scale } => even_places(low, scale, last, values, &mut places),
                Spacing::Magnitude { shift } => magnitude_places(shift, last, values, &mut places),
            }
            // Outside of the vector code on purpose: one load at a time is faster than the gather instructions of
            // most machines.
            for (out, place) in out.iter_mut().zip(places) {
                *out = self.entries[place as usize];
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn even_places(low: f32, scale: f32, last: u32, values: &[f32], places: &mut [u32; STRIDE]) {
    let top = last as f32;
    for (place, &value) in places.iter_mut().zip(values) {
        let exact = (value - low) * scale;
        let exact = if exact > 0.0 { exact } else { 0.0 };
        let exact = if exact < top { exact } else { top };
        *place = (exact + ROUNDER).to_bits() & 0x3f_ffff;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn magnitude_places(shift: u32, last: u32, values: &[f32], places: &mut [u32; STRIDE]) {
    // The entry before the first is that of 0.
    let zero = (LEAST_MAGNITUDE.to_bits() >> shift) - 1;
    for (place, &value) in places.iter_mut().zip(values) {
        let value = if value > 0.0 { value } else { 0.0 };
        *place = ((value.to_bits() >> shift).max(zero) - zero).min(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_and_memory_hold_the_same() {
        let entries: Vec<f32> = (0..256).map(|index| (index as f32).sqrt()).collect();
        let mut values: Vec<f32> = (-100..1_200).map(|index| index as f32 / 2_040.0 - 0.25).collect();
        values.extend([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1e30, -1e30]);
        for (low, high) in [(0.0, 1.0), (-0.25, 0.3), (0.1, 0.1)] {
            let table = Table::even(entries.clone(), low, high);
            let (mut fast, mut plain) = (vec![-1.0; values.len()], vec![-2.0; values.len()]);
            table.look_up(&values, &mut fast);
            table.look_up_each(&values, &mut plain);
            assert_eq!(fast, plain, "from {low} to {high}");
        }
    }
}
