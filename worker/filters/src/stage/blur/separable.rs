//! Convolution with a symmetric kernel, down and then across, row by row: a row is summed down, and across while its
//! sums are still in the cache, so that nothing but the result is kept.
//!
//! Samples of 8 bits are summed in 16-bit fixed point, four times as many at once as in floating point; its sums are
//! within a sixth of a level for the kernels of this crate. Samples of 16 bits are summed in floating point.

use multiversion::multiversion;

use super::super::sample::{Plane, Sample};
use crate::context::Context;
use crate::refusal::Refusal;

/// Samples whose sums are kept in registers while the taps are gone through.
const LANES: usize = 128;
/// The same at the end of a row.
const FEW_LANES: usize = 16;

/// Half of a symmetric kernel: the weight of the middle, then those of 1, 2, … samples off. With both sides they sum
/// up to 1.
#[derive(Debug, Clone)]
pub(in crate::stage) struct HalfKernel(Vec<f64>);

impl HalfKernel {
    /// A Gaussian of a standard deviation in samples, cut off at `reach` samples.
    pub fn gaussian(sigma: f64, reach: u32) -> Self {
        let weights = (0..=reach).map(|off| (-(f64::from(off) / sigma).powi(2) / 2.0).exp());
        let weights: Vec<f64> = weights.collect();
        let sum = 2.0 * weights.iter().sum::<f64>() - weights[0];
        Self(weights.into_iter().map(|weight| weight / sum).collect())
    }

    fn reach(&self) -> usize {
        self.0.len() - 1
    }
}

/// What is made of a sample and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub(in crate::stage) enum Finish {
    /// The sum.
    Sum,
    /// The sample and `amount` times its difference to the sum, if that is `threshold` or more, from 0 to 1.
    Unsharp { amount: f32, threshold: f32 },
}

/// How samples of a depth are summed.
pub(in crate::stage) trait Summed: Copy + Default + Send + Sync {
    /// A sum, and the sum of two samples.
    type Sum: Copy + Default + Send + Sync;
    /// The weight of two samples.
    type Weight: Copy + Send + Sync;

    /// The weights of a kernel for two samples each; the middle is taken twice. Then what a sum begins with.
    fn weights(kernel: &HalfKernel) -> (Vec<Self::Weight>, Self::Sum);
    /// Two samples.
    fn two(first: Self, second: Self) -> Self::Sum;
    /// Two sums.
    fn two_sums(first: Self::Sum, second: Self::Sum) -> Self::Sum;
    /// More of a sum.
    fn plus(sum: Self::Sum, two: Self::Sum, weight: Self::Weight) -> Self::Sum;
    /// The nearest sample.
    fn nearest(sum: Self::Sum) -> Self;
    /// As [`Sample::value`] is.
    fn sum_value(sum: Self::Sum) -> f32;
}

/// Sums are 128ths of a level; weights are 65,536ths.
impl Summed for u8 {
    type Sum = u16;
    type Weight = u16;

    fn weights(kernel: &HalfKernel) -> (Vec<u16>, u16) {
        let mut weights: Vec<u16> =
            kernel.0.iter().map(|weight| (weight * 65_536.0).round() as u16).collect();
        // Two samples in the middle count half, and the middle takes what rounding left.
        weights[0] = 0;
        weights[0] = (32_768 - weights.iter().copied().map(i32::from).sum::<i32>()).clamp(0, 32_768) as u16;
        // Products are rounded down, by a half each on the average.
        let start = weights.len() as u16 / 2;
        (weights, start)
    }

    /// The bit that is set, a 256th of a level, keeps the compiler from multiplying before it shifts: that would take
    /// 32 bits.
    #[inline(always)]
    fn two(first: Self, second: Self) -> u16 {
        ((u16::from(first) + u16::from(second)) << 7) | 1
    }

    #[inline(always)]
    fn two_sums(first: u16, second: u16) -> u16 {
        first.wrapping_add(second)
    }

    #[inline(always)]
    fn plus(sum: u16, two: u16, weight: u16) -> u16 {
        sum.wrapping_add(((u32::from(two) * u32::from(weight)) >> 16) as u16)
    }

    #[inline(always)]
    fn nearest(sum: u16) -> Self {
        ((sum + 64) >> 7).min(255) as Self
    }

    #[inline(always)]
    fn sum_value(sum: u16) -> f32 {
        f32::from(sum) / 128.0
    }
}

impl Summed for u16 {
    type Sum = f32;
    type Weight = f32;

    fn weights(kernel: &HalfKernel) -> (Vec<f32>, f32) {
        let mut weights: Vec<f32> = kernel.0.iter().map(|weight| *weight as f32).collect();
        weights[0] /= 2.0;
        (weights, 0.0)
    }

    #[inline(always)]
    fn two(first: Self, second: Self) -> f32 {
        f32::from(first) + f32::from(second)
    }

    #[inline(always)]
    fn two_sums(first: f32, second: f32) -> f32 {
        first + second
    }

    #[inline(always)]
    fn plus(sum: f32, two: f32, weight: f32) -> f32 {
        sum + two * weight
    }

    #[inline(always)]
    fn nearest(sum: f32) -> Self {
        Self::rounded(sum)
    }

