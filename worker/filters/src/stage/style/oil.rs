//! Oil painting.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::neighbourhood::rows::line;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "oil",
    summary: "Paints in strokes: each pixel takes the mean colour of the commonest brightness around it",
    example: "oil(4, levels=40)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("radius", 1, 20).unit("px").or(4.0),
        Parameter::number("levels", 1.0, 255.0).or(40.0),
    ],
    build: |arguments| {
        let (radius, levels) = (arguments.number("radius") as usize, arguments.number("levels") as f32);
        Ok(Step::stage(Oil { radius, levels }))
    },
};

/// An oil painting, as photon-rs defines it, but over a square that slides along each row: the work for a pixel is
/// one column of it in and one out.
#[derive(Debug, Clone, Copy)]
struct Oil {
    radius: usize,
    /// Steps of brightness that are told apart.
    levels: f32,
}

impl Stage for Oil {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let work = 45.0 + 50.0 * self.radius as f64 + 4.7 * f64::from(self.levels);
        f64::from(width) * f64::from(height) * work * 1e-6
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        by_bands(&frame.narrowed(), self, context)
    }
}

/// A pixel to be counted: its colour, and the number of its brightness.
type Paint = ([u32; 3], Option<u8>);

impl Oil {
    /// The pixels of a row; invisible ones are not counted.
    fn paints<T: Sample>(self, input: Plane<'_, T>, y: usize) -> Vec<Paint> {
        line(input, y as isize)
            .chunks_exact(input.channels())
            .map(|pixel| {
                let colour = [0, 1, 2].map(|channel: usize| pixel[channel].level());
                let mean = colour.iter().sum::<u32>() as f32 / 3.0;
                let seen = pixel.get(3).is_none_or(|alpha| alpha.level() > 0);
                (colour, seen.then_some((mean * self.levels / 255.0).round() as u8))
            })
            .collect()
    }
}

impl Bands for Oil {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (width, height) = (input.size.0 as usize, input.size.1 as usize);
        let end = first + output.len() / input.row();
        let top = first.saturating_sub(self.radius);
        let rows: Vec<Vec<Paint>> =
            (top..(end + self.radius).min(height)).map(|y| self.paints(input, y)).collect();
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            context.check()?;
            let rows = &rows[y.saturating_sub(self.radius) - top..=(y + self.radius).min(height - 1) - top];
            let mut palette = Palette::new(self.levels);
            for x in 0..self.radius.min(width) {
                palette.add(rows, x);
            }
            for (x, pixel) in output.chunks_exact_mut(input.channels()).enumerate() {
                if x + self.radius < width {
                    palette.add(rows, x + self.radius);
                }
                if x > self.radius {
                    palette.remove(rows, x - self.radius - 1);
                }
                if let Some(colour) = palette.commonest() {
                    for (sample, value) in pixel.iter_mut().zip(colour) {
                        *sample = T::rounded(value);
                    }
                }
            }
        }
        Ok(())
    }

    fn least_rows(&self) -> usize {
        2 * self.radius + 1
    }
}

/// How often each brightness occurs in a square, and the sum of its colours.
struct Palette {
    counts: Vec<u16>,
    sums: Vec<[u32; 3]>,
}

impl Palette {
    fn new(levels: f32) -> Self {
        let length = levels.round() as usize + 1;
        Self { counts: vec![0; length], sums: vec![[0; 3]; length] }
    }

    /// Counts a column of the square.
    fn add(&mut self, rows: &[Vec<Paint>], x: usize) {
        for (colour, level) in rows.iter().map(|row| row[x]) {
            let Some(level) = level.map(usize::from) else { continue };
            self.counts[level] += 1;
            for (sum, value) in self.sums[level].iter_mut().zip(colour) {
                *sum += value;
            }
        }
    }

    /// Takes a column away again.
    fn remove(&mut self, rows: &[Vec<Paint>], x: usize) {
        for (colour, level) in rows.iter().map(|row| row[x]) {
            let Some(level) = level.map(usize::from) else { continue };
            self.counts[level] -= 1;
            for (sum, value) in self.sums[level].iter_mut().zip(colour) {
                *sum -= value;
            }
        }
    }

    /// The mean colour of the commonest brightness, of several the darkest.
    fn commonest(&self) -> Option<[f32; 3]> {
        let most = self.counts.iter().copied().max().filter(|most| *most > 0)?;
        let level = self.counts.iter().position(|count| *count == most)?;
        Some(self.sums[level].map(|sum| sum as f32 / f32::from(most)))
    }
}

#[cfg(test)]
mod tests {
    use photon_rs::{PhotonImage, effects, native::image_to_bytes};

    use super::super::super::neighbourhood::testing::{assert_sound, bytes, filtered, plain, rough};

    #[test]
    fn it_is_sound() {
        assert_sound("oil", 0);
        assert_sound("oil(20, levels=1)", 0);
        assert_sound("oil(1, levels=255)", 0);
    }

    #[test]
    fn a_lone_dot_is_painted_over() {
        let frame = plain(31, 31, [200, 120, 40]);
        let mut samples = bytes(&frame);
        samples[(15 * 31 + 15) * 3..][..3].fill(0);
        let dotted = crate::frame::Frame::from_u8(31, 31, false, samples).unwrap();
        assert!(filtered("oil(2)", &dotted) == frame);
    }

    #[test]
    fn it_is_that_of_photon() {
        let (width, height, radius) = (40usize, 36usize, 3usize);
        let frame = rough(width as u32, height as u32, false);
        let got = bytes(&filtered(&format!("oil({radius}, levels=20)"), &frame));
        let rgba = bytes(&frame.with_alpha());
        let mut image = PhotonImage::new(rgba, width as u32, height as u32);
        effects::oil(&mut image, radius as i32, 20.0);
        let wanted = image_to_bytes(image);
        // photon leaves out the first row and column, cuts fractions off, and takes any of two that are as common.
        let inside = |at: usize| at % width > radius && at / width > radius;
        let (mut all, mut apart) = (0, 0);
        for at in (0..width * height).filter(|at| inside(*at)) {
            all += 1;
            let levels = (0..3).map(|channel| got[at * 3 + channel].abs_diff(wanted[at * 4 + channel]));
            apart += usize::from(levels.max() > Some(1));
        }
        assert!(apart * 8 < all, "{apart} of {all} pixels");
    }
}
