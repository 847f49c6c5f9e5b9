//! Printed dots.

use std::f64::consts::TAU;

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::neighbourhood::rows::luma;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "halftone",
    summary: "Prints the picture in dots that are size pixels apart and the larger the darker it is, in black on white \
              (mono) or in cyan, magenta and yellow (colour); the screen is turned clockwise by angle",
    example: "halftone(8, angle=45)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("size", 2.0, 200.0).unit("px").or(8.0),
        Parameter::number("angle", -180.0, 180.0).unit("°").or(45.0),
        Parameter::choice("mode", &["mono", "colour"]),
    ],
    build: |arguments| {
        let (size, angle) = (arguments.number("size"), arguments.number("angle"));
        Ok(Step::stage(Halftone { size, angle, colour: arguments.text("mode") == "colour" }))
    },
};

/// How much further the screens of cyan, magenta and yellow are turned: 15°, 75° and 0° where black has 45°, as
/// printers do, so that the dots of two inks make no pattern.
const INK_ANGLES: [f64; 3] = [-30.0, 30.0, -45.0];
/// Entries of the table of ranks.
const ENTRIES: usize = 1024;
/// Steps across a cell by which the ranks are found.
const CELL: usize = 256;

/// A dot screen.
///
/// The spot function `s = (cos u + cos v) / 2` makes dots at the corners of a grid that grow into squares on their
/// tips and leave dots of paper at last. A pixel is ink where its rank, the share of a cell that has a greater `s`,
/// is below its darkness: so a plain area has exactly as much ink as it is dark.
#[derive(Debug, Clone, Copy)]
struct Halftone {
    /// Pixels between dots.
    size: f64,
    /// Degrees, clockwise.
    angle: f64,
    colour: bool,
}

impl Stage for Halftone {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * if self.colour { 40e-6 } else { 57e-6 }
    }

    fn scratch_bytes(&self, (width, _): (u32, u32)) -> u64 {
        u64::from(width) * 3 * size_of::<[f32; 4]>() as u64
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let angles =
            if self.colour { INK_ANGLES.map(|more| self.angle + more).to_vec() } else { vec![self.angle] };
        let screens = angles.into_iter().map(|angle| Screen::new(self.size, angle, frame.width)).collect();
        // Along the rim of a dot the rank rises by about 2.5 from one dot to the next.
        let print = Print { screens, ranks: ranks(), steepness: (self.size / 2.5).max(1.0) as f32 };
        by_bands(&frame, &print, context)
    }
}

/// The ranks of spot values from −1 to 1.
fn ranks() -> Vec<f32> {
    let cosines: Vec<f64> = (0..CELL).map(|at| ((at as f64 + 0.5) / CELL as f64 * TAU).cos()).collect();
    let mut counts = vec![0.0f64; ENTRIES];
    for u in &cosines {
        for v in &cosines {
            counts[entry((u + v) as f32 / 2.0)] += 1.0;
        }
    }
    let mut above = (CELL * CELL) as f64;
    counts
        .into_iter()
        .map(|count| {
            above -= count;
            ((above + count / 2.0) / (CELL * CELL) as f64) as f32
        })
        .collect()
}

#[inline]
fn entry(spot: f32) -> usize {
    (((spot + 1.0) / 2.0 * ENTRIES as f32) as usize).min(ENTRIES - 1)
}

/// The grid of one ink. The cosine of a sum of a column's and a row's angle needs but the sine and cosine of each.
struct Screen {
    /// Cosine and sine of `u` and of `v` for each column, at the first row.
    columns: Vec<[f32; 4]>,
    /// What `u` and `v` grow by from row to row.
    down: [f64; 2],
}

impl Screen {
    fn new(size: f64, angle: f64, width: u32) -> Self {
        let (sine, cosine) = angle.to_radians().sin_cos();
        let (across, down) = (cosine * TAU / size, sine * TAU / size);
        let columns = (0..width).map(|x| {
            let (u, v) = (f64::from(x) * across, -f64::from(x) * down);
            [u.cos(), u.sin(), v.cos(), v.sin()].map(|value| value as f32)
        });
        Self { columns: columns.collect(), down: [down, across] }
    }

