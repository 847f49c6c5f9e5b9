//! The median over a square.

use multiversion::multiversion;

use super::bands::{Bands, by_bands};
use super::rows::line;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "median",
    summary: "Takes the median of each channel over a square of radius pixels to each side: specks go, edges stay",
    example: "median(2)",
    cost: CostClass::High,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[Parameter::integer("radius", 0, 100).unit("px").or(1.0)],
    build: |arguments| Ok(Step::stage(Median { radius: arguments.number("radius") as usize })),
};

/// Levels of a sample, and groups of 16 of them.
const LEVELS: usize = 256;
const GROUPS: usize = 16;
const IN_A_GROUP: usize = LEVELS / GROUPS;
/// Columns whose histograms fit the second-level cache.
const STRIP: usize = 256;

/// How often each group of levels occurs, and then each level. A square has at most 201² pixels, which fit 16 bits.
type Histogram = [u16; GROUPS + LEVELS];

/// A median over a square.
///
/// After S. Perreault and P. Hébert, Median Filtering in Constant Time, 2007: every column has a histogram that moves
/// down by one sample in and one out, and that of the square moves on by one column in and one out. The time does not
/// depend on the radius. Histograms of 65,536 levels would cost far more than what is won, so samples have 8 bits here.
#[derive(Debug, Clone, Copy)]
struct Median {
    radius: usize,
}

impl Stage for Median {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        if self.radius == 0 { 0.0 } else { f64::from(width) * f64::from(height) * 200e-6 }
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn scratch_bytes(&self, _: (u32, u32)) -> u64 {
        ((STRIP + 2 * self.radius) * size_of::<Histogram>()) as u64 * 16
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.radius == 0 {
            return Ok(frame);
        }
        by_bands(&frame.narrowed(), self, context)
    }
}

impl Bands for Median {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let width = input.size.0 as usize;
        for start in (0..width).step_by(STRIP) {
            let strip = start..(start + STRIP).min(width);
            for channel in 0..input.channels() {
                Columns::new(self.radius, input, channel, strip.clone()).run(first, output, context)?;
            }
        }
        Ok(())
    }

    fn least_rows(&self) -> usize {
        2 * self.radius + 1
    }
}

/// The histograms of a channel's columns in and around a strip.
struct Columns<'a, T> {
    radius: usize,
    input: Plane<'a, T>,
    channel: usize,
    /// The columns of the result.
    strip: std::ops::Range<usize>,
    /// The leftmost column that has a histogram.
    left: usize,
    histograms: Vec<Histogram>,
}

impl<'a, T: Sample> Columns<'a, T> {
    fn new(radius: usize, input: Plane<'a, T>, channel: usize, strip: std::ops::Range<usize>) -> Self {
        let left = strip.start.saturating_sub(radius);
        let right = (strip.end + radius).min(input.size.0 as usize);
        Self { radius, input, channel, strip, left, histograms: vec![[0; GROUPS + LEVELS]; right - left] }
    }

    /// Adds row `y` to the histograms, or takes it away. Colours of invisible pixels do not count.
    fn count(&mut self, y: isize, change: impl Fn(u16) -> u16) {
        let channels = self.input.channels();
        let pixels = line(self.input, y).chunks_exact(channels).skip(self.left);
        for (histogram, pixel) in self.histograms.iter_mut().zip(pixels) {
            let invisible = self.channel < 3 && pixel.get(3).is_some_and(|alpha| alpha.level() == 0);
            if invisible {
                continue;
            }
            let level = (pixel[self.channel].level() as usize).min(LEVELS - 1);
            for bin in [level / IN_A_GROUP, GROUPS + level] {
                histogram[bin] = change(histogram[bin]);
            }
        }
    }

    fn run(mut self, first: usize, output: &mut [T], context: &Context<'_>) -> Result<(), Refusal> {
        let (first, radius) = (first as isize, self.radius as isize);
        for y in first - radius..=first + radius {
            self.count(y, |count| count.wrapping_add(1));
        }
        let channels = self.input.channels();
        let mut medians = vec![None; self.strip.len()];
        for (y, output) in (first..).zip(output.chunks_exact_mut(self.input.row())) {
            context.check()?;
            if y > first {
                self.count(y + radius, |count| count.wrapping_add(1));
                self.count(y - radius - 1, |count| count.wrapping_sub(1));
            }
            along(&self.histograms, self.strip.start - self.left, self.radius, &mut medians);
            let pixels = output.chunks_exact_mut(channels).skip(self.strip.start);
            for (pixel, median) in pixels.zip(&medians) {
                if let Some(median) = median {
                    pixel[self.channel] = T::rounded(f32::from(*median));
                }
            }
        }
        Ok(())
    }
}

/// The medians of squares around columns, from column `start` on; none where nothing was counted.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn along(columns: &[Histogram], start: usize, radius: usize, medians: &mut [Option<u8>]) {
    let last = columns.len() - 1;
    let mut square = [0u16; GROUPS + LEVELS];
    for x in 0..=2 * radius {
        let column = &columns[(start + x).saturating_sub(radius).min(last)];
        for (sum, count) in square.iter_mut().zip(column) {
            *sum = sum.wrapping_add(*count);
        }
    }
    for (x, median) in (start..).zip(medians) {
        *median = middle(&square);
        let (entering, leaving) = (&columns[(x + radius + 1).min(last)], &columns[x.saturating_sub(radius)]);
        for ((sum, entering), leaving) in square.iter_mut().zip(entering).zip(leaving) {
            *sum = sum.wrapping_add(*entering).wrapping_sub(*leaving);
        }
    }
}

/// The level that as many are below as above, the upper one of two.
#[inline(always)]
fn middle(square: &Histogram) -> Option<u8> {
    let (groups, levels) = square.split_at(GROUPS);
    let total: u32 = groups.iter().map(|count| u32::from(*count)).sum();
    let mut rest = total / 2;
    for (group, count) in groups.iter().enumerate() {
        if rest < u32::from(*count) {
            let first = group * IN_A_GROUP;
            for (level, count) in (first..).zip(&levels[first..first + IN_A_GROUP]) {
                if rest < u32::from(*count) {
                    return Some(level as u8);
                }
                rest -= u32::from(*count);
            }
        }
        rest -= u32::from(*count).min(rest);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        for radius in [0, 1, 6] {
            assert_sound(&format!("median({radius})"), 0);
        }
    }

    #[test]
    fn every_sample_is_the_median_of_its_square() {
        // Wider than a strip, and so high that a strip has several bands.
        let (width, height) = (530i32, 40i32);
        let frame = rough(width as u32, height as u32, false);
        let samples = bytes(&frame);
        for radius in [1i32, 4] {
            let got = bytes(&filtered(&format!("median({radius})"), &frame));
            for (index, got) in got.iter().enumerate().step_by(7) {
                let (x, y) = ((index / 3) as i32 % width, (index / 3) as i32 / width);
                let mut square = Vec::new();
                for v in y - radius..=y + radius {
                    for u in x - radius..=x + radius {
                        let at = v.clamp(0, height - 1) * width + u.clamp(0, width - 1);
                        square.push(samples[at as usize * 3 + index % 3]);
                    }
                }
                square.sort_unstable();
                assert_eq!(*got, square[square.len() / 2], "radius {radius}, ({x}, {y})");
            }
        }
    }

    #[test]
    fn the_largest_square_of_one_level_does_not_overflow() {
        let frame = super::super::testing::plain(9, 9, [255, 0, 16]);
        assert!(filtered("median(100)", &frame) == frame);
    }
}
