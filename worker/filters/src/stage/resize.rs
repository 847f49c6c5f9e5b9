//! Changing the size.

use super::Stage;
use super::geometry::{Focus, Gravity, Settled, most_salient, placed};
use super::sample::{ForSamples, Plane, Sample, in_its_depth};
use super::scale::{Interpolation, Window, scale};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "resize",
    summary: "Scales to a width, a height, or a box of both; one side alone keeps the shape. Cover keeps what gravity says, fill puts a ground of a colour around",
    example: "resize(width=800)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        side("width"),
        side("height"),
        Parameter::choice("mode", &["fit", "cover", "fill", "stretch"]),
        Parameter::choice("kernel", &["lanczos", "mitchell", "cubic", "linear", "box", "nearest"]),
        Focus::parameter("gravity"),
        Parameter::colour("colour").or_word("transparent"),
        Parameter::choice("enlarge", &["yes", "no"]),
    ],
    build: |arguments| {
        let side = |name| arguments.optional(name).map(|length| length as u32);
        let (width, height) = (side("width"), side("height"));
        if width.is_none() && height.is_none() {
            return Err(ArgumentError::new("", "resize needs a width, a height or both"));
        }
        let mode = match arguments.text("mode") {
            "cover" => Mode::Cover,
            "fill" => Mode::Fill,
            "stretch" => Mode::Stretch,
            _ => Mode::Fit,
        };
        let kernel = match arguments.text("kernel") {
            "mitchell" => Interpolation::Mitchell,
            "cubic" => Interpolation::Cubic,
            "linear" => Interpolation::Linear,
            "box" => Interpolation::Box,
            "nearest" => Interpolation::Nearest,
            _ => Interpolation::Lanczos,
        };
        let focus = Focus::of(arguments.text("gravity"));
        if focus == Focus::Smart && (mode != Mode::Cover || width.is_none() || height.is_none()) {
            let message = "`smart` chooses what is cut off: it needs mode=cover with a width and a height";
            return Err(ArgumentError::new("gravity", message));
        }
        let colour = arguments.colour("colour");
        let enlarge = arguments.text("enlarge") != "no";
        Ok(Step::stage(Resize { width, height, mode, kernel, focus, colour, enlarge, found: Settled::new() }))
    },
};

const fn side(name: &'static str) -> Parameter {
    Parameter::integer(name, 1, 65_535).unit("px").optional()
}

/// What becomes of a picture whose shape is not that of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As large as fits into the box; the result may be smaller than the box.
    Fit,
    /// As small as covers the box; what stands out is cut off.
    Cover,
    /// As `Fit`, with a ground of one colour around the picture.
    Fill,
    /// Exactly the box, out of shape.
    Stretch,
}

/// A change of size.
#[derive(Debug)]
pub(super) struct Resize {
    width: Option<u32>,
    height: Option<u32>,
    mode: Mode,
    kernel: Interpolation,
    /// What `Cover` keeps and where `Fill` puts the picture.
    focus: Focus,
    /// The ground of `Fill`.
    colour: [u8; 4],
    /// Whether the picture may become larger than it is.
    enlarge: bool,
    /// The corner that drew attention in the first frame.
    found: Settled<(f64, f64)>,
}

impl Resize {
    /// Covers a box with what draws attention.
    pub fn smart(width: u32, height: u32) -> Self {
        Self {
            width: Some(width),
            height: Some(height),
            mode: Mode::Cover,
            kernel: Interpolation::Lanczos,
            focus: Focus::Smart,
            colour: [0; 4],
            enlarge: true,
            found: Settled::new(),
        }
    }

    /// The size of the scaled picture, before anything is added around it.
    fn scaled_size(&self, size: (u32, u32)) -> (u32, u32) {
        let to = self.wanted_size(size);
        if self.enlarge || (to.0 <= size.0 && to.1 <= size.1) {
            return to;
        }
        match self.mode {
            Mode::Fit | Mode::Fill => size,
            Mode::Stretch | Mode::Cover => (to.0.min(size.0), to.1.min(size.1)),
        }
    }

