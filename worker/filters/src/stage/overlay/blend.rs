//! Blending with an operator's image.

use std::sync::Arc;

use super::compose::{Layer, laid_over, scaled};
use super::modes::Mode;
use crate::assets;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::geometry::Gravity;
use crate::stage::scale::Window;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "blend",
    summary: "Lays one of the operator's images over the whole picture: scaled to cover it, stretched, or repeated",
    example: "blend(texture, multiply)",
    cost: CostClass::Medium,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("image", Kind::Text { most: assets::MAX_NAME }),
        Mode::parameter(),
        Parameter::number("opacity", 0.0, 100.0).unit("%").or(100.0),
        Parameter::choice("fit", &["cover", "stretch", "tile"]),
    ],
    build: |arguments| {
        Ok(Step::stage(Blend {
            image: assets::image("image", arguments.text("image"))?,
            mode: Mode::of(arguments.text("mode")),
            opacity: arguments.number("opacity") as f32 / 100.0,
            fit: match arguments.text("fit") {
                "stretch" => Fit::Stretch,
                "tile" => Fit::Tile,
                _ => Fit::Cover,
            },
        }))
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Cover,
    Stretch,
    Tile,
}

/// An image over the whole picture.
#[derive(Debug)]
struct Blend {
    image: Arc<Frame>,
    mode: Mode,
    opacity: f32,
    fit: Fit,
}

impl Stage for Blend {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 35e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8 + (self.image.pixels() as u64) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let whole = Window::of(self.image.size());
        let shape = f64::from(frame.width) / f64::from(frame.height);
        let cut = (whole.width.min(whole.height * shape), whole.height.min(whole.width / shape));
        let (left, top) = Gravity::CENTER.place((whole.width - cut.0, whole.height - cut.1));
        let image = match self.fit {
            Fit::Tile => Arc::clone(&self.image),
            Fit::Stretch => Arc::new(scaled(&self.image, whole, frame.size())?),
            Fit::Cover => {
                let window = Window { left, top, width: cut.0, height: cut.1 };
                Arc::new(scaled(&self.image, window, frame.size())?)
            }
        };
        let step = (self.fit == Fit::Tile).then(|| image.size());
        let layer = Layer { frame: &image, corner: (0, 0), step, opacity: self.opacity, mode: self.mode };
        laid_over(&frame, &layer, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    fn white() -> Frame {
        Frame::from_u8(90, 50, false, vec![255; 90 * 50 * 3]).unwrap()
    }

    #[test]
    fn modes_keep_their_neutral_colours() {
        for fit in ["cover", "stretch", "tile"] {
            let multiplied = run(&format!("blend(texture, multiply, fit={fit})"), white());
            assert_eq!(multiplied, run(&format!("blend(texture, fit={fit})"), white()), "{fit}");
            assert_eq!(run(&format!("blend(texture, screen, fit={fit})"), white()), white());
            assert_eq!(run(&format!("blend(texture, opacity=0, fit={fit})"), white()), white());
        }
    }

    #[test]
    fn tiles_repeat_and_both_depths_agree() {
        let tiled = run("blend(texture, fit=tile)", white());
        let pixel = |x: usize, y: usize| &tiled.bytes().unwrap()[(y * 90 + x) * 3..][..3];
        assert_eq!(pixel(3, 4), pixel(67, 4));
        let wide = run("blend(texture, soft-light)", white().widened());
        let narrow = run("blend(texture, soft-light)", white());
        let apart = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 1;
        assert!(wide.bytes().unwrap().iter().zip(narrow.bytes().unwrap()).all(apart));
    }

    #[test]
    fn an_image_that_is_not_there_is_a_mistake() {
        let mistake = crate::check("blend(textrue)").unwrap_err();
        assert_eq!((mistake.offset, mistake.suggestion.as_deref()), (6, Some("texture")));
        assert!(crate::check("blend(\"../secret\")").is_err());
    }
}
