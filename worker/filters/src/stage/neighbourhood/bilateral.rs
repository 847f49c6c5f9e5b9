//! A blur that stops at edges.

use super::bands::{Bands, by_bands};
use super::rows::load_weighted;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "bilateral",
    summary: "Smooths areas and keeps edges: a Gaussian blur in which neighbours count less the further their colour \
              is away; columns are smoothed after rows",
    example: "bilateral(3, sigma_colour=12)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("sigma_space", 0.5, 10.0).unit("px").or(3.0),
        Parameter::number("sigma_colour", 0.5, 100.0).unit("%").or(10.0),
    ],
    build: |arguments| {
        let (space, colour) = (arguments.number("sigma_space"), arguments.number("sigma_colour"));
        Ok(Step::stage(Bilateral { space, colour: colour / 100.0 }))
    },
};

/// Standard deviations in space that are looked at.
const REACH: f64 = 2.0;
/// Standard deviations of colour from which on a neighbour does not count.
const FURTHEST: f64 = 3.0;
/// Entries of the table of weights by the square of the distance of two colours.
const ENTRIES: usize = 256;

/// A bilateral filter (C. Tomasi and R. Manduchi, Bilateral Filtering for Gray and Color Images, 1998), in one pass
/// for each direction (T. Pham and L. van Vliet, Separable Bilateral Filtering for Fast Video Preprocessing, 2005).
#[derive(Debug, Clone, Copy)]
pub(in crate::stage) struct Bilateral {
    /// Standard deviation in pixels.
    pub space: f64,
    /// Standard deviation of the distance of two colours, which goes up to √3.
    pub colour: f64,
}

impl Bilateral {
    fn radius(self) -> usize {
        (self.space * REACH).round().max(1.0) as usize
    }

    /// The frame, smoothed.
    pub fn smooth(self, frame: &Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let gaussian = |square: f64| (-0.5 * square).exp() as f32;
        let range = self.colour * self.colour;
        let most = FURTHEST * FURTHEST;
        let pass = |down| Pass {
            down,
            space: (0..=self.radius()).map(|x| gaussian((x as f64 / self.space).powi(2))).collect(),
            colour: std::array::from_fn(|entry| gaussian(entry as f64 * most / ENTRIES as f64)),
            scale: (ENTRIES as f64 / (most * range)) as f32,
        };
        let across = by_bands(frame, &pass(false), context)?;
        by_bands(&across, &pass(true), context)
    }
}

impl Stage for Bilateral {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * (35.0 + 154.0 * self.radius() as f64) * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        self.smooth(&frame, context)
    }
}

/// The filter in one direction.
struct Pass {
    down: bool,
    /// Weights by the distance in pixels.
    space: Vec<f32>,
    /// Weights by the square of the distance of colours, times `scale`.
    colour: [f32; ENTRIES],
    scale: f32,
}

impl Bands for Pass {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (mut own, mut other, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            context.check()?;
            let y = (first + y) as isize;
            load_weighted(input, y, &mut own);
            sums.clear();
            sums.extend(
                own.iter()
                    .map(|[red, green, blue, alpha]| [red * alpha, green * alpha, blue * alpha, *alpha]),
            );
            for distance in 1..self.space.len() {
                if self.down {
                    for y in [y - distance as isize, y + distance as isize] {
                        load_weighted(input, y, &mut other);
                        self.add(&mut sums, &own, &other, distance, |x| x);
                    }
                } else {
                    let last = own.len() - 1;
                    self.add(&mut sums, &own, &own, distance, |x| x.saturating_sub(distance));
                    self.add(&mut sums, &own, &own, distance, |x| (x + distance).min(last));
                }
            }
            let white = T::WHITE.value();
            for (pixel, sums) in output.chunks_exact_mut(input.channels()).zip(&sums) {
                if sums[3] > 0.0 {
                    for (sample, sum) in pixel.iter_mut().zip(&sums[..3]) {
                        *sample = T::rounded(sum / sums[3] * white);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Pass {
    /// Adds to every pixel of a row one neighbour, the one that `place` names.
    fn add(
        &self,
        sums: &mut [[f32; 4]],
        own: &[[f32; 4]],
        others: &[[f32; 4]],
        distance: usize,
        place: impl Fn(usize) -> usize,
    ) {
        let space = self.space[distance];
        for (x, (sum, own)) in sums.iter_mut().zip(own).enumerate() {
            let other = &others[place(x)];
            let [red, green, blue] = [0, 1, 2].map(|channel: usize| own[channel] - other[channel]);
            let square = red * red + green * green + blue * blue;
            let Some(colour) = self.colour.get((square * self.scale) as usize) else { continue };
            let weight = space * colour * other[3];
            for channel in 0..3 {
                sum[channel] += other[channel] * weight;
            }
            sum[3] += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, plain};
    use super::*;

    #[test]
    fn it_is_sound() {
        assert_sound("bilateral", 3);
        assert_sound("bilateral(10, 50)", 2);
    }

    #[test]
    fn grain_goes_and_edges_stay() {
        let grain = |i: usize| ((i * 7919) % 13) as u8;
        let samples = (0..64 * 40).flat_map(|i| [if i % 64 < 32 { 40 } else { 200 } + grain(i); 3]).collect();
        let frame = Frame::from_u8(64, 40, false, samples).unwrap();
        let got = bytes(&filtered("bilateral(4, 15)", &frame));
        let row = |bytes: &[u8]| bytes[20 * 192..21 * 192].iter().step_by(3).copied().collect::<Vec<u8>>();
        let spread = |row: &[u8]| row.iter().max().unwrap() - row.iter().min().unwrap();
        let (before, after) = (row(&bytes(&frame)), row(&got));
        assert!(spread(&before[..32]) > 10 && spread(&after[..32]) < 5, "{after:?}");
        assert!(after[31] < 56 && after[32] > 196, "{after:?}");
    }

    #[test]
    fn without_edges_it_is_a_gaussian() {
        let mut samples = bytes(&plain(41, 41, [100; 3]));
        samples[(20 * 41 + 20) * 3] = 120;
        let frame = Frame::from_u8(41, 41, false, samples).unwrap().widened();
        let got = filtered("bilateral(2, 100)", &frame);
        let red = |x: usize| match &got.samples {
            crate::frame::Samples::U16(samples) => f64::from(samples[(20 * 41 + x) * 3]) - 25_700.0,
            crate::frame::Samples::U8(_) => 0.0,
        };
        let ratio = red(22) / red(20);
        assert!((ratio - (-0.5f64).exp()).abs() < 0.03, "{ratio}");
    }
}
