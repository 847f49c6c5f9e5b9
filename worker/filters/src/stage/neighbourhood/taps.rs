//! Weighted sums over neighbours.

use multiversion::multiversion;

use super::bands::{Bands, by_bands};
use super::rows::{load, store};
use crate::context::Context;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::sample::{Plane, Sample};

/// A neighbour, by its distance to the right and downwards, and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) struct Tap {
    /// Pixels to the right.
    pub x: i32,
    /// Pixels downwards.
    pub y: i32,
    /// What the pixel is multiplied by.
    pub weight: f32,
}

/// Neighbours that are summed up; a correlation, in which no kernel is turned around.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::stage) struct Kernel {
    /// In the order of their rows.
    taps: Vec<Tap>,
    /// Pixels to the left or right that are looked at.
    reach: usize,
}

/// Rows that are worked with.
#[derive(Debug, Default)]
pub(in crate::stage) struct Scratch {
    line: Vec<f32>,
}

impl Kernel {
    /// A kernel of these neighbours; those named more than once weigh as often.
    pub fn new(mut taps: Vec<Tap>) -> Self {
        taps.sort_by_key(|tap| (tap.y, tap.x));
        taps.dedup_by(|later, first| {
            let same = (later.x, later.y) == (first.x, first.y);
            first.weight += if same { later.weight } else { 0.0 };
            same
        });
        taps.retain(|tap| tap.weight != 0.0);
        let reach = taps.iter().map(|tap| tap.x.unsigned_abs() as usize).max().unwrap_or(0);
        Self { taps, reach }
    }

    /// A square of weights, row by row, each times `factor`; its middle is the pixel itself.
    pub fn square(weights: &[f64], factor: f64) -> Self {
        let side = (weights.len() as f64).sqrt().round().max(1.0) as usize;
        let middle = side as i32 / 2;
        let place = |index: usize| (index as i32 % side as i32 - middle, index as i32 / side as i32 - middle);
        Self::new(
            weights
                .iter()
                .enumerate()
                .map(|(index, weight)| {
                    let (x, y) = place(index);
                    Tap { x, y, weight: (weight * factor) as f32 }
                })
                .collect(),
        )
    }

    /// Neighbours that weigh anything.
    pub fn len(&self) -> usize {
        self.taps.len()
    }

    /// The sum of all weights.
    pub fn total(&self) -> f32 {
        self.taps.iter().map(|tap| tap.weight).sum()
    }

    /// Writes the sums for row `y`, of numbers as [`load`] makes them.
    pub fn row<T: Sample>(&self, input: Plane<'_, T>, y: usize, scratch: &mut Scratch, sums: &mut [f32]) {
        sums.fill(0.0);
        for taps in self.taps.chunk_by(|one, next| one.y == next.y) {
            load(input, y as isize + taps[0].y as isize, self.reach, &mut scratch.line);
            for tap in taps {
                let start = (self.reach as i32 + tap.x) as usize * input.channels();
                add_weighted(sums, &scratch.line[start..], tap.weight);
            }
        }
    }

    /// Writes the sums of the colours of row `y`; the fourth channel, where there is one, is left without meaning.
    ///
    /// As far as a neighbour is transparent the pixel's own colour stands in for it:
    /// `Σ kᵢ (c₀ + αᵢ (cᵢ − c₀))`. So what is invisible makes no edges, whatever the sum of the weights is.
    pub fn colours<T: Sample>(&self, input: Plane<'_, T>, y: usize, scratch: &mut Scratch, sums: &mut [f32]) {
        self.row(input, y, scratch, sums);
        if !input.alpha {
            return;
        }
        let total = self.total();
        let scale = 1.0 / T::WHITE.value();
        let own = super::rows::line(input, y as isize);
        for (sums, pixel) in sums.as_chunks_mut::<4>().0.iter_mut().zip(own.as_chunks::<4>().0) {
            let clear = (total - sums[3]) * scale;
            for (sum, own) in sums[..3].iter_mut().zip(pixel) {
                *sum += clear * own.value();
            }
        }
    }
}

/// `sums += line · weight`, each by itself.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn add_weighted(sums: &mut [f32], line: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(line) {
        *sum += value * weight;
    }
}

/// The frame, each pixel a mean of its neighbours. The weights must add up to 1.
pub(in crate::stage) fn averaged(
    frame: &Frame,
    kernel: &Kernel,
    context: &Context<'_>,
) -> Result<Frame, Refusal> {
    by_bands(frame, &Mean(kernel), context)
}

struct Mean<'a>(&'a Kernel);

impl Bands for Mean<'_> {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; input.row()]);
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            context.check()?;
            self.0.row(input, first + y, &mut scratch, &mut sums);
            store(&sums, input.alpha, output);
        }
        Ok(())
    }
}
