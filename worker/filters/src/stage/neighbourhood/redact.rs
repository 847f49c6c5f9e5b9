//! Making a part of the picture unreadable.

use super::pixelate::Pixelate;
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, Arguments, CostClass, Filter, Parameter, Step};
use crate::frame::{Frame, Samples};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::blur::blurred;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "redact",
    summary: "Hides a rectangle, by a blur, by squares or in one colour; strength is the blur's standard deviation or \
              the squares' side. Only fill leaves nothing to guess from",
    example: "redact(40, 30, 200, 60, mode=fill, colour=black)",
    cost: CostClass::Medium,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("x", 0.0, 65_535.0),
        Parameter::number("y", 0.0, 65_535.0),
        Parameter::number("width", 0.01, 65_535.0),
        Parameter::number("height", 0.01, 65_535.0),
        Parameter::choice("mode", &["blur", "pixelate", "fill"]),
        Parameter::number("strength", 2.0, 250.0).unit("px").or(20.0),
        Parameter::colour("colour").or_word("black"),
        Parameter::choice("unit", &["px", "percent"]),
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Step, ArgumentError> {
    let names = ["x", "y", "width", "height"];
    let percent = arguments.text("unit") == "percent";
    if let Some(name) = names.into_iter().find(|name| percent && arguments.number(name) > 100.0) {
        return Err(ArgumentError::new(name, format!("`{name}` goes up to 100 percent")));
    }
    let [red, green, blue, alpha] = arguments.colour("colour");
    if alpha < u8::MAX {
        return Err(ArgumentError::new("colour", "`colour` must be opaque to hide anything"));
    }
    let strength = arguments.number("strength");
    let mode = match arguments.text("mode") {
        "pixelate" => Mode::Pixelate(strength.round() as usize),
        "fill" => Mode::Fill([red, green, blue, alpha]),
        _ => Mode::Blur(strength),
    };
    let [x, y, width, height] = names.map(|name| arguments.number(name));
    Ok(Step::stage(Redact { x, y, width, height, percent, mode }))
}

/// A rectangle to hide.
#[derive(Debug, Clone, Copy)]
struct Redact {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// Whether these are parts of the picture's width and height.
    percent: bool,
    mode: Mode,
}

/// How it is hidden.
#[derive(Debug, Clone, Copy)]
enum Mode {
    /// By a Gaussian blur of what is inside.
    Blur(f64),
    /// By plain squares of this side.
    Pixelate(usize),
    /// In one colour.
    Fill([u8; 4]),
}

/// Pixels of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Redact {
    /// The pixels that are touched. A part outside of the picture is left out, but not the whole: a rectangle that
    /// hides nothing is a mistake that should be seen.
    fn area(&self, (width, height): (u32, u32)) -> Result<Area, Refusal> {
        let span = |start: f64, length: f64, side: u32| {
            let side = f64::from(side);
            let unit = if self.percent { side / 100.0 } else { 1.0 };
            // A hair less, so that 30 % of 10 pixels are 3 in spite of rounding errors.
            let end = ((start + length) * unit - 1e-6).ceil().min(side);
            ((start * unit + 1e-6).floor(), end)
        };
        let (left, right) = span(self.x, self.width, width);
        let (top, bottom) = span(self.y, self.height, height);
        if left >= right || top >= bottom {
            let detail =
                format!("redact: the rectangle is outside of the image, which is {width} × {height} there");
            return Err(Refusal::impossible(detail));
        }
        let [left, top, right, bottom] = [left, top, right, bottom].map(|at| at as usize);
        Ok(Area { left, top, right, bottom })
    }
}

impl Stage for Redact {
    fn output_size(&self, size: (u32, u32), _: &Limits) -> Result<(u32, u32), Refusal> {
        self.area(size).map(|_| size)
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let pixels = self.area(size).map_or(0, |area| (area.right - area.left) * (area.bottom - area.top));
        pixels as f64 * if matches!(self.mode, Mode::Blur(_)) { 18e-6 } else { 7e-6 }
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 4 * 6
    }

    fn apply(&self, mut frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let area = self.area(frame.size())?;
        let part = cut(&frame, area);
        let part = match self.mode {
            Mode::Blur(sigma) => blurred(part, sigma, context)?,
            Mode::Pixelate(size) => Pixelate { size }.apply(part, context)?,
            Mode::Fill(colour) => filled(part, colour),
        };
        match (&mut frame.samples, &part.samples) {
            (Samples::U8(samples), Samples::U8(part)) => {
                paste(samples, (frame.width, frame.alpha), part, area)
            }
            (Samples::U16(samples), Samples::U16(part)) => {
                paste(samples, (frame.width, frame.alpha), part, area);
            }
            _ => return Err(Refusal::internal("a part of a picture changed its depth")),
        }
        Ok(frame)
    }
}

