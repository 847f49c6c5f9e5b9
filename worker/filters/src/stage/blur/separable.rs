//! Sums of a symmetric kernel over a row, and over rows.
//!
//! Samples of 8 bits are summed in 16-bit fixed point, four times as many at once as in floating point; its sums are
//! within a sixth of a level for the kernels of this crate. Samples of 16 bits are summed in floating point.

use multiversion::multiversion;

use super::super::sample::Sample;

/// Samples that a register holds sums of, and registers of sums that are kept while the taps are gone through.
const LANES: usize = 32;
const REGISTERS: usize = 4;
const MANY: usize = LANES * REGISTERS;
/// Samples at a time near the end of a row.
const FEW: usize = 16;

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

    /// Samples on each side that have a weight.
    pub fn reach(&self) -> usize {
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
    /// A sum, of one sample or of many.
    type Sum: Copy + Default + Send + Sync;
    /// The weight of two samples.
    type Weight: Copy + Send + Sync;

    /// The weights of a kernel for two samples each; the middle is taken twice. Then what a sum begins with.
    fn weights(kernel: &HalfKernel) -> (Vec<Self::Weight>, Self::Sum);
    /// A sample by itself.
    fn lifted(sample: Self) -> Self::Sum;
    /// Two of a kind.
    fn two(first: Self::Sum, second: Self::Sum) -> Self::Sum;
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

    #[inline(always)]
    fn lifted(sample: Self) -> u16 {
        u16::from(sample) << 7
    }

    #[inline(always)]
    fn two(first: u16, second: u16) -> u16 {
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
    fn lifted(sample: Self) -> f32 {
        f32::from(sample)
    }

    #[inline(always)]
    fn two(first: f32, second: f32) -> f32 {
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

/// A kernel as the sums need it.
#[derive(Debug)]
pub(super) struct Weights<T: Summed> {
    /// Each once for every lane: what is loaded as a vector is multiplied as one, while a number that is spread over the
    /// lanes makes compilers widen the products to 32 bits.
    taps: Vec<[T::Weight; LANES]>,
    start: T::Sum,
}

impl<T: Summed> Weights<T> {
    /// Those of a kernel.
    pub fn of(kernel: &HalfKernel) -> Self {
        let (weights, start) = T::weights(kernel);
        Self { taps: weights.into_iter().map(|weight| [weight; LANES]).collect(), start }
    }

    fn reach(&self) -> usize {
        self.taps.len() - 1
    }
}

/// Sums a row of samples across; the first and the last pixel go on outside of the row, and every channel is taken by
/// itself. `wide` is room for the row with what goes on.
pub(super) fn sum_across<T: Sample>(
    line: &[T],
    channels: usize,
    weights: &Weights<T>,
    wide: &mut Vec<T::Sum>,
    sums: &mut [T::Sum],
) {
    let margin = weights.reach() * channels;
    wide.resize(line.len() + 2 * margin, T::Sum::default());
    lift(line, &mut wide[margin..margin + line.len()]);
    extend(wide, margin, channels);
    each_across::<T>(wide, channels, weights, sums);
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
fn lift<T: Sample>(line: &[T], sums: &mut [T::Sum]) {
    for (sum, sample) in sums.iter_mut().zip(line) {
        *sum = T::lifted(*sample);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn each_across<T: Sample>(wide: &[T::Sum], channels: usize, weights: &Weights<T>, sums: &mut [T::Sum]) {
    let mut done = 0;
    while done < sums.len() {
        let (wide, sums) = (&wide[done..], &mut sums[done..]);
        done += match sums.len() {
            MANY.. => across::<T, LANES, REGISTERS>(wide, channels, weights, sums),
            FEW.. => across::<T, FEW, 1>(wide, channels, weights, sums),
            _ => across::<T, 1, 1>(wide, channels, weights, sums),
        };
    }
}

#[inline(always)]
fn across<T: Sample, const N: usize, const R: usize>(
    wide: &[T::Sum],
    channels: usize,
    weights: &Weights<T>,
    sums: &mut [T::Sum],
) -> usize {
    let middle = weights.reach() * channels;
    let mut lanes = [[weights.start; N]; R];
    for (off, tap) in weights.taps.iter().enumerate() {
        let left = &wide[middle - off * channels..][..N * R];
        let right = &wide[middle + off * channels..][..N * R];
        add::<T, N, R>(&mut lanes, left, right, tap);
    }
    sums[..N * R].copy_from_slice(lanes.as_flattened());
    N * R
}

/// Adds what one tap weighs to the sums.
#[inline(always)]
fn add<T: Sample, const N: usize, const R: usize>(
    sums: &mut [[T::Sum; N]; R],
    first: &[T::Sum],
    second: &[T::Sum],
    tap: &[T::Weight; LANES],
) {
    for (register, sums) in sums.iter_mut().enumerate() {
        let (first, second) = (&first[register * N..][..N], &second[register * N..][..N]);
        for lane in 0..N {
            sums[lane] = T::plus(sums[lane], T::two(first[lane], second[lane]), tap[lane]);
        }
    }
}

/// The row that is summed to, twice, then those above and below it.
pub(super) type Lines<'a, T> = Vec<[&'a [<T as Summed>::Sum]; 2]>;

/// Sums rows of sums down, and makes neighbouring rows of `row` samples of it. They go side by side, because most of
/// what they read is the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
pub(super) fn sum_down<T: Sample>(
    lines: &[Lines<'_, T>],
    weights: &Weights<T>,
    finish: Finish,
    rows: &mut [T],
    row: usize,
) {
    let mut done = 0;
    while done < row {
        let rows = lines.iter().zip(rows.chunks_exact_mut(row).map(|samples| &mut samples[done..]));
        let mut taken = 0;
        for (lines, samples) in rows {
            taken = match samples.len() {
                MANY.. => down::<T, LANES, REGISTERS>(lines, weights, done, finish, samples),
                FEW.. => down::<T, FEW, 1>(lines, weights, done, finish, samples),
                _ => down::<T, 1, 1>(lines, weights, done, finish, samples),
            };
        }
        done += taken.max(1);
    }
}

#[inline(always)]
fn down<T: Sample, const N: usize, const R: usize>(
    lines: &[[&[T::Sum]; 2]],
    weights: &Weights<T>,
    at: usize,
    finish: Finish,
    samples: &mut [T],
) -> usize {
    let mut lanes = [[weights.start; N]; R];
    for ([above, below], tap) in lines.iter().zip(&weights.taps) {
        add::<T, N, R>(&mut lanes, &above[at..at + N * R], &below[at..at + N * R], tap);
    }
    let (lanes, samples) = (lanes.as_flattened(), &mut samples[..N * R]);
    match finish {
        Finish::Sum => {
            for lane in 0..N * R {
                samples[lane] = T::nearest(lanes[lane]);
            }
        }
        Finish::Unsharp { amount, threshold } => {
            let threshold = threshold * T::WHITE.value();
            for lane in 0..N * R {
                let value = samples[lane].value();
                let difference = value - T::sum_value(lanes[lane]);
                let added = if difference.abs() < threshold { 0.0 } else { difference * amount };
                samples[lane] = T::rounded(value + added);
            }
        }
    }
    N * R
}
