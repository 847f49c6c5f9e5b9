//! Slanting.

use super::{Map, warp};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "shear",
    summary: "Slants by angles: x moves the rows, lower ones further to the left, y then the columns; the image grows to hold its corners",
    example: "shear(20, background=white)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("x", -80.0, 80.0).unit("°").or(0.0),
        Parameter::number("y", -80.0, 80.0).unit("°").or(0.0),
        Parameter::colour("background").or_word("transparent"),
    ],
    build: |arguments| {
        let tangent = |name| arguments.number(name).to_radians().tan();
        let (x, y, background) = (tangent("x"), tangent("y"), arguments.colour("background"));
        Ok(Step::stage(Shear { x, y, background }))
    },
};

/// The map `x′ = x − X·y`, then `y′ = y + Y·x′`, about the middle: the directions of ImageMagick's `-shear`.
#[derive(Debug, Clone, Copy)]
struct Shear {
    /// Tangent of the slant of the columns.
    x: f64,
    /// Tangent of the slant of the rows.
    y: f64,
    background: [u8; 4],
}

impl Stage for Shear {
    fn output_size(&self, size: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        // A corner (w/2, h/2) or (w/2, −h/2) is the outermost one; a hair less for rounding errors.
        let across = width + self.x.abs() * height;
        let down = (self.y * width).abs() + ((1.0 - self.x * self.y) * height).abs();
        let whole = |length: f64| (length - 1e-6).ceil().max(1.0) as u32;
        let (width, height) = (whole(across), whole(down));
        limits.check_output(width, height, 1)?;
        Ok((width, height))
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.output_size(size, &Limits::default()).unwrap_or(size);
        f64::from(width) * f64::from(height) * 25e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn adds_alpha(&self) -> bool {
        self.background[3] < u8::MAX
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let size = self.output_size(frame.size(), &context.limits)?;
        let half = |length: u32| f64::from(length) / 2.0;
        // The way back: y = y′ − Y·x′, x = x′ + X·y.
        let (x, y) = (self.x, self.y);
        let back = Map::affine([1.0 - x * y, x, half(frame.width), -y, 1.0, half(frame.height)]);
        let map = back.after_shift(-half(size.0), -half(size.1));
        warp(frame, size, map, self.background, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    #[test]
    fn area_stays_and_the_middle_too() {
        let frame = Frame::from_u8(60, 40, false, [90, 60, 30].repeat(2400)).unwrap();
        for chain in ["shear(20)", "shear(-30)", "shear(0, 25)", "shear(15, -35)"] {
            let sheared = run(chain, frame.clone());
            let opaque: f64 = sheared.bytes().unwrap().chunks(4).map(|p| f64::from(p[3]) / 255.0).sum();
            assert!((opaque - 2400.0).abs() < 30.0, "{chain}: {opaque}");
        }
        let opaque = run("shear(20, background=#102030)", frame);
        assert!(!opaque.alpha && opaque.width == 75, "{}", opaque.width);
    }
}