    /// The same if enlarging were no matter.
    fn wanted_size(&self, (width, height): (u32, u32)) -> (u32, u32) {
        let shaped = |length: u32, numerator: u32, denominator: u32| {
            let exact = f64::from(length) * f64::from(numerator) / f64::from(denominator);
            exact.round().clamp(1.0, f64::from(u32::MAX)) as u32
        };
        let by_width = |to: u32| (to, shaped(to, height, width));
        let by_height = |to: u32| (shaped(to, width, height), to);
        match (self.width, self.height) {
            (Some(to), None) => by_width(to),
            (None, Some(to)) => by_height(to),
            (None, None) => (width, height),
            (Some(to_width), Some(to_height)) => match self.mode {
                Mode::Stretch | Mode::Cover => (to_width, to_height),
                Mode::Fit | Mode::Fill => {
                    // Compared as products, so that no rounding decides.
                    let wide =
                        u64::from(width) * u64::from(to_height) > u64::from(height) * u64::from(to_width);
                    if wide { by_width(to_width) } else { by_height(to_height) }
                }
            },
        }
    }

    /// The box, where both sides are given.
    fn area(&self) -> Option<(u32, u32)> {
        self.width.zip(self.height)
    }

    /// The part of the input that is seen in the result.
    fn window(&self, frame: &Frame, context: &Context<'_>) -> Result<Window, Refusal> {
        let whole = Window::of(frame.size());
        if self.mode != Mode::Cover || self.area().is_none() {
            return Ok(whole);
        }
        let (width, height) = self.scaled_size(frame.size());
        let shape = f64::from(width) / f64::from(height);
        let size = if whole.width > whole.height * shape {
            (whole.height * shape, whole.height)
        } else {
            (whole.width, whole.width / shape)
        };
        let (left, top) = match self.focus {
            Focus::Place(gravity) => gravity.place((whole.width - size.0, whole.height - size.1)),
            Focus::Smart => self.found.settle(context, || most_salient(frame, size, context))?,
        };
        Ok(Window { left, top, width: size.0, height: size.1 })
    }
}

impl Stage for Resize {
    fn output_size(&self, size: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let scaled = self.scaled_size(size);
        let result = self.area().filter(|_| self.mode == Mode::Fill).unwrap_or(scaled);
        limits.check_output(result.0, result.1, 1)?;
        Ok(result)
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let to = self.scaled_size(size);
        let megapixels = |(width, height): (u32, u32)| f64::from(width) * f64::from(height) / 1e6;
        3.0 * megapixels(size) + 8.0 * megapixels(to)
    }

    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        // One more picture between the two passes, and the colours multiplied with their alpha.
        let to = self.scaled_size(size);
        let pixels = u64::from(size.0) * u64::from(size.1);
        (u64::from(to.0) * u64::from(size.1) + pixels) * 4 * 2
    }

    fn adds_alpha(&self) -> bool {
        self.mode == Mode::Fill && self.colour[3] < u8::MAX
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let result = self.output_size(frame.size(), &context.limits)?;
        if result == frame.size() && self.mode != Mode::Cover {
            return Ok(frame);
        }
        let size = self.scaled_size(frame.size());
        let scaled = if size == frame.size() && self.mode != Mode::Cover {
            frame
        } else {
            let window = self.window(&frame, context)?;
            in_its_depth(&frame, &Scaling { window, size, kernel: self.kernel })?
        };
        let gravity = match self.focus {
            Focus::Place(gravity) => gravity,
            Focus::Smart => Gravity::CENTER,
        };
        let room = (result.0.saturating_sub(size.0), result.1.saturating_sub(size.1));
        let scaled = if self.adds_alpha() { scaled.with_alpha() } else { scaled };
        placed(scaled, gravity.place_whole(room), result, self.colour)
    }
}