    /// The spot function along a row.
    fn row(&self, y: usize) -> impl Iterator<Item = f32> {
        let [[u_sine, u_cosine], [v_sine, v_cosine]] = self.down.map(|down| {
            let (sine, cosine) = (down * y as f64).sin_cos();
            [sine as f32, cosine as f32]
        });
        self.columns.iter().map(move |column| {
            let u = column[0] * u_cosine - column[1] * u_sine;
            let v = column[2] * v_cosine - column[3] * v_sine;
            (u + v) / 2.0
        })
    }
}

/// What the pixels of a picture are printed with.
struct Print {
    /// One for black, or three.
    screens: Vec<Screen>,
    ranks: Vec<f32>,
    /// By how much ink falls while the rank rises by 1, at the rim of a dot.
    steepness: f32,
}

impl Print {
    /// The share of a pixel that is ink.
    fn ink(&self, darkness: f32, spot: f32) -> f32 {
        if darkness <= 0.0 || darkness >= 1.0 {
            return darkness.clamp(0.0, 1.0);
        }
        let rank = self.ranks[entry(spot)];
        // Near white and black rims are drawn sharper, so that there is no ink on white and no gap in black.
        let room = darkness.min(1.0 - darkness).max(1e-3);
        let steepness = self.steepness.max(0.5 / room);
        ((darkness - rank) * steepness + 0.5).clamp(0.0, 1.0)
    }
}

impl Bands for Print {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let white = T::WHITE.value();
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            for (ink, screen) in self.screens.iter().enumerate() {
                let pixels = output.chunks_exact_mut(input.channels());
                for (pixel, spot) in pixels.zip(screen.row(y)) {
                    if self.screens.len() == 1 {
                        let brightness =
                            luma(&[0, 1, 2].map(|channel: usize| pixel[channel].value())) / white;
                        let paper = T::rounded((1.0 - self.ink(1.0 - brightness, spot)) * white);
                        pixel[..3].fill(paper);
                    } else {
                        let darkness = 1.0 - pixel[ink].value() / white;
                        pixel[ink] = T::rounded((1.0 - self.ink(darkness, spot)) * white);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::neighbourhood::testing::{assert_sound, bytes, filtered, plain};

    #[test]
    fn it_is_sound() {
        assert_sound("halftone", 2);
        assert_sound("halftone(5.5, angle=-20, mode=colour)", 2);
    }

    #[test]
    fn a_plain_area_has_as_much_ink_as_it_is_dark() {
        for mode in ["mono", "colour"] {
            for level in [0u8, 1, 20, 90, 128, 200, 254, 255] {
                for size in [4.3, 7.3, 20.0] {
                    let chain = format!("halftone({size}, angle=30, mode={mode})");
                    let got = bytes(&filtered(&chain, &plain(200, 200, [level; 3])));
                    for channel in 0..3 {
                        let sum: f64 = got.iter().skip(channel).step_by(3).map(|v| f64::from(*v)).sum();
                        let mean = sum / 40_000.0;
                        assert!((mean - f64::from(level)).abs() < 4.0, "{chain} of {level}: {mean}");
                    }
                }
            }
        }
    }

    #[test]
    fn dots_are_as_far_apart_as_was_asked_for() {
        let got = bytes(&filtered("halftone(10, angle=0)", &plain(100, 100, [160; 3])));
        let at = |x: usize, y: usize| got[(y * 100 + x) * 3];
        for step in 0..10 {
            assert_eq!((at(step * 10, 30), at(30, step * 10), at(step * 10 + 5, 35)), (0, 0, 255));
        }
    }

    #[test]
    fn inks_are_those_of_print() {
        let got = bytes(&filtered("halftone(6, mode=colour)", &plain(60, 60, [255, 255, 120])));
        assert!(got.chunks(3).all(|pixel| pixel[0] == 255 && pixel[1] == 255));
        assert!(got.chunks(3).any(|pixel| pixel[2] == 0));
    }
}
