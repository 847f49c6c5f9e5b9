//! How often each value occurs in a frame, and tables of new values made of that.

use super::sample::Sample;
use crate::context::Context;
use crate::graph::LUMA;
use crate::refusal::Refusal;

/// Pixels that are counted between two looks at the deadline.
const CHUNK: usize = 1 << 18;

/// How often each value of some channels occurs. Pixels that nobody sees, those with an alpha of 0, do not count.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    /// One count for each value that a sample can have.
    counts: Vec<u32>,
    total: u64,
}

/// Three tables: the new value of each value of red, green and blue.
pub(super) type Tables<T> = [Vec<T>; 3];

impl Histogram {
    fn empty<T: Sample>() -> Self {
        Self { counts: vec![0; T::WHITE.level() as usize + 1], total: 0 }
    }

    fn count(&mut self, value: usize) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            self.total += 1;
        }
    }

    /// The histogram of luma, after ITU-R BT.709.
    pub fn of_luma<T: Sample>(
        samples: &[T],
        channels: usize,
        context: &Context<'_>,
    ) -> Result<Self, Refusal> {
        let mut histogram = Self::empty::<T>();
        visible(samples, channels, context, |pixel| {
            histogram.count(T::rounded(luma(pixel)).level() as usize)
        })?;
        Ok(histogram)
    }

    /// The histograms of red, green and blue.
    pub fn of_each<T: Sample>(
        samples: &[T],
        channels: usize,
        context: &Context<'_>,
    ) -> Result<[Self; 3], Refusal> {
        let mut histograms: [Self; 3] = std::array::from_fn(|_| Self::empty::<T>());
        visible(samples, channels, context, |pixel| {
            for (histogram, sample) in histograms.iter_mut().zip(pixel) {
                histogram.count(sample.level() as usize);
            }
        })?;
        Ok(histograms)
    }

    /// The values below and above which no more than these shares of the pixels lie, from 0 to 1.
    pub fn ends(&self, low: f64, high: f64) -> (usize, usize) {
        let passed = |share: f64| {
            let most = share * self.total as f64;
            let mut sum = 0u64;
            move |count: &u32| {
                sum += u64::from(*count);
                sum as f64 > most
            }
        };
        let first = self.counts.iter().position(passed(low)).unwrap_or(0);
        let last = self.counts.iter().rposition(passed(high)).unwrap_or(0);
        (first, last)
    }

    /// The table that spreads what lies between two values over the whole scale; all else is black or white. If
    /// nothing lies between them, nothing changes.
    pub fn stretched<T: Sample>(&self, (first, last): (usize, usize)) -> Vec<T> {
        let (first, last) = if first < last { (first, last) } else { (0, T::WHITE.level() as usize) };
        let scale = T::WHITE.value() / (last - first) as f32;
        (0..self.counts.len())
            .map(|value| T::rounded((value as f32 - first as f32).max(0.0) * scale))
            .collect()
    }

    /// The table that makes all values about equally frequent: `(c(v) − c₀) / (1 − c₀)`, where c is the share of pixels
    /// up to a value and c₀ that of the darkest ones. A single value stays as it is.
    pub fn equalized<T: Sample>(&self) -> Vec<T> {
        let darkest = self.counts.iter().find(|count| **count > 0).map_or(0, |count| u64::from(*count));
        let spread = self.total - darkest;
        let mut sum = 0u64;
        let cumulated = self.counts.iter().enumerate().map(|(value, count)| {
            sum += u64::from(*count);
            match spread {
                0 => T::rounded(value as f32),
                _ => {
                    let share = sum.saturating_sub(darkest) as f64 / spread as f64;
                    T::rounded(share as f32 * T::WHITE.value())
                }
            }
        });
        cumulated.collect()
    }
}

/// Luma of a pixel, in the units of its samples.
pub(super) fn luma<T: Sample>(pixel: &[T]) -> f32 {
    let [r, g, b] = LUMA.map(|weight| weight as f32);
    match *pixel {
        [red, green, blue, ..] => r * red.value() + g * green.value() + b * blue.value(),
        _ => 0.0,
    }
}

/// Shows every pixel that is not wholly transparent.
fn visible<T: Sample>(
    samples: &[T],
    channels: usize,
    context: &Context<'_>,
    mut look: impl FnMut(&[T]),
) -> Result<(), Refusal> {
    for chunk in samples.chunks(CHUNK * channels) {
        context.check()?;
        for pixel in chunk.chunks_exact(channels) {
            if pixel.get(3).is_none_or(|alpha| alpha.level() > 0) {
                look(pixel);
            }
        }
    }
    Ok(())
}

/// Puts red, green and blue through tables.
pub(super) fn look_up<T: Sample>(
    samples: &mut [T],
    width: usize,
    channels: usize,
    tables: &Tables<T>,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    context.for_each_band(samples, width * channels, |_, band| {
        for pixel in band.chunks_exact_mut(channels) {
            for (sample, table) in pixel.iter_mut().zip(tables) {
                *sample = table.get(sample.level() as usize).copied().unwrap_or(*sample);
            }
        }
        Ok(())
    })
}

/// Milliseconds that a histogram and tables take.
pub(super) fn cost_ms((width, height): (u32, u32)) -> f64 {
    f64::from(width) * f64::from(height) * 6e-6 + 1.0
}

/// Bytes of three histograms and tables of 16 bits.
pub(super) const SCRATCH_BYTES: u64 = 3 * 65_536 * (4 + 2);
