//! Where a picture draws attention.
//!
//! On a small copy every pixel is scored by the strength of edges (the Laplacian of luma) and by saturation, as
//! smartcrop.js and the attention strategy of libvips do; no colour of skin is looked for, because it finds some
//! people and not others. The window with the greatest sum of scores wins, of equal ones that nearest to the middle.

use crate::context::Context;
use crate::frame::Frame;
use crate::graph::LUMA;
use crate::refusal::Refusal;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};
use crate::stage::scale::{Interpolation, Window, scale};

/// Longest side of the small copy, in pixels.
const SMALL: u32 = 96;
/// What saturation weighs beside edges.
const SATURATION: f32 = 0.3;
/// What a place in the middle counts more than one at the edge, as a share of the score.
const MIDDLE: f64 = 0.02;

/// The left upper corner of the window of `size`, in pixels and fractions, that draws the most attention.
///
/// # Errors
/// `DeadlineExceeded`.
pub(in crate::stage) fn most_salient(
    frame: &Frame,
    size: (f64, f64),
    context: &Context<'_>,
) -> Result<(f64, f64), Refusal> {
    context.check()?;
    let longest = frame.width.max(frame.height);
    let side = |length: u32| (u64::from(length) * u64::from(SMALL) / u64::from(longest.max(1))).max(1) as u32;
    let small = if longest > SMALL { (side(frame.width), side(frame.height)) } else { frame.size() };
    let copy = in_its_depth(frame, &SmallCopy(small))?.narrowed();
    let sums = Sums::of(&scores(&copy)?, small);
    let factor = (f64::from(frame.width) / f64::from(small.0), f64::from(frame.height) / f64::from(small.1));
    let cells = (size.0 / factor.0, size.1 / factor.1);
    let (x, y) = sums.best(cells);
    let within = |at: f64, length: f64, side: u32| at.clamp(0.0, (f64::from(side) - length).max(0.0));
    Ok((within(x * factor.0, size.0, frame.width), within(y * factor.1, size.1, frame.height)))
}

struct SmallCopy((u32, u32));

impl ForSamples for SmallCopy {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let samples = scale(input, Window::of(input.size), self.0, Interpolation::Box, false)?;
        Ok((samples, self.0))
    }
}

/// The score of each pixel of the small copy.
fn scores(copy: &Frame) -> Result<Vec<f32>, Refusal> {
    let (width, height, channels) = (copy.width as usize, copy.height as usize, copy.channels());
    let bytes = copy.bytes()?;
    let luma = |pixel: &[u8]| {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(|channel| f32::from(channel) / 255.0);
        LUMA[0] as f32 * red + LUMA[1] as f32 * green + LUMA[2] as f32 * blue
    };
    let lumas: Vec<f32> = bytes.chunks_exact(channels).map(luma).collect();
    let at = |x: usize, y: usize| lumas[y.min(height - 1) * width + x.min(width - 1)];
    let scores = bytes.chunks_exact(channels).enumerate().map(|(index, pixel)| {
        let (x, y) = (index % width, index / width);
        let neighbours =
            at(x.saturating_sub(1), y) + at(x + 1, y) + at(x, y.saturating_sub(1)) + at(x, y + 1);
        let edge = (4.0 * at(x, y) - neighbours).abs();
        let (least, most) = (pixel[..3].iter().min(), pixel[..3].iter().max());
        let (least, most) = (f32::from(*least.unwrap_or(&0)), f32::from(*most.unwrap_or(&0)));
        // Saturation in shadows and highlights is noise.
        let midtone = 1.0 - (2.0 * at(x, y) - 1.0).abs();
        let saturation = if most > 0.0 { (most - least) / most * midtone } else { 0.0 };
        let opacity = pixel.get(3).map_or(1.0, |alpha| f32::from(*alpha) / 255.0);
        (edge + SATURATION * saturation) * opacity
    });
    Ok(scores.collect())
}

/// Sums of scores over every rectangle that begins at the left upper corner.
struct Sums {
    size: (usize, usize),
    sums: Vec<f64>,
}

impl Sums {
    fn of(scores: &[f32], size: (u32, u32)) -> Self {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let mut sums = vec![0.0; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut line = 0.0;
            for x in 0..width {
                line += f64::from(scores[y * width + x]);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + line;
            }
        }
        Self { size: (width, height), sums }
    }

    fn at(&self, x: usize, y: usize) -> f64 {
        self.sums[y * (self.size.0 + 1) + x]
    }

    /// The corner of the best window of about so many cells.
    fn best(&self, cells: (f64, f64)) -> (f64, f64) {
        let whole = |length: f64, side: usize| (length.round() as usize).clamp(1, side);
        let (width, height) = (whole(cells.0, self.size.0), whole(cells.1, self.size.1));
        let room = (self.size.0 - width, self.size.1 - height);
        // 1 in the middle, 0 at both ends.
        let middle = |at: usize, room: usize| 1.0 - (2.0 * at as f64 / room.max(1) as f64 - 1.0).abs();
        let mut best = (f64::NEG_INFINITY, (0, 0));
        for y in 0..=room.1 {
            for x in 0..=room.0 {
                let sum = self.at(x + width, y + height) - self.at(x, y + height) - self.at(x + width, y)
                    + self.at(x, y);
                let middle = middle(x, room.0) + middle(y, room.1);
                // The small constant settles windows without any score.
                let score = sum * (1.0 + MIDDLE * middle) + 1e-9 * middle;
                if score > best.0 {
                    best = (score, (x, y));
                }
            }
        }
        (best.1.0 as f64, best.1.1 as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey picture with a bright red spot.
    fn spot(size: (u32, u32), at: (u32, u32), side: u32) -> Frame {
        let inside = |i: u32, start: u32| (start..start + side).contains(&i);
        let samples = (0..size.1)
            .flat_map(|y| (0..size.0).map(move |x| (x, y)))
            .flat_map(|(x, y)| if inside(x, at.0) && inside(y, at.1) { [220, 30, 40] } else { [128; 3] });
        Frame::from_u8(size.0, size.1, false, samples.collect()).unwrap()
    }

    #[test]
    fn the_window_holds_what_stands_out() {
        let context = Context::unlimited(1);
        for at in [(10, 10), (300, 20), (150, 160), (340, 180)] {
            for wide in [false, true] {
                let frame = spot((400, 240), at, 40);
                let frame = if wide { frame.widened() } else { frame };
                let (x, y) = most_salient(&frame, (120.0, 100.0), &context).unwrap();
                let (left, top) = (f64::from(at.0), f64::from(at.1));
                assert!(x <= left + 6.0 && left + 34.0 <= x + 120.0, "{at:?}: {x}");
                assert!(y <= top + 6.0 && top + 34.0 <= y + 100.0, "{at:?}: {y}");
            }
        }
    }

    #[test]
    fn where_nothing_stands_out_it_is_the_middle() {
        let frame = spot((200, 100), (0, 0), 0);
        let (x, y) = most_salient(&frame, (100.0, 50.0), &Context::unlimited(1)).unwrap();
        assert!((x - 50.0).abs() < 3.0 && (y - 25.0).abs() < 3.0, "{x}, {y}");
        for size in [(1, 1), (1, 500), (500, 1)] {
            let frame = spot(size, (0, 0), 0);
            let (x, y) = most_salient(&frame, (1.0, 1.0), &Context::unlimited(1)).unwrap();
            let ends = (f64::from(size.0) - 1.0, f64::from(size.1) - 1.0);
            assert!((0.0..=ends.0).contains(&x) && (0.0..=ends.1).contains(&y), "{x}, {y}");
        }
    }
}
