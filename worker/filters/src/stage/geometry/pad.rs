//! A ground around the picture.

use super::{Gravity, placed};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "pad",
    summary: "Puts a ground around the image: up to a width and height, or so many pixels at each side",
    example: "pad(1200, 630, colour=white)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("width", 1, 65_535).unit("px").optional(),
        Parameter::integer("height", 1, 65_535).unit("px").optional(),
        Parameter::colour("colour").or_word("transparent"),
        Gravity::parameter("gravity"),
        margin("top"),
        margin("right"),
        margin("bottom"),
        margin("left"),
    ],
    build: |arguments| {
        let length = |name| arguments.number(name) as u32;
        let side = |name| arguments.optional(name).map(|length| length as u32);
        let (width, height) = (side("width"), side("height"));
        let margins = ["top", "right", "bottom", "left"].map(length);
        if width.is_none() && height.is_none() && margins == [0; 4] {
            return Err(ArgumentError::new("", "pad needs a width, a height, or a margin at one side"));
        }
        let (colour, gravity) = (arguments.colour("colour"), Gravity::of(arguments.text("gravity")));
        Ok(Step::stage(Pad { width, height, margins, colour, gravity }))
    },
};

const fn margin(name: &'static str) -> Parameter {
    Parameter::integer(name, 0, 65_535).unit("px").or(0.0)
}

/// A ground around a picture: margins first, then what is missing to the width and the height.
#[derive(Debug, Clone, Copy)]
struct Pad {
    width: Option<u32>,
    height: Option<u32>,
    /// Top, right, bottom, left.
    margins: [u32; 4],
    colour: [u8; 4],
    gravity: Gravity,
}

impl Stage for Pad {
    fn output_size(&self, (width, height): (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let [top, right, bottom, left] = self.margins;
        let side = |length: u32, margins: u32, least: Option<u32>| {
            length.saturating_add(margins).max(least.unwrap_or(0))
        };
        let size = (side(width, left + right, self.width), side(height, top + bottom, self.height));
        limits.check_output(size.0, size.1, 1)?;
        Ok(size)
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.output_size(size, &Limits::default()).unwrap_or(size);
        f64::from(width) * f64::from(height) * 1.5e-6
    }

    fn moves_pixels(&self) -> bool {
        true
    }

    fn adds_alpha(&self) -> bool {
        self.colour[3] < u8::MAX
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let size = self.output_size(frame.size(), &context.limits)?;
        let [top, right, bottom, left] = self.margins;
        let room = (size.0 - frame.width - left - right, size.1 - frame.height - top - bottom);
        let (x, y) = self.gravity.place_whole(room);
        // The planner was told of an alpha channel even where nothing is missing.
        let frame = if self.adds_alpha() { frame.with_alpha() } else { frame };
        placed(frame, (left + x, top + y), size, self.colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pad(chain: &str, frame: Frame) -> Frame {
        crate::stage::tests::run(chain, frame)
    }

    #[test]
    fn the_picture_lies_where_it_was_asked_for() {
        let frame = Frame::from_u8(1, 1, false, vec![1, 2, 3]).unwrap();
        let padded = pad("pad(3, 2, colour=#0a0b0c, gravity=southeast)", frame.clone());
        assert_eq!((padded.size(), padded.alpha), ((3, 2), false));
        let ground = [10, 11, 12];
        assert_eq!(padded.bytes().unwrap(), [[ground; 5].concat(), vec![1, 2, 3]].concat());
        let padded = pad("pad(top=1, right=2)", frame.clone().widened());
        assert_eq!((padded.size(), padded.alpha), ((3, 2), true));
        assert_eq!(padded.bytes().unwrap()[12..16], [1, 2, 3, 255]);
        assert!(padded.bytes().unwrap()[..12].iter().all(|sample| *sample == 0));
        assert_eq!(pad("pad(1, 1, colour=red)", frame.clone()), frame, "a larger picture stays");
    }

    #[test]
    fn nothing_to_do_is_a_mistake_and_too_much_is_refused() {
        assert!(crate::check("pad").is_err());
        assert!(crate::check("pad(colour=red)").is_err());
        let pad =
            Pad { width: None, height: None, margins: [65_535; 4], colour: [0; 4], gravity: Gravity::CENTER };
        let refusal = pad.output_size((10, 10), &Limits::default()).unwrap_err();
        assert_eq!(refusal.code, crate::RefusalCode::OutputTooLarge);
    }
}
