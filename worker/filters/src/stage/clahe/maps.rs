//! A table of tones for each tile of a picture.

use crate::context::Context;
use crate::refusal::Refusal;
use crate::stage::histogram::luma;
use crate::stage::sample::Sample;

/// Tones that are told apart.
const BINS: usize = 256;
/// Bytes of a tile: its counts and its table.
pub(super) const BYTES: u64 = (BINS * 4 + (BINS + 1) * 4) as u64;

/// New luma for old, in every tile, at the edges between bins: from 0 to 1.
#[derive(Debug)]
pub(super) struct Maps {
    tables: Vec<[f32; BINS + 1]>,
    tiles: usize,
}

/// The two tiles whose middles a row or a column lies between, and how far it is on the way to the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between {
    first: usize,
    second: usize,
    share: f32,
}

/// The tile of a place on a side.
fn tile(place: usize, length: usize, tiles: usize) -> usize {
    place * tiles / length.max(1)
}

/// The bin of a luma from 0 to 1, and how far through it the luma is.
fn bin(luma: f32) -> (usize, f32) {
    let place = luma * BINS as f32;
    let bin = (place as usize).min(BINS - 1);
    (bin, place - bin as f32)
}

/// For each place on a side the tiles it lies between.
pub(super) fn between(length: usize, tiles: usize) -> Vec<Between> {
    let last = tiles.saturating_sub(1);
    (0..length)
        .map(|place| {
            let from_middle = (place as f32 + 0.5) * tiles as f32 / length as f32 - 0.5;
            let first = from_middle.max(0.0) as usize;
            let share = (from_middle - first as f32).clamp(0.0, 1.0);
            Between { first: first.min(last), second: (first + 1).min(last), share }
        })
        .collect()
}

impl Maps {
    /// Counts the tones of every tile and makes the tables; pixels that nobody sees do not count.
    pub fn new<T: Sample>(
        samples: &[T],
        (width, height): (usize, usize),
        channels: usize,
        tiles: usize,
        limit: f64,
        context: &Context<'_>,
    ) -> Result<Self, Refusal> {
        let mut counts = vec![[0u32; BINS]; tiles * tiles];
        let columns: Vec<usize> = (0..width).map(|x| tile(x, width, tiles)).collect();
        let full = T::WHITE.value();
        for (y, line) in samples.chunks_exact(width * channels).enumerate() {
            if y.is_multiple_of(16) {
                context.check()?;
            }
            let start = tile(y, height, tiles) * tiles;
            let Some(row) = counts.get_mut(start..start + tiles) else { continue };
            for (pixel, column) in line.chunks_exact(channels).zip(&columns) {
                let seen = pixel.get(3).is_none_or(|alpha| alpha.level() > 0);
                let (bin, _) = bin(luma(pixel) / full);
                if let Some(count) = row.get_mut(*column).and_then(|counts| counts.get_mut(bin))
                    && seen
                {
                    *count += 1;
                }
            }
        }
        Ok(Self { tables: counts.iter().map(|counts| table(counts, limit)).collect(), tiles })
    }

    /// The new luma of a pixel, between the tables of the four tiles around it.
    pub fn value(&self, luma: f32, across: &Between, down: &Between) -> f32 {
        let (bin, within) = bin(luma);
        let at = |row: usize, column: usize| match self.tables.get(row * self.tiles + column) {
            Some(table) => table[bin] + (table[bin + 1] - table[bin]) * within,
            None => luma,
        };
        let along = |row: usize| {
            let (left, right) = (at(row, across.first), at(row, across.second));
            left + (right - left) * across.share
        };
        let (above, below) = (along(down.first), along(down.second));
        above + (below - above) * down.share
    }
}

/// The share of tones below each edge of bins. No bin counts for more than `limit` times the mean; what is cut off is
/// spread evenly over all. A tile in which nothing is seen leaves tones as they are.
fn table(counts: &[u32; BINS], limit: f64) -> [f32; BINS + 1] {
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    if total == 0 {
        return std::array::from_fn(|edge| edge as f32 / BINS as f32);
    }
    let mean = total as f64 / BINS as f64;
    let height = height(counts, mean, limit);
    let kept: f64 = counts.iter().map(|count| f64::from(*count).min(height)).sum();
    let spread = (total as f64 - kept) / BINS as f64;
    let mut sum = 0.0;
    let mut edges = [0.0; BINS + 1];
    for (edge, count) in edges[1..].iter_mut().zip(counts) {
        sum += f64::from(*count).min(height) + spread;
        *edge = (sum / total as f64) as f32;
    }
    edges
}

/// Where bins are cut off, so that with what is spread over them none is above `limit` times the mean: found by halving.
fn height(counts: &[u32; BINS], mean: f64, limit: f64) -> f64 {
    let most = limit * mean;
    let (mut low, mut high) = (0.0, most);
    for _ in 0..24 {
        let middle = (low + high) / 2.0;
        let cut: f64 = counts.iter().map(|count| (f64::from(*count) - middle).max(0.0)).sum();
        if middle + cut / BINS as f64 > most {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}
