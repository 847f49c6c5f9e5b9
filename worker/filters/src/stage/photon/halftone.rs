//! Halftone dots.

use photon_rs::effects;

use super::Margins;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "halftone",
    summary: "A screen of dots: every other pixel of every other row becomes black or white; after photon",
    example: "halftone",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[],
    build: |_| Ok(Step::stage(Halftone)),
};

/// Columns and rows at the right and at the bottom that photon leaves as they are; with fewer than these it panics.
const UNWRITTEN: usize = 5;

/// photon's halftone, over the whole picture.
#[derive(Debug, Clone, Copy)]
struct Halftone;

impl Stage for Halftone {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 30e-6
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        // Bands begin at even rows, so dots do not shift; a dot judges the brightness of its 2 × 2 pixels.
        let margins = Margins { above: 0, below: 1, unwritten: UNWRITTEN };
        super::apply(frame, context, margins, effects::halftone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dots_are_black_or_white_to_the_last_row_at_every_size() {
        for (width, height) in [(1u32, 1u32), (1, 9), (2, 3), (5, 5), (64, 66), (67, 131)] {
            let samples: Vec<u8> = (0..width * height * 3).map(|i| (i * 37 % 256) as u8).collect();
            let frame = Frame::from_u8(width, height, false, samples.clone()).unwrap();
            let got = Halftone.apply(frame, &Context::unlimited(1)).unwrap();
            let pixels = got.bytes().unwrap().chunks(3).zip(samples.chunks(3)).enumerate();
            for (index, (pixel, before)) in pixels {
                let (x, y) = (index as u32 % width, index as u32 / width);
                let dot = pixel == [0; 3] || pixel == [255; 3];
                assert!(if x % 2 == 0 && y % 2 == 0 { dot } else { pixel == before }, "({x}, {y})");
            }
        }
    }

    #[test]
    fn bands_give_what_the_whole_gives() {
        let samples: Vec<u8> = (0..20 * 200 * 3).map(|i| (i * 91 % 253) as u8).collect();
        let frame = Frame::from_u8(20, 200, false, samples.clone()).unwrap();
        let got = Halftone.apply(frame, &Context::unlimited(2)).unwrap();
        let rgba = samples.chunks(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
        let mut whole = photon_rs::PhotonImage::new(rgba, 20, 200);
        effects::halftone(&mut whole);
        let whole = photon_rs::native::image_to_bytes(whole);
        for y in 0..196 {
            for x in 0..16 {
                let at = y * 20 + x;
                assert_eq!(got.bytes().unwrap()[at * 3..][..3], whole[at * 4..][..3], "({x}, {y})");
            }
        }
    }
}
