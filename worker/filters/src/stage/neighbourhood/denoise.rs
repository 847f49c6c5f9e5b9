//! Less noise, by a guided filter.

use super::bands::{Bands, by_bands};
use super::rows::{load_weighted, luma};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::graph::LUMA;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "denoise",
    summary: "Takes noise away and keeps edges, more so of colour than of brightness; by a guided filter",
    example: "denoise(50)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("amount", 0.0, 100.0).unit("%").or(50.0)],
    build: |arguments| Ok(Step::stage(Denoise { amount: arguments.number("amount") / 100.0 })),
};

/// Pixels to each side over which means are taken.
const RADIUS: usize = 3;
/// Rows that a band has at least, so that the rows around it are little work beside its own.
const LEAST_ROWS: usize = 32;
/// Deviation of brightness that counts as noise at the full amount.
const BRIGHTNESS_NOISE: f64 = 0.08;
/// The same of blue and red less brightness, where the eye sees less.
const COLOUR_NOISE: f64 = 0.25;

/// What is summed up of a pixel: a weight, and two numbers for each of brightness, blue and red difference.
type Sums = [f32; 8];

/// A guided filter with the picture as its own guide (K. He, J. Sun and X. Tang, Guided Image Filtering, 2010), of
/// brightness and colour differences: within each square a straight line `a v + b`, with
/// `a = variance / (variance + noise²)` and `b = (1 − a) mean`; each pixel takes the mean of the lines of its squares.
#[derive(Debug, Clone, Copy)]
struct Denoise {
    /// From 0 to 1.
    amount: f64,
}

impl Stage for Denoise {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 200e-6
    }

    fn scratch_bytes(&self, (width, _): (u32, u32)) -> u64 {
        // Rows of sums of a band, before and after; a few bands may be worked on at a time.
        u64::from(width) * ((LEAST_ROWS + 4 * RADIUS) * 2 * size_of::<Sums>()) as u64 * 4
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.amount == 0.0 {
            return Ok(frame);
        }
        by_bands(&frame, self, context)
    }
}

impl Bands for Denoise {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let height = input.size.1 as usize;
        let (radius, first) = (RADIUS as isize, first as isize);
        let end = first + (output.len() / input.row()) as isize;
        let mut row = Vec::new();
        let mut moments = Vec::new();
        for y in first - 2 * radius..end + 2 * radius {
            context.check()?;
            load_weighted(input, y, &mut row);
            moments.push(summed_across(row.iter().map(moments_of)));
        }
        let mut lines = Vec::new();
        for y in first - radius..end + radius {
            context.check()?;
            // Outside of the picture its first and last rows of lines go on.
            let y = y.clamp(0, height as isize - 1);
            let around = (y - radius - (first - 2 * radius)) as usize;
            let sums = summed_down(&moments[around..=around + 2 * RADIUS]);
            lines.push(summed_across(sums.iter().map(|sums| self.line_of(sums))));
        }
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            let lines = summed_down(&lines[y..=y + 2 * RADIUS]);
            load_weighted(input, first + y as isize, &mut row);
            let pixels = output.chunks_exact_mut(input.channels());
            for ((pixel, lines), colour) in pixels.zip(&lines).zip(&row) {
                if lines[0] > 0.0 {
                    let colour = on_line(lines, colour);
                    for (sample, value) in pixel.iter_mut().zip(colour) {
                        *sample = T::rounded(value * T::WHITE.value());
                    }
                }
            }
        }
        Ok(())
    }

    fn least_rows(&self) -> usize {
        LEAST_ROWS
    }
}

