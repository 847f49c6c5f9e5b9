//! A blur that grows across the picture.

use super::graded::{cost_ms, graded, scratch_bytes, smooth};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "progressiveblur",
    summary: "Blurs more and more towards one side, from start to end of the way there",
    example: "progressiveblur(12, towards=bottom, start=40)",
    cost: CostClass::High,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("sigma", 0.1, 50.0).unit("px").or(8.0),
        Parameter::choice("towards", &["bottom", "top", "left", "right"]),
        Parameter::number("start", 0.0, 100.0).unit("%").or(0.0),
        Parameter::number("end", 0.0, 100.0).unit("%").or(100.0),
    ],
    build: |arguments| {
        let (start, end) = (arguments.number("start"), arguments.number("end"));
        if start >= end {
            return Err(crate::filter::ArgumentError::new("start", "`start` must be less than `end`"));
        }
        let towards = match arguments.text("towards") {
            "top" => (0.0, -1.0),
            "left" => (-1.0, 0.0),
            "right" => (1.0, 0.0),
            _ => (0.0, 1.0),
        };
        let (start, end) = ((start / 100.0) as f32, (end / 100.0) as f32);
        Ok(Step::stage(ProgressiveBlur { sigma: arguments.number("sigma"), towards, start, end }))
    },
};

/// A blur that grows.
#[derive(Debug, Clone, Copy)]
struct ProgressiveBlur {
    /// Standard deviation of the full blur, in pixels.
    sigma: f64,
    /// One step to the right and downwards.
    towards: (f32, f32),
    /// Where the blur begins, from 0 to 1.
    start: f32,
    /// Where it is full.
    end: f32,
}

impl Stage for ProgressiveBlur {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        cost_ms(size, self.sigma)
    }

    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        scratch_bytes(size)
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let (width, height) = (frame.width as f32, frame.height as f32);
        graded(&frame, self.sigma, context, |x, y| {
            // From −½ to ½ along the axis that counts.
            let (across, down) = ((x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5);
            let way = 0.5 + across * self.towards.0 + down * self.towards.1;
            smooth((way - self.start) / (self.end - self.start))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        assert_sound("progressiveblur", 2);
        assert_sound("progressiveblur(20, left, start=30, end=60)", 2);
    }

    #[test]
    fn it_grows_to_the_side_that_was_asked_for() {
        let frame = rough(60, 60, false);
        let blurred = bytes(&filtered("blur(4)", &frame));
        let sharp = bytes(&frame);
        for (towards, clear, full) in
            [("bottom", (30, 5), (30, 55)), ("top", (30, 55), (30, 5)), ("left", (55, 30), (5, 30))]
        {
            let got = bytes(&filtered(&format!("progressiveblur(4, {towards}, 20, 80)"), &frame));
            let at = |(x, y): (usize, usize)| (y * 60 + x) * 3..(y * 60 + x) * 3 + 3;
            assert_eq!(got[at(clear)], sharp[at(clear)], "{towards}");
            assert_eq!(got[at(full)], blurred[at(full)], "{towards}");
        }
    }

    #[test]
    fn a_way_that_ends_before_it_starts_is_refused() {
        assert!(crate::check("progressiveblur(start=50, end=50)").is_err());
    }
}
