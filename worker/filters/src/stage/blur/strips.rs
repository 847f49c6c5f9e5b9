//! Convolution in place: rows are summed across into a ring of sums, and the ring is summed down into the row in its
//! middle, whose own samples are no longer needed by then. So no second picture is kept, and what is summed down is
//! still in the cache.

use std::ops::Range;

use super::super::sample::Sample;
use super::separable::{Finish, HalfKernel, Lines, Weights, sum_across, sum_down};
use crate::context::Context;
use crate::refusal::Refusal;

/// Strips for each thread, so that none waits long for the others.
const STRIPS_A_THREAD: usize = 4;
/// Rows that are summed down side by side.
const ROWS_AT_ONCE: usize = 4;
/// Rows of a strip at least, in reaches of the kernel: rows around a strip are summed across twice.
const REACHES_A_STRIP: usize = 8;

/// A convolution with one kernel across and one down.
#[derive(Debug)]
pub(in crate::stage) struct Convolution<'a> {
    /// The kernel for rows.
    pub across: &'a HalfKernel,
    /// The kernel for columns.
    pub down: &'a HalfKernel,
    /// What is made of the sums.
    pub finish: Finish,
    /// Deadline and threads.
    pub context: &'a Context<'a>,
}

impl Convolution<'_> {
    /// Convolves a picture of rows of `row` samples. The edge pixels go on outside of the picture; every channel is
    /// taken by itself.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn run<T: Sample>(&self, samples: &mut [T], row: usize, channels: usize) -> Result<(), Refusal> {
        let height = samples.len() / row;
        let reach = self.down.reach();
        let rows = self.rows_of_a_strip(height);
        let halos: Vec<Halo<T>> =
            (0..height).step_by(rows).map(|first| Halo::new(samples, row, first, rows, reach)).collect();
        let weights = [self.across, self.down].map(Weights::of);
        self.context.for_each_strip(samples, row * rows, |index, strip| {
            let strip = Strip { samples: strip, halo: &halos[index], first: index * rows, row };
            self.convolve(strip, height, channels, &weights)
        })
    }

    fn rows_of_a_strip(&self, height: usize) -> usize {
        match self.context.threads {
            0 | 1 => height,
            threads => height.div_ceil(threads * STRIPS_A_THREAD).max(REACHES_A_STRIP * self.down.reach()),
        }
    }

    fn convolve<T: Sample>(
        &self,
        mut strip: Strip<'_, T>,
        height: usize,
        channels: usize,
        [across, down]: &[Weights<T>; 2],
    ) -> Result<(), Refusal> {
        let reach = self.down.reach();
        let mut ring = Ring::new((2 * reach + ROWS_AT_ONCE).min(height), strip.row);
        let mut wide = Vec::new();
        let mut next = strip.first.saturating_sub(reach);
        for first in (strip.first..strip.end()).step_by(ROWS_AT_ONCE) {
            self.context.check()?;
            let rows = first..(first + ROWS_AT_ONCE).min(strip.end());
            while next < (rows.end + reach).min(height) {
                sum_across(strip.line(next), channels, across, &mut wide, ring.line_mut(next));
                next += 1;
            }
            let around = |y: usize| {
                (0..=reach)
                    .map(|off| [ring.line(y.saturating_sub(off)), ring.line((y + off).min(height - 1))])
                    .collect()
            };
            let lines: Vec<Lines<'_, T>> = rows.clone().map(around).collect();
            let row = strip.row;
            sum_down(&lines, down, self.finish, strip.rows_mut(rows), row);
        }
        Ok(())
    }
}

/// Copies of the rows around a strip, which other threads write while it is worked on.
struct Halo<T> {
    above: Vec<T>,
    below: Vec<T>,
}

impl<T: Copy> Halo<T> {
    fn new(samples: &[T], row: usize, first: usize, rows: usize, reach: usize) -> Self {
        let height = samples.len() / row;
        let end = (first + rows).min(height);
        let above = &samples[first.saturating_sub(reach) * row..first * row];
        let below = &samples[end * row..(end + reach).min(height) * row];
        Self { above: above.to_vec(), below: below.to_vec() }
    }
}

/// Rows of a picture that are worked on together.
struct Strip<'a, T> {
    samples: &'a mut [T],
    halo: &'a Halo<T>,
    /// The number of its first row in the picture.
    first: usize,
    /// Samples of a row.
    row: usize,
}

impl<T> Strip<'_, T> {
    /// The number of the row after its last.
    fn end(&self) -> usize {
        self.first + self.samples.len() / self.row
    }

    /// A row of the picture, in the strip or around it.
    fn line(&self, y: usize) -> &[T] {
        let (rows, first) = if y < self.first {
            (&self.halo.above[..], self.first - self.halo.above.len() / self.row)
        } else if y < self.end() {
            (&self.samples[..], self.first)
        } else {
            (&self.halo.below[..], self.end())
        };
        &rows[(y - first) * self.row..][..self.row]
    }

    /// Rows of the strip.
    fn rows_mut(&mut self, rows: Range<usize>) -> &mut [T] {
        &mut self.samples[(rows.start - self.first) * self.row..(rows.end - self.first) * self.row]
    }
}

/// The sums of the last few rows.
struct Ring<S> {
    sums: Vec<S>,
    lines: usize,
    row: usize,
}

impl<S: Copy + Default> Ring<S> {
    fn new(lines: usize, row: usize) -> Self {
        Self { sums: vec![S::default(); lines * row], lines, row }
    }

    fn line(&self, y: usize) -> &[S] {
        &self.sums[y % self.lines * self.row..][..self.row]
    }

    fn line_mut(&mut self, y: usize) -> &mut [S] {
        &mut self.sums[y % self.lines * self.row..][..self.row]
    }
}