impl Denoise {
    /// The straight lines for a square, times its weight.
    fn line_of(self, sums: &Sums) -> Sums {
        let weight = sums[0];
        if weight <= 0.0 {
            return [0.0; 8];
        }
        let mut line = [weight, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for (channel, noise) in [BRIGHTNESS_NOISE, COLOUR_NOISE, COLOUR_NOISE].into_iter().enumerate() {
            let noise = (noise * self.amount).powi(2) as f32;
            let mean = sums[1 + 2 * channel] / weight;
            let variance = (sums[2 + 2 * channel] / weight - mean * mean).max(0.0);
            let slope = variance / (variance + noise);
            line[1 + 2 * channel] = weight * slope;
            line[2 + 2 * channel] = weight * (1.0 - slope) * mean;
        }
        line
    }
}

/// Brightness, blue difference and red difference.
fn differences(colour: &[f32; 4]) -> [f32; 3] {
    let brightness = luma(&colour[..3]);
    [brightness, colour[2] - brightness, colour[0] - brightness]
}

/// The weight of a pixel, and its values and their squares, times the weight.
fn moments_of(pixel: &[f32; 4]) -> Sums {
    let weight = pixel[3];
    let [y, b, r] = differences(pixel);
    [weight, weight * y, weight * y * y, weight * b, weight * b * b, weight * r, weight * r * r, 0.0]
}

/// The colour that lines make of a colour.
fn on_line(lines: &Sums, colour: &[f32; 4]) -> [f32; 3] {
    let [y, b, r] = differences(colour);
    let share = 1.0 / lines[0];
    let brightness = (lines[1] * y + lines[2]) * share;
    let blue = (lines[3] * b + lines[4]) * share + brightness;
    let red = (lines[5] * r + lines[6]) * share + brightness;
    let green = (brightness - LUMA[0] as f32 * red - LUMA[2] as f32 * blue) / LUMA[1] as f32;
    [red, green, blue]
}

/// The sums over [`RADIUS`] pixels to each side; the first and the last pixel go on outside.
fn summed_across(row: impl Iterator<Item = Sums>) -> Vec<Sums> {
    let row: Vec<Sums> = row.collect();
    let last = row.len() - 1;
    // In double precision, because errors of a running sum add up, and small variances are found by subtraction.
    let mut sums = [0.0f64; 8];
    for x in 0..=2 * RADIUS {
        for (sum, value) in sums.iter_mut().zip(&row[x.saturating_sub(RADIUS).min(last)]) {
            *sum += f64::from(*value);
        }
    }
    (0..row.len())
        .map(|x| {
            let here = sums.map(|sum| sum as f32);
            let (entering, leaving) = (&row[(x + RADIUS + 1).min(last)], &row[x.saturating_sub(RADIUS)]);
            for (channel, sum) in sums.iter_mut().enumerate() {
                *sum += f64::from(entering[channel]) - f64::from(leaving[channel]);
            }
            here
        })
        .collect()
}

/// The sums over rows.
fn summed_down(rows: &[Vec<Sums>]) -> Vec<Sums> {
    let mut sums = rows.first().cloned().unwrap_or_default();
    for row in rows.iter().skip(1) {
        for (sums, values) in sums.iter_mut().zip(row) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, plain};
    use super::*;

    #[test]
    fn it_is_sound() {
        for amount in [0, 50, 100] {
            assert_sound(&format!("denoise({amount})"), 1);
        }
    }

    #[test]
    fn a_plain_picture_stays_plain() {
        let frame = plain(50, 80, [200, 30, 90]);
        assert_near("plain", &filtered("denoise(100)", &frame), &frame, 0);
    }

    #[test]
    fn noise_goes_and_edges_stay() {
        let grain = |i: usize, seed: usize| (i * i % 1009 * seed % 17) as u8;
        let frame = (0..80 * 90).flat_map(|i| {
            let level = if i % 80 < 40 { 30 } else { 210 };
            [level + grain(i, 7), level + grain(i, 11), level + grain(i, 13)]
        });
        let frame = Frame::from_u8(80, 90, false, frame.collect()).unwrap();
        let got = bytes(&filtered("denoise(60)", &frame));
        let spread = |bytes: &[u8]| {
            let area: Vec<f64> = (10..30).map(|x| f64::from(bytes[(45 * 80 + x) * 3])).collect();
            let mean = area.iter().sum::<f64>() / 20.0;
            (area.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20.0).sqrt()
        };
        let (before, after) = (spread(&bytes(&frame)), spread(&got));
        assert!(before > 3.0 && after < before / 2.5, "{before} became {after}");
        assert!(got[(45 * 80 + 39) * 3] < 70 && got[(45 * 80 + 40) * 3] > 185);
    }
}
