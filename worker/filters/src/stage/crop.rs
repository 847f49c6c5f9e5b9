//! Cutting out a rectangle.

use super::Stage;
use super::geometry::{Focus, Settled, cut_out, most_salient};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "crop",
    summary: "Cuts out a rectangle: at x and y, or where gravity says; smart keeps what draws attention",
    example: "crop(400, 300, x=10, y=20)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        pixels("width", 1),
        pixels("height", 1),
        pixels("x", 0).optional(),
        pixels("y", 0).optional(),
        Focus::parameter("gravity"),
    ],
    build: |arguments| {
        let start = |name| arguments.optional(name).map(|at| at as u32);
        let focus = Focus::of(arguments.text("gravity"));
        if focus == Focus::Smart && (start("x").is_some() || start("y").is_some()) {
            return Err(ArgumentError::new("gravity", "`smart` finds x and y by itself"));
        }
        Ok(Step::stage(Crop {
            width: arguments.number("width") as u32,
            height: arguments.number("height") as u32,
            x: start("x"),
            y: start("y"),
            focus,
            found: Settled::new(),
        }))
    },
};

const fn pixels(name: &'static str, min: i64) -> Parameter {
    Parameter::integer(name, min, 65_535).unit("px")
}

/// A rectangle to cut out.
#[derive(Debug)]
struct Crop {
    width: u32,
    height: u32,
    /// Pixels left of it; `None`: as the focus says.
    x: Option<u32>,
    /// Pixels above it; `None`: as the focus says.
    y: Option<u32>,
    focus: Focus,
    /// The corner that drew attention in the first frame.
    found: Settled<(u32, u32)>,
}

impl Crop {
    /// Its left upper corner, if it lies inside of a picture of this size.
    fn corner(&self, (width, height): (u32, u32)) -> Result<(u32, u32), Refusal> {
        let room = width.checked_sub(self.width).zip(height.checked_sub(self.height));
        let corner = room.and_then(|room| {
            let (x, y) = match self.focus {
                Focus::Place(gravity) => gravity.place_whole(room),
                Focus::Smart => (0, 0),
            };
            let (x, y) = (self.x.unwrap_or(x), self.y.unwrap_or(y));
            (x <= room.0 && y <= room.1).then_some((x, y))
        });
        corner.ok_or_else(|| {
            let at = |start: Option<u32>| start.map_or("the middle".to_owned(), |at| at.to_string());
            Refusal::impossible(format!(
                "crop: {} × {} at ({}, {}) is not inside of the image, which is {width} × {height} there",
                self.width,
                self.height,
                at(self.x),
                at(self.y)
            ))
        })
    }
}

impl Stage for Crop {
    fn output_size(&self, size: (u32, u32), _: &Limits) -> Result<(u32, u32), Refusal> {
        self.corner(size).map(|_| (self.width, self.height))
    }

    fn cost_ms(&self, _: (u32, u32)) -> f64 {
        f64::from(self.width) * f64::from(self.height) * 1e-6
    }

    fn moves_pixels(&self) -> bool {
        true
    }

    fn commutes_with_points(&self) -> bool {
        self.moves_pixels()
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let size = (self.width, self.height);
        let mut corner = self.corner(frame.size())?;
        if self.focus == Focus::Smart {
            corner = self.found.settle(context, || {
                let (x, y) = most_salient(&frame, (f64::from(size.0), f64::from(size.1)), context)?;
                Ok((x as u32, y as u32))
            })?;
        }
        cut_out(&frame, corner, size)
    }
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Gravity;
    use super::*;

    fn crop(width: u32, height: u32, x: Option<u32>, y: Option<u32>) -> Crop {
        Crop { width, height, x, y, focus: Focus::Place(Gravity::CENTER), found: Settled::new() }
    }

    #[test]
    fn a_rectangle_is_cut_out_where_it_was_asked_for() {
        let samples: Vec<u8> = (0..5 * 4).flat_map(|i| [i, 0, 0]).collect();
        let frame = Frame::from_u8(5, 4, false, samples).unwrap();
        let reds = |x, y| {
            let got = crop(2, 2, x, y).apply(frame.clone(), &Context::unlimited(1)).unwrap();
            got.bytes().unwrap().chunks(3).map(|pixel| pixel[0]).collect::<Vec<u8>>()
        };
        assert_eq!(reds(Some(0), Some(0)), [0, 1, 5, 6]);
        assert_eq!(reds(Some(3), Some(2)), [13, 14, 18, 19]);
        assert_eq!(reds(None, None), [6, 7, 11, 12]);
    }

    #[test]
    fn a_rectangle_that_sticks_out_is_refused() {
        let outcome = |width, height, x, y| {
            crop(width, height, x, y).output_size((5, 4), &Limits::default()).map_err(|refusal| refusal.code)
        };
        let impossible = Err(crate::RefusalCode::ImpossibleChain);
        assert_eq!(outcome(5, 4, None, None), Ok((5, 4)));
        assert_eq!(outcome(6, 4, None, None), impossible);
        assert_eq!(outcome(2, 2, Some(4), None), impossible);
        assert_eq!(outcome(2, 2, Some(u32::MAX), Some(0)), impossible);
    }
}
