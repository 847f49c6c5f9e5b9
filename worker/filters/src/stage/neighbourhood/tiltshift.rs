//! A sharp strip in a blurred picture.

use super::graded::{cost_ms, graded, scratch_bytes, smooth};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "tiltshift",
    summary: "Keeps a strip sharp and blurs the rest more and more, as a tilted lens does; position and size of the \
              strip are parts of the height, and the blur is full one size further out",
    example: "tiltshift(position=60, size=25, sigma=8)",
    cost: CostClass::High,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("position", 0.0, 100.0).unit("%").or(50.0),
        Parameter::number("size", 0.0, 100.0).unit("%").or(25.0),
        Parameter::number("sigma", 0.1, 50.0).unit("px").or(6.0),
        Parameter::number("angle", -180.0, 180.0).unit("°").or(0.0),
    ],
    build: |arguments| {
        let [position, size, sigma, angle] =
            ["position", "size", "sigma", "angle"].map(|name| arguments.number(name));
        Ok(Step::stage(TiltShift { position, size, sigma, angle }))
    },
};

/// A sharp strip.
#[derive(Debug, Clone, Copy)]
struct TiltShift {
    /// Where the middle of the strip is, in percent of the height.
    position: f64,
    /// Its width in percent of the height.
    size: f64,
    /// Standard deviation of the full blur, in pixels.
    sigma: f64,
    /// Degrees by which the strip is turned clockwise about the point in the middle of its length.
    angle: f64,
}

impl Stage for TiltShift {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        cost_ms(size, self.sigma)
    }

    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        scratch_bytes(size)
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let (width, height) = (f64::from(frame.width), f64::from(frame.height));
        let (sine, cosine) = self.angle.to_radians().sin_cos();
        let (x, y) = (width / 2.0 - 0.5, height * self.position / 100.0 - 0.5);
        let strip = height * self.size / 100.0;
        let [sine, cosine, x, y] = [sine, cosine, x, y].map(|value| value as f32);
        let (half, fade) = ((strip / 2.0) as f32, strip.max(height * 0.05) as f32);
        graded(&frame, self.sigma, context, |u, v| {
            let distance = ((v - y) * cosine - (u - x) * sine).abs();
            smooth((distance - half) / fade)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        assert_sound("tiltshift", 2);
        assert_sound("tiltshift(0, 0, 20, angle=77)", 2);
    }

    #[test]
    fn the_strip_is_sharp_and_what_is_far_is_blurred() {
        let frame = rough(60, 100, false);
        let got = filtered("tiltshift(position=30, size=20, sigma=3)", &frame);
        let blurred = filtered("blur(3)", &frame);
        let rows = |frame, from: usize, to: usize| bytes(frame)[from * 180..to * 180].to_vec();
        assert!(rows(&got, 21, 39) == rows(&frame, 21, 39));
        assert!(rows(&got, 61, 100) == rows(&blurred, 61, 100));
        assert!(rows(&got, 48, 52) != rows(&frame, 48, 52) && rows(&got, 48, 52) != rows(&blurred, 48, 52));
        let upright = filtered("tiltshift(position=50, size=10, sigma=3, angle=90)", &frame);
        let column = |frame, x: usize| bytes(frame).chunks(180).map(|row| row[x * 3]).collect::<Vec<u8>>();
        assert!(column(&upright, 30) == column(&frame, 30));
        assert!(column(&upright, 2) == column(&blurred, 2));
    }

    #[test]
    fn a_strip_as_large_as_the_picture_leaves_it_alone() {
        let frame = rough(30, 30, true);
        assert_near("all sharp", &filtered("tiltshift(size=100)", &frame), &frame, 0);
    }
}
