//! The mean towards a point.

use super::smear::{Similarity, Steps, centre, cost_ms, furthest, smeared};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "zoomblur",
    summary: "Blurs towards a point, as zooming while exposing does: each pixel is the mean of the nearest amount of \
              its way there",
    example: "zoomblur(20, cx=50, cy=40)",
    cost: CostClass::High,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 90.0).unit("%").or(20.0),
        Parameter::number("cx", -100.0, 200.0).unit("%").or(50.0),
        Parameter::number("cy", -100.0, 200.0).unit("%").or(50.0),
    ],
    build: |arguments| {
        let [amount, x, y] = ["amount", "cx", "cy"].map(|name| arguments.number(name));
        Ok(Step::stage(ZoomBlur { amount: amount / 100.0, x, y }))
    },
};

/// A mean towards a point.
#[derive(Debug, Clone, Copy)]
struct ZoomBlur {
    /// Share of the way to the point.
    amount: f64,
    /// Where the point is, in percent of the width.
    x: f64,
    /// And of the height.
    y: f64,
}

impl ZoomBlur {
    fn steps(self, size: (u32, u32)) -> Option<Steps> {
        Steps::for_path(furthest(size, centre(size, self.x, self.y)) * self.amount)
    }
}

impl Stage for ZoomBlur {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        cost_ms(size, self.steps(size))
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8 * 3
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let Some(steps) = self.steps(frame.size()) else { return Ok(frame) };
        let middle = centre(frame.size(), self.x, self.y);
        let ratio = (1.0 - self.amount).powf(1.0 / f64::from(steps.points() - 1));
        smeared(&frame, steps, 0.0, context, |step| Similarity::about(middle, 0.0, ratio.powf(step)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, plain, rough};
    use super::*;

    #[test]
    fn it_is_sound() {
        for chain in ["zoomblur(0)", "zoomblur(30)", "zoomblur(90, cx=-50, cy=200)"] {
            assert_sound(chain, 1);
        }
    }

    #[test]
    fn the_point_stays_and_colours_come_from_towards_it() {
        let mut samples = bytes(&plain(61, 61, [0; 3]));
        for at in [30 * 61 + 30, 30 * 61 + 40] {
            samples[at * 3] = 255;
        }
        let got = bytes(&filtered("zoomblur(50)", &Frame::from_u8(61, 61, false, samples).unwrap()));
        let red = |x: usize, y: usize| got[(y * 61 + x) * 3];
        assert!(red(30, 30) > 200, "{}", red(30, 30));
        assert!(red(45, 30) > 5 && red(50, 30) > 5, "outwards: {} {}", red(45, 30), red(50, 30));
        assert_eq!((red(36, 30), red(40, 36)), (0, 0), "neither inwards nor aside");
    }

    #[test]
    fn nothing_is_changed_by_nothing() {
        let frame = rough(40, 30, true);
        assert!(filtered("zoomblur(0)", &frame) == frame);
    }
}