    #[inline(always)]
    fn sum_value(sum: f32) -> f32 {
        sum
    }
}

/// Convolves with one kernel across and one down. The edge pixels go on outside of the picture; every channel is
/// taken by itself.
///
/// # Errors
/// `DeadlineExceeded`.
pub(in crate::stage) fn convolved<T: Sample>(
    input: Plane<'_, T>,
    across: &HalfKernel,
    down: &HalfKernel,
    finish: Finish,
    context: &Context<'_>,
) -> Result<Vec<T>, Refusal> {
    let row = input.row();
    let height = input.size.1 as usize;
    let channels = input.channels();
    let (across_weights, start) = T::weights(across);
    let (down_weights, down_start) = T::weights(down);
    let margin = across.reach() * channels;
    let mut samples = vec![T::default(); input.samples.len()];
    context.for_each_band(&mut samples, row, |first, band| {
        let mut sums = vec![T::Sum::default(); row + 2 * margin];
        let line = |y: usize| &input.samples[y * row..][..row];
        for (y, out) in (first..).zip(band.chunks_exact_mut(row)) {
            let lines: Vec<[&[T]; 2]> = (0..=down.reach())
                .map(|off| [line(y.saturating_sub(off)), line((y + off).min(height - 1))])
                .collect();
            sum_down::<T>(&lines, &down_weights, down_start, &mut sums[margin..margin + row]);
            extend(&mut sums, margin, channels);
            sum_across::<T>(&sums, channels, &across_weights, start, line(y), finish, out);
        }
        Ok(())
    })?;
    Ok(samples)
}

/// Repeats the first and the last pixel over the margins.
fn extend<S: Copy>(sums: &mut [S], margin: usize, channels: usize) {
    let end = sums.len() - margin;
    for place in (0..margin).rev() {
        sums[place] = sums[place + channels];
    }
    for place in end..sums.len() {
        sums[place] = sums[place - channels];
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_down<T: Sample>(lines: &[[&[T]; 2]], weights: &[T::Weight], start: T::Sum, sums: &mut [T::Sum]) {
    let mut done = 0;
    while done < sums.len() {
        done += match sums.len() - done {
            LANES.. => down_lanes::<T, LANES>(lines, weights, start, done, sums),
            FEW_LANES.. => down_lanes::<T, FEW_LANES>(lines, weights, start, done, sums),
            _ => down_lanes::<T, 1>(lines, weights, start, done, sums),
        };
    }
}

#[inline(always)]
fn down_lanes<T: Sample, const N: usize>(
    lines: &[[&[T]; 2]],
    weights: &[T::Weight],
    start: T::Sum,
    at: usize,
    sums: &mut [T::Sum],
) -> usize {
    let mut lanes = [start; N];
    for ([above, below], weight) in lines.iter().zip(weights) {
        let (above, below) = (&above[at..at + N], &below[at..at + N]);
        for lane in 0..N {
            lanes[lane] = T::plus(lanes[lane], T::two(above[lane], below[lane]), *weight);
        }
    }
    sums[at..at + N].copy_from_slice(&lanes);
    N
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_across<T: Sample>(
    sums: &[T::Sum],
    channels: usize,
    weights: &[T::Weight],
    start: T::Sum,
    originals: &[T],
    finish: Finish,
    out: &mut [T],
) {
    let mut done = 0;
    while done < out.len() {
        let rest = out.len() - done;
        let (sums, originals, out) = (&sums[done..], &originals[done..], &mut out[done..]);
        done += match rest {
            LANES.. => across_lanes::<T, LANES>(sums, channels, weights, start, originals, finish, out),
            FEW_LANES.. => {
                across_lanes::<T, FEW_LANES>(sums, channels, weights, start, originals, finish, out)
            }
            _ => across_lanes::<T, 1>(sums, channels, weights, start, originals, finish, out),
        };
    }
}

#[inline(always)]
fn across_lanes<T: Sample, const N: usize>(
    sums: &[T::Sum],
    channels: usize,
    weights: &[T::Weight],
    start: T::Sum,
    originals: &[T],
    finish: Finish,
    out: &mut [T],
) -> usize {
    let middle = (weights.len() - 1) * channels;
    let mut lanes = [start; N];
    for (off, weight) in weights.iter().enumerate() {
        let left = &sums[middle - off * channels..][..N];
        let right = &sums[middle + off * channels..][..N];
        for lane in 0..N {
            lanes[lane] = T::plus(lanes[lane], T::two_sums(left[lane], right[lane]), *weight);
        }
    }
    let (originals, out) = (&originals[..N], &mut out[..N]);
    match finish {
        Finish::Sum => {
            for lane in 0..N {
                out[lane] = T::nearest(lanes[lane]);
            }
        }
        Finish::Unsharp { amount, threshold } => {
            let threshold = threshold * T::WHITE.value();
            for lane in 0..N {
                let value = originals[lane].value();
                let difference = value - T::sum_value(lanes[lane]);
                let added = if difference.abs() < threshold { 0.0 } else { difference * amount };
                out[lane] = T::rounded(value + added);
            }
        }
    }
    N
}
