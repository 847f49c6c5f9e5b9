//! Where a layer lies on the picture.

use super::compose::{Layer, laid_over};
use super::modes::Mode;
use crate::context::Context;
use crate::filter::{Arguments, Parameter};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::geometry::Gravity;

/// The parameters of the place, as every filter has them that lays something somewhere.
pub(super) const POSITION: Parameter = Gravity::parameter("position").or_word("southeast");
pub(super) const X: Parameter = Parameter::integer("x", -16_384, 16_384).unit("px").or(0.0);
pub(super) const Y: Parameter = Parameter::integer("y", -16_384, 16_384).unit("px").or(0.0);
pub(super) const TILE: Parameter = Parameter::choice("tile", &["no", "yes"]);

/// A place, or many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placing {
    pub position: Gravity,
    /// Pixels from the sides inwards; in the middle to the right and down; between tiles.
    offset: (i64, i64),
    /// Whether the layer is repeated all over the picture.
    pub tile: bool,
}

impl Placing {
    /// What [`POSITION`], [`X`], [`Y`] and [`TILE`] were given.
    pub fn of(arguments: &Arguments) -> Self {
        Self {
            position: Gravity::of(arguments.text("position")),
            offset: (arguments.number("x") as i64, arguments.number("y") as i64),
            tile: arguments.text("tile") == "yes",
        }
    }

    /// The picture with a layer in its place, or in all of them.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn lay(
        &self,
        frame: &Frame,
        layer: &Frame,
        (opacity, mode): (f32, Mode),
        context: &Context<'_>,
    ) -> Result<Frame, Refusal> {
        let gap =
            |length: u32, gap: i64| (i64::from(length) + gap.max(0)).clamp(1, i64::from(u32::MAX)) as u32;
        let step = (gap(layer.width, self.offset.0), gap(layer.height, self.offset.1));
        let (corner, step) = match self.tile {
            true => ((0, 0), Some(step)),
            false => (self.corner(frame.size(), layer.size()), None),
        };
        laid_over(frame, &Layer { frame: layer, corner, step, opacity, mode }, context)
    }

    /// The left upper corner of a layer of `size`.
    fn corner(&self, picture: (u32, u32), size: (u32, u32)) -> (i64, i64) {
        let room = |picture: u32, length: u32| f64::from(picture) - f64::from(length);
        let (x, y) = self.position.place((room(picture.0, size.0), room(picture.1, size.1)));
        let (lean_x, lean_y) = self.position.place((1.0, 1.0));
        // From the right and the bottom inwards means to the left and up.
        let inwards = |offset: i64, lean: f64| if lean > 0.5 { -offset } else { offset };
        (x.floor() as i64 + inwards(self.offset.0, lean_x), y.floor() as i64 + inwards(self.offset.1, lean_y))
    }

    /// Pixels of a picture's width that a layer can have without reaching out of it.
    pub fn room(&self, width: u32) -> u32 {
        if self.tile {
            return width;
        }
        let away = u32::try_from(self.offset.0.unsigned_abs()).unwrap_or(u32::MAX);
        // From the middle a layer is moved towards one side, and grows towards both.
        let middle = self.position.place((1.0, 1.0)).0 == 0.5;
        width.saturating_sub(if middle { away.saturating_mul(2) } else { away }).max(1)
    }
}
