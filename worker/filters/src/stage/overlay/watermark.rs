//! An operator's image in a corner, or all over the picture.

use std::sync::Arc;

use super::compose::scaled;
use super::modes::Mode;
use super::placing::{POSITION, Placing, TILE, X, Y};
use crate::assets;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::scale::Window;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "watermark",
    summary: "Lays one of the operator's images over a place of the picture, x and y pixels from its sides, or repeats it with gaps of x and y",
    example: "watermark(logo, southeast, x=10, y=10, opacity=60, scale=20)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("image", Kind::Text { most: assets::MAX_NAME }),
        POSITION,
        X,
        Y,
        Parameter::number("opacity", 0.0, 100.0).unit("%").or(100.0),
        Parameter::number("scale", 0.1, 100.0).unit("%").optional(),
        TILE,
        Mode::parameter(),
    ],
    build: |arguments| {
        Ok(Step::stage(Watermark {
            image: assets::image("image", arguments.text("image"))?,
            placing: Placing::of(arguments),
            opacity: arguments.number("opacity") as f32 / 100.0,
            scale: arguments.optional("scale").map(|percent| percent / 100.0),
            mode: Mode::of(arguments.text("mode")),
        }))
    },
};

/// An image over a place of the picture.
#[derive(Debug)]
struct Watermark {
    image: Arc<Frame>,
    placing: Placing,
    opacity: f32,
    /// Share of the picture's width; `None`: as large as it is.
    scale: Option<f64>,
    mode: Mode,
}

impl Watermark {
    /// How large the image is on a picture: not higher than the picture, where it is scaled.
    fn size(&self, (width, height): (u32, u32)) -> (u32, u32) {
        let (own_width, own_height) = (f64::from(self.image.width), f64::from(self.image.height));
        let Some(share) = self.scale else { return self.image.size() };
        let factor = (f64::from(width) * share / own_width).min(f64::from(height) / own_height);
        let side = |length: f64| (length * factor).round().max(1.0) as u32;
        (side(own_width), side(own_height))
    }
}

impl Stage for Watermark {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let megapixels = f64::from(width) * f64::from(height) / 1e6;
        let (own_width, own_height) =
            if self.placing.tile { (width, height) } else { self.size((width, height)) };
        megapixels + f64::from(own_width) * f64::from(own_height) * 35e-6
    }

    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        let (width, height) = self.size(size);
        (u64::from(width) * u64::from(height) + self.image.pixels() as u64) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let size = self.size(frame.size());
        let image = scaled(&self.image, Window::of(self.image.size()), size)?;
        self.placing.lay(&frame, &image, (self.opacity, self.mode), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    /// The rectangle of what a chain changes in a plain picture: left, top, right and bottom.
    fn changed(chain: &str, size: (u32, u32)) -> (usize, usize, usize, usize) {
        let samples = [90, 200, 90].repeat(size.0 as usize * size.1 as usize);
        let found = run(chain, Frame::from_u8(size.0, size.1, false, samples).unwrap());
        assert!(!found.alpha && found.size() == size);
        let row = size.0 as usize;
        let other = |(at, pixel): (usize, &[u8])| (pixel != [90, 200, 90]).then_some((at % row, at / row));
        let places: Vec<_> = found.bytes().unwrap().chunks(3).enumerate().filter_map(other).collect();
        let (across, down) = (|| places.iter().map(|place| place.0), || places.iter().map(|place| place.1));
        (across().min().unwrap(), down().min().unwrap(), across().max().unwrap(), down().max().unwrap())
    }

    #[test]
    fn it_lies_where_it_was_asked_for() {
        // The logo is 120 × 60 with a margin of 4 transparent pixels.
        assert_eq!(changed("watermark(logo)", (200, 100)), (84, 44, 195, 95));
        assert_eq!(changed("watermark(logo, northwest, x=10, y=5)", (200, 100)), (14, 9, 125, 60));
        assert_eq!(changed("watermark(logo, southeast, x=10, y=5)", (200, 100)), (74, 39, 185, 90));
        let (left, _, right, _) = changed("watermark(logo, center, scale=30)", (200, 100));
        assert!((70..=74).contains(&left) && (126..=130).contains(&right), "{left} {right}");
        let (left, top, right, bottom) = changed("watermark(logo, tile=yes, scale=10)", (200, 100));
        assert!(left < 4 && top < 4 && right > 195 && bottom > 95);
    }

    #[test]
    fn what_does_not_fit_is_cut_and_nothing_fails() {
        for size in [(1, 1), (1, 90), (90, 1), (30, 30)] {
            let samples = [90, 200, 90].repeat(size.0 as usize * size.1 as usize);
            let frame = Frame::from_u8(size.0, size.1, false, samples).unwrap();
            for chain in ["watermark(logo)", "watermark(logo, scale=0.1)", "watermark(logo, x=-500)"] {
                assert_eq!(run(chain, frame.clone()).size(), size);
            }
        }
    }
}
