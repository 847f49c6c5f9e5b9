//! The mean along a straight line.

use super::taps::{Kernel, Tap, averaged};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "motionblur",
    summary: "Blurs by the mean along a line of the given length, turned clockwise from the horizontal, as a moving \
              camera does",
    example: "motionblur(24, angle=30)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("length", 0.0, 500.0).unit("px"),
        Parameter::number("angle", -360.0, 360.0).unit("°").or(0.0),
    ],
    build: |arguments| {
        let (length, angle) = (arguments.number("length"), arguments.number("angle"));
        Ok(Step::stage(MotionBlur { length, angle }))
    },
};

/// Up to this length, in pixels, one pass is quicker than two.
const MOST_AT_ONCE: f64 = 24.0;
/// Points on a pixel of a line, by which the length within each pixel is found.
const POINTS: f64 = 16.0;

/// A mean along a line through each pixel.
#[derive(Debug, Clone, Copy)]
struct MotionBlur {
    /// Length in pixels.
    length: f64,
    /// Degrees from the horizontal, clockwise.
    angle: f64,
}

impl MotionBlur {
    /// The passes. A long line is a short line, repeated: `line(l) = line(l/n) * n points, l/n apart`, which needs
    /// `l/n + n` neighbours instead of `l`. Outside of the picture it is the mean of the short line that goes on then.
    fn passes(self) -> Vec<Kernel> {
        if self.length <= 1.0 {
            return Vec::new();
        }
        if self.length <= MOST_AT_ONCE {
            return vec![line(self.length, self.angle)];
        }
        let repeats = (self.length / 3.0).sqrt().round().max(2.0);
        let part = self.length / repeats;
        vec![line(part, self.angle), points(repeats as i32, part, self.angle)]
    }
}

impl Stage for MotionBlur {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let taps: usize = self.passes().iter().map(Kernel::len).sum();
        f64::from(width) * f64::from(height) * (4.0 + 0.7 * taps as f64) * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let passes = self.passes();
        let narrow = matches!(frame.samples, Samples::U8(_));
        // What is averaged once more must not be rounded before.
        let mut frame = if passes.len() > 1 { frame.widened() } else { frame };
        for kernel in &passes {
            frame = averaged(&frame, kernel, context)?;
        }
        Ok(if narrow { frame.narrowed() } else { frame })
    }
}

/// The pixels that a line through the middle of a pixel crosses; each weighs by the length within it.
fn line(length: f64, angle: f64) -> Kernel {
    let (sine, cosine) = angle.to_radians().sin_cos();
    let count = (length * POINTS).ceil().max(1.0) as i32;
    let taps = (0..count).map(|index| {
        let along = ((f64::from(index) + 0.5) / f64::from(count) - 0.5) * length;
        let nearest = |direction: f64| (along * direction + 0.5).floor() as i32;
        Tap { x: nearest(cosine), y: nearest(sine), weight: 1.0 / count as f32 }
    });
    Kernel::new(taps.collect())
}

/// Points on a line, each spread over the four pixels around it.
fn points(count: i32, apart: f64, angle: f64) -> Kernel {
    let (sine, cosine) = angle.to_radians().sin_cos();
    let mut taps = Vec::new();
    for index in 0..count {
        let along = (f64::from(index) - f64::from(count - 1) / 2.0) * apart;
        let (x, y) = (along * cosine, along * sine);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, bottom_share) = (x - left, y - top);
        for (x, x_share) in [(left, 1.0 - right_share), (left + 1.0, right_share)] {
            for (y, y_share) in [(top, 1.0 - bottom_share), (top + 1.0, bottom_share)] {
                let weight = (x_share * y_share / f64::from(count)) as f32;
                taps.push(Tap { x: x as i32, y: y as i32, weight });
            }
        }
    }
    Kernel::new(taps)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, plain, rough};
    use super::*;

    #[test]
    fn it_is_sound() {
        for chain in ["motionblur(0)", "motionblur(7, 30)", "motionblur(120, angle=-60)"] {
            assert_sound(chain, 1);
        }
    }

    #[test]
    fn a_dot_becomes_a_line_of_even_weight() {
        let mut samples = bytes(&plain(31, 31, [0; 3]));
        samples[(15 * 31 + 15) * 3] = 225;
        let dot = Frame::from_u8(31, 31, false, samples).unwrap();
        let got = bytes(&filtered("motionblur(9)", &dot));
        for (index, pixel) in got.chunks(3).enumerate() {
            let (x, y) = (index % 31, index / 31);
            assert_eq!(pixel[0], if y == 15 && (11..=19).contains(&x) { 25 } else { 0 }, "({x}, {y})");
        }
        let got = bytes(&filtered("motionblur(9, 90)", &dot));
        assert_eq!((got[(11 * 31 + 15) * 3], got[(15 * 31 + 11) * 3]), (25, 0));
        let got = bytes(&filtered("motionblur(9, 45)", &dot));
        assert!(got[(18 * 31 + 18) * 3] > 20 && got[(12 * 31 + 18) * 3] == 0, "clockwise");
    }

    #[test]
    fn two_passes_are_what_one_would_be() {
        let frame = rough(160, 120, false);
        for (length, angle) in [(45.0, 0.0), (60.0, 90.0), (50.0, 37.0)] {
            let got = filtered(&format!("motionblur({length}, {angle})"), &frame);
            let wanted = averaged(&frame, &line(length, angle), &Context::unlimited(1)).unwrap();
            // Where the line leaves the picture, the two go on with a little different edges.
            let margin = length as usize / 2 + 2;
            let inside = |frame: &Frame| {
                let (bytes, mut rows) = (bytes(frame), Vec::new());
                for y in margin..120 - margin {
                    rows.extend_from_slice(&bytes[(y * 160 + margin) * 3..(y * 160 + 160 - margin) * 3]);
                }
                let (width, height) = ((160 - 2 * margin) as u32, (120 - 2 * margin) as u32);
                Frame::from_u8(width, height, false, rows).unwrap()
            };
            assert_near(&format!("{length} px at {angle}°"), &inside(&got), &inside(&wanted), 7);
        }
    }
}