struct Scaling {
    window: Window,
    size: (u32, u32),
    kernel: Interpolation,
}

impl ForSamples for Scaling {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let samples = scale(input, self.window, self.size, self.kernel, false)?;
        Ok((samples, self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(width: Option<u32>, height: Option<u32>, mode: Mode) -> Resize {
        let focus = Focus::Place(Gravity::CENTER);
        Resize { width, height, mode, focus, ..Resize::smart(1, 1) }
    }

    #[test]
    fn sizes_follow_the_mode() {
        let size = |width, height, mode| {
            resize(width, height, mode).output_size((400, 200), &Limits::default()).unwrap()
        };
        assert_eq!(size(Some(100), None, Mode::Fit), (100, 50));
        assert_eq!(size(None, Some(100), Mode::Fit), (200, 100));
        assert_eq!(size(Some(100), Some(100), Mode::Fit), (100, 50));
        assert_eq!(size(Some(300), Some(100), Mode::Fit), (200, 100));
        assert_eq!(size(Some(100), Some(100), Mode::Cover), (100, 100));
        assert_eq!(size(Some(100), Some(100), Mode::Fill), (100, 100));
        assert_eq!(size(Some(100), Some(100), Mode::Stretch), (100, 100));
        assert_eq!(size(Some(1), None, Mode::Fit), (1, 1));
        let refusal = resize(Some(60_000), None, Mode::Fit).output_size((4, 2), &Limits::default());
        assert_eq!(refusal.unwrap_err().code, crate::RefusalCode::OutputTooLarge);
    }

    #[test]
    fn cover_shows_the_middle_and_fill_shows_all() {
        // Left third red, middle green, right blue.
        let colour = |x: u32| [[255, 0, 0], [0, 255, 0], [0, 0, 255]][x as usize / 40];
        let samples: Vec<u8> = (0..120 * 40).flat_map(|i| colour(i % 120)).collect();
        let frame = Frame::from_u8(120, 40, false, samples).unwrap();
        let context = Context::unlimited(1);
        let cover = resize(Some(20), Some(20), Mode::Cover).apply(frame.clone(), &context).unwrap();
        assert_eq!((cover.size(), cover.alpha), ((20, 20), false));
        assert_eq!(cover.bytes().unwrap()[(10 * 20 + 10) * 3..][..3], [0, 255, 0]);
        let fill = resize(Some(60), Some(60), Mode::Fill).apply(frame, &context).unwrap();
        assert_eq!((fill.size(), fill.alpha), ((60, 60), true));
        let pixel = |x: usize, y: usize| fill.bytes().unwrap()[(y * 60 + x) * 4..][..4].to_vec();
        assert_eq!(pixel(30, 5), [0, 0, 0, 0]);
        assert_eq!(pixel(5, 30), [255, 0, 0, 255]);
        assert_eq!(pixel(55, 30), [0, 0, 255, 255]);
    }

    #[test]
    fn every_kernel_keeps_a_plain_picture_plain() {
        for kernel in [Interpolation::Nearest, Interpolation::Lanczos, Interpolation::Box] {
            for (from, to) in [((1, 1), (50, 3)), ((300, 2), (1, 1)), ((31, 17), (64, 5))] {
                for wide in [false, true] {
                    let samples = [9, 90, 200].repeat(from.0 as usize * from.1 as usize);
                    let frame = Frame::from_u8(from.0, from.1, false, samples).unwrap();
                    let frame = if wide { frame.widened() } else { frame };
                    let stage = Resize { kernel, ..resize(Some(to.0), Some(to.1), Mode::Stretch) };
                    let got = stage.apply(frame, &Context::unlimited(1)).unwrap().narrowed();
                    assert_eq!(got.size(), to);
                    assert!(got.bytes().unwrap().chunks(3).all(|pixel| pixel == [9, 90, 200]));
                }
            }
        }
    }
}
