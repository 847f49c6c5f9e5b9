//! The mean around a point.

use super::smear::{Similarity, Steps, centre, cost_ms, furthest, smeared};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "spinblur",
    summary: "Blurs around a point, as turning the camera does: each pixel is the mean along an arc of angle",
    example: "spinblur(10, cx=50, cy=50)",
    cost: CostClass::High,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("angle", 0.0, 90.0).unit("°").or(10.0),
        Parameter::number("cx", -100.0, 200.0).unit("%").or(50.0),
        Parameter::number("cy", -100.0, 200.0).unit("%").or(50.0),
    ],
    build: |arguments| {
        let [angle, x, y] = ["angle", "cx", "cy"].map(|name| arguments.number(name));
        Ok(Step::stage(SpinBlur { angle: angle.to_radians(), x, y }))
    },
};

/// A mean around a point.
#[derive(Debug, Clone, Copy)]
struct SpinBlur {
    /// The whole of the arc, in radians.
    angle: f64,
    /// Where the point is, in percent of the width.
    x: f64,
    /// And of the height.
    y: f64,
}

impl SpinBlur {
    fn steps(self, size: (u32, u32)) -> Option<Steps> {
        Steps::for_path(furthest(size, centre(size, self.x, self.y)) * self.angle)
    }
}

impl Stage for SpinBlur {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        cost_ms(size, self.steps(size))
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8 * 3
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let Some(steps) = self.steps(frame.size()) else { return Ok(frame) };
        let middle = centre(frame.size(), self.x, self.y);
        let last = f64::from(steps.points() - 1);
        let one = self.angle / last;
        // Half of the arc to each side, so that nothing is turned as a whole.
        smeared(&frame, steps, -last / 2.0, context, |step| Similarity::about(middle, step * one, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, plain};
    use super::*;

    #[test]
    fn it_is_sound() {
        for chain in ["spinblur(0)", "spinblur(15)", "spinblur(90, cx=200, cy=0)"] {
            assert_sound(chain, 1);
        }
    }

    #[test]
    fn a_dot_becomes_an_arc_to_both_sides() {
        let mut samples = bytes(&plain(61, 61, [0; 3]));
        samples[(30 * 61 + 50) * 3] = 255;
        let got = bytes(&filtered("spinblur(40)", &Frame::from_u8(61, 61, false, samples).unwrap()));
        let red = |degrees: f64, radius: f64| {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            let at = |direction: f64| (30.0 + radius * direction).round() as usize;
            got[(at(sine) * 61 + at(cosine)) * 3]
        };
        assert!(red(15.0, 20.0) > 5 && red(-15.0, 20.0) > 5, "{} {}", red(15.0, 20.0), red(-15.0, 20.0));
        assert!(red(15.0, 20.0).abs_diff(red(-15.0, 20.0)) <= 1);
        assert_eq!((red(30.0, 20.0), red(-30.0, 20.0), red(0.0, 10.0)), (0, 0, 0));
    }
}
