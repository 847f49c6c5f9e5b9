//! Means along paths through the picture: of points that are moved by affine maps.

use super::bands::{Bands, by_bands};
use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;
use crate::stage::sample::{Plane, Sample};
use crate::stage::weighed::weighed;

/// Points that a path has at most: where it is longer they are further apart than a pixel.
const MOST_POINTS: f64 = 400.0;

/// Where a pixel's colour is fetched: `(a x − b y + c, b x + a y + d)`, which turns and scales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similarity {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

impl Similarity {
    /// Turns by an angle in radians and scales by a factor about a point.
    pub fn about((x, y): (f64, f64), angle: f64, factor: f64) -> Self {
        let (a, b) = (angle.cos() * factor, angle.sin() * factor);
        Self { a, b, c: x - a * x + b * y, d: y - b * x - a * y }
    }
}

/// A path in even steps, walked in two passes: `fine` steps of one, then `coarse` steps of as many as `fine` are.
/// So a path of n points costs 2√n of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    /// Points of the first pass.
    pub fine: u32,
    /// Points of the second pass.
    pub coarse: u32,
}

impl Steps {
    /// Enough of them for a path of this many pixels; `None` if it is shorter than one.
    pub fn for_path(pixels: f64) -> Option<Self> {
        if pixels < 1.0 {
            return None;
        }
        let points = (pixels.ceil() + 1.0).min(MOST_POINTS);
        let fine = points.sqrt().ceil();
        Some(Self { fine: fine as u32, coarse: (points / fine).ceil() as u32 })
    }

    /// Points in all.
    pub fn points(self) -> u32 {
        self.fine * self.coarse
    }
}

/// The frame, each pixel the mean along a path of `steps`, the first of which is step `first`. `at` gives the map for
/// a step; the map of the sum of two steps must be the one map after the other.
pub(super) fn smeared(
    frame: &Frame,
    steps: Steps,
    first: f64,
    context: &Context<'_>,
    at: impl Fn(f64) -> Similarity,
) -> Result<Frame, Refusal> {
    let narrow = matches!(frame.samples, Samples::U8(_));
    let fine = (0..steps.fine).map(|step| at(f64::from(step))).collect();
    let coarse = (0..steps.coarse).map(|step| at(first + f64::from(step * steps.fine))).collect();
    let smeared = weighed(frame.clone().widened(), context, |frame| {
        let frame = by_bands(&frame, &Mean(fine), context)?;
        by_bands(&frame, &Mean(coarse), context)
    })?;
    Ok(if narrow { smeared.narrowed() } else { smeared })
}

struct Mean(Vec<Similarity>);

impl Bands for Mean {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            context.check()?;
            if input.alpha {
                self.row::<T, 4>(input, first + y, output);
            } else {
                self.row::<T, 3>(input, first + y, output);
            }
        }
        Ok(())
    }
}

impl Mean {
    fn row<T: Sample, const CHANNELS: usize>(&self, input: Plane<'_, T>, y: usize, output: &mut [T]) {
        let pixels = input.samples.as_chunks::<CHANNELS>().0;
        let (output, _) = output.as_chunks_mut::<CHANNELS>();
        let mut sums = vec![[0.0f32; CHANNELS]; output.len()];
        let y = y as f64;
        for map in &self.0 {
            let (start, down) = (map.c - map.b * y, map.d + map.a * y);
            for (x, sums) in sums.iter_mut().enumerate() {
                let x = x as f64;
                let point = ((start + map.a * x) as f32, (down + map.b * x) as f32);
                add_point(sums, pixels, input.size, point);
            }
        }
        let share = 1.0 / self.0.len().max(1) as f32;
        for (pixel, sums) in output.iter_mut().zip(&sums) {
            *pixel = sums.map(|sum| T::rounded(sum * share));
        }
    }
}

/// Adds the colour at a point between four pixels, by linear interpolation; outside the edge pixels go on.
#[inline]
fn add_point<T: Sample, const CHANNELS: usize>(
    sums: &mut [f32; CHANNELS],
    pixels: &[[T; CHANNELS]],
    (width, height): (u32, u32),
    (u, v): (f32, f32),
) {
    let (right, bottom) = (width - 1, height - 1);
    let (u, v) = (u.clamp(0.0, right as f32), v.clamp(0.0, bottom as f32));
    let (left, top) = (u as u32, v as u32);
    let (across, down) = (u - left as f32, v - top as f32);
    let place = |x: u32, y: u32| y.min(bottom) as usize * width as usize + x.min(right) as usize;
    let above = (&pixels[place(left, top)], &pixels[place(left + 1, top)]);
    let below = (&pixels[place(left, top + 1)], &pixels[place(left + 1, top + 1)]);
    for (channel, sum) in sums.iter_mut().enumerate() {
        let between = |(one, other): (&[T; CHANNELS], &[T; CHANNELS])| {
            let (one, other) = (one[channel].value(), other[channel].value());
            one + (other - one) * across
        };
        let (above, below) = (between(above), between(below));
        *sum += above + (below - above) * down;
    }
}

/// A point named in percent of a picture's size, among the centres of its pixels.
pub(super) fn centre((width, height): (u32, u32), x: f64, y: f64) -> (f64, f64) {
    (f64::from(width) * x / 100.0 - 0.5, f64::from(height) * y / 100.0 - 0.5)
}

/// How far the furthest corner is from a point.
pub(super) fn furthest((width, height): (u32, u32), (x, y): (f64, f64)) -> f64 {
    let far = |at: f64, length: u32| at.abs().max((f64::from(length) - 1.0 - at).abs());
    far(x, width).hypot(far(y, height))
}

/// Milliseconds that the passes take.
pub(super) fn cost_ms((width, height): (u32, u32), steps: Option<Steps>) -> f64 {
    let points = steps.map_or(0.0, |steps| f64::from(steps.fine + steps.coarse));
    f64::from(width) * f64::from(height) * (3.0 + 17.0 * points) * 1e-6
}