/// The rows of an area, by their places among a picture's samples.
fn rows(area: Area, width: u32, channels: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let width = width as usize;
    (area.top..area.bottom)
        .map(move |y| (y * width + area.left) * channels..(y * width + area.right) * channels)
}

/// A part of a frame.
fn cut(frame: &Frame, area: Area) -> Frame {
    let places = rows(area, frame.width, frame.channels());
    let samples = match &frame.samples {
        Samples::U8(samples) => Samples::U8(places.flat_map(|row| samples[row].iter().copied()).collect()),
        Samples::U16(samples) => Samples::U16(places.flat_map(|row| samples[row].iter().copied()).collect()),
    };
    let (width, height) = ((area.right - area.left) as u32, (area.bottom - area.top) as u32);
    Frame { width, height, samples, alpha: frame.alpha }
}

/// Puts a part back.
fn paste<T: Copy>(samples: &mut [T], (width, alpha): (u32, bool), part: &[T], area: Area) {
    let channels = if alpha { 4 } else { 3 };
    let row = (area.right - area.left) * channels;
    for (place, part) in rows(area, width, channels).zip(part.chunks_exact(row)) {
        samples[place].copy_from_slice(part);
    }
}

/// A frame in one colour.
fn filled(frame: Frame, colour: [u8; 4]) -> Frame {
    let channels = frame.channels();
    let samples = match frame.samples {
        Samples::U8(samples) => {
            Samples::U8(colour.into_iter().take(channels).cycle().take(samples.len()).collect())
        }
        Samples::U16(samples) => {
            let wide = colour.into_iter().map(|sample| u16::from(sample) * 257);
            Samples::U16(wide.take(channels).cycle().take(samples.len()).collect())
        }
    };
    Frame { samples, ..frame }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, bytes, filtered, rough, stage};
    use super::*;

    #[test]
    fn only_the_rectangle_is_touched_in_both_depths() {
        for alpha in [false, true] {
            let frame = rough(60, 40, alpha);
            for mode in ["blur", "pixelate", "fill"] {
                let chain = format!("redact(10, 5, 30, 20, {mode}, 8, teal)");
                let got = filtered(&chain, &frame);
                let channels = frame.channels();
                let (after, before) = (bytes(&got), bytes(&frame));
                let mut changed = 0;
                for (index, (after, before)) in
                    after.chunks(channels).zip(before.chunks(channels)).enumerate()
                {
                    let inside = (10..40).contains(&(index % 60)) && (5..25).contains(&(index / 60));
                    assert!(inside || after == before, "{chain}: pixel {index}");
                    assert!(!inside || mode != "fill" || after == &[0, 128, 128, 255][..channels]);
                    changed += usize::from(after != before);
                }
                assert!(changed > 400, "{chain}: {changed}");
                // A strong blur rounds in between.
                assert_near(&chain, &got, &filtered(&chain, &frame.clone().widened()), 3);
            }
        }
    }

    #[test]
    fn what_is_outside_does_not_change_what_is_shown() {
        let (one, mut samples) = (rough(60, 40, false), bytes(&rough(60, 40, false)));
        samples[..60 * 5 * 3].fill(255);
        let other = Frame::from_u8(60, 40, false, samples).unwrap();
        let inside = |frame: &Frame| bytes(&filtered("redact(0, 5, 60, 35)", frame))[60 * 5 * 3..].to_vec();
        assert!(inside(&one) == inside(&other));
    }

    #[test]
    fn percent_are_parts_of_the_picture_and_what_sticks_out_is_left_out() {
        let area = |size, x, y, width, height, percent| {
            Redact { x, y, width, height, percent, mode: Mode::Blur(2.0) }.area(size).ok()
        };
        let wanted = Some(Area { left: 3, top: 0, right: 6, bottom: 20 });
        assert_eq!(area((10, 20), 30.0, 0.0, 30.0, 100.0, true), wanted);
        assert_eq!(area((10, 20), 3.0, 0.0, 3.0, 900.0, false), wanted);
        assert_eq!(area((10, 20), 10.0, 0.0, 3.0, 3.0, false), None);
        assert!(stage("redact(10, 0, 3, 3)").output_size((10, 20), &Limits::default()).is_err());
        assert!(stage("redact(9, 0, 3, 3)").output_size((10, 20), &Limits::default()).is_ok());
    }

    #[test]
    fn what_would_not_hide_is_refused() {
        assert!(crate::check("redact(0, 0, 5, 5, fill, colour=#00000080)").is_err());
        assert!(crate::check("redact(0, 0, 101, 5, unit=percent)").is_err());
        assert!(crate::check("redact(0, 0, 100, 5, unit=percent)").is_ok());
    }
}
