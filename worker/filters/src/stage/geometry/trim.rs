//! Cutting off a border of one colour.

use super::{Settled, cut_out, shade};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "trim",
    summary: "Cuts off a border of one colour, that of the left upper corner if none is given; the first frame of an animation decides for all",
    example: "trim(10)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("tolerance", 0.0, 100.0).unit("%").or(4.0),
        Parameter::colour("colour").optional(),
    ],
    build: |arguments| {
        let tolerance = arguments.number("tolerance") as f32 / 100.0;
        let colour = arguments.given_colour("colour");
        Ok(Step::stage(Trim { tolerance, colour, kept: Settled::new() }))
    },
};

/// Left, top, width and height.
type Rectangle = (u32, u32, u32, u32);

/// A border to cut off.
#[derive(Debug)]
struct Trim {
    /// Difference of a channel, of 1, that is no difference yet.
    tolerance: f32,
    colour: Option<[u8; 4]>,
    kept: Settled<Rectangle>,
}

impl Stage for Trim {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 6e-6
    }

    fn moves_pixels(&self) -> bool {
        true
    }

    fn size_from_pixels(&self) -> bool {
        true
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let (left, top, width, height) = self.kept.settle(context, || {
            let found = std::cell::Cell::new((0, 0, frame.width, frame.height));
            in_its_depth(&frame, &Search { trim: self, context, found: &found })?;
            Ok(found.get())
        })?;
        if (width, height) == frame.size() {
            return Ok(frame);
        }
        cut_out(&frame, (left, top), (width, height))
    }
}

/// The search for the rectangle that is kept; makes no samples worth keeping.
struct Search<'a> {
    trim: &'a Trim,
    context: &'a Context<'a>,
    found: &'a std::cell::Cell<Rectangle>,
}

impl ForSamples for Search<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let channels = input.channels();
        let white = T::WHITE.value();
        let first = input.samples.get(..channels).unwrap_or_default();
        let ground = self.trim.colour.map_or_else(|| weighed(first), |colour| weighed(&shade::<T>(colour)));
        let most = self.trim.tolerance * white;
        let differs = |pixel: &[T]| {
            let pixel = weighed(pixel);
            pixel.iter().zip(&ground).any(|(one, other)| (one - other).abs() > most)
        };
        let lines = || input.samples.chunks_exact(input.row());
        let has_more = |line: &[T]| line.chunks_exact(channels).any(&differs);
        let height = input.size.1 as usize;
        let Some(top) = lines().position(has_more) else { return Ok((Vec::new(), (0, 0))) };
        let bottom = height - lines().rev().position(has_more).unwrap_or(0);
        self.context.check()?;
        let (mut left, mut right) = (input.size.0 as usize, 0);
        for line in lines().take(bottom).skip(top) {
            let pixels = || line.chunks_exact(channels);
            left = pixels().take(left).position(&differs).unwrap_or(left);
            let behind = pixels().skip(right);
            right = behind.rev().position(&differs).map_or(right, |at| input.size.0 as usize - at);
        }
        let size = (right.saturating_sub(left).max(1), bottom - top);
        self.found.set((left as u32, top as u32, size.0 as u32, size.1 as u32));
        Ok((Vec::new(), (0, 0)))
    }
}

/// Colours times alpha, and alpha: so that all that is transparent is alike.
fn weighed<T: Sample>(pixel: &[T]) -> [f32; 4] {
    let alpha = pixel.get(3).map_or(T::WHITE.value(), |alpha| alpha.value());
    let share = alpha / T::WHITE.value();
    let channel = |index: usize| pixel.get(index).map_or(0.0, |sample| sample.value() * share);
    [channel(0), channel(1), channel(2), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    fn picture(size: (u32, u32), inner: Rectangle, alpha: bool) -> Frame {
        let (left, top, width, height) = inner;
        let samples = (0..size.1)
            .flat_map(|y| (0..size.0).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                let inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
                let pixel =
                    if inside { [200, 40, 60, 255] } else { [255, 250, 250, if alpha { 0 } else { 255 }] };
                pixel[..3 + usize::from(alpha)].to_vec()
            })
            .collect();
        Frame::from_u8(size.0, size.1, alpha, samples).unwrap()
    }

    #[test]
    fn the_border_goes_and_the_rest_stays() {
        for inner in [(3, 4, 5, 6), (0, 0, 1, 1), (19, 29, 1, 1), (0, 5, 20, 3), (7, 0, 2, 30)] {
            for alpha in [false, true] {
                for wide in [false, true] {
                    let frame = picture((20, 30), inner, alpha);
                    let frame = if wide { frame.widened() } else { frame };
                    let chain = if alpha { "trim(colour=transparent)" } else { "trim(colour=white)" };
                    let trimmed = run(chain, frame);
                    assert_eq!(trimmed.size(), (inner.2, inner.3), "{inner:?}");
                    assert!(trimmed.bytes().unwrap().chunks(trimmed.channels()).all(|p| p[0] == 200));
                }
            }
        }
    }

    #[test]
    fn a_plain_picture_stays_whole() {
        for size in [(1, 1), (9, 1), (1, 9), (8, 8)] {
            let frame = picture(size, (0, 0, 0, 0), false);
            assert_eq!(run("trim", frame.clone()), frame);
        }
    }

    #[test]
    fn what_follows_sees_the_size_that_came_out() {
        let frame = picture((40, 40), (10, 10, 10, 20), false);
        let found = run("trim|equation(r = x)|resize(width=5)", frame);
        assert_eq!(found.size(), (5, 10));
        let bytes = found.bytes().unwrap();
        assert!(bytes[0] < 40 && bytes[4 * 3] > 215, "x goes from 0 to 1 over what was kept: {bytes:?}");
    }

    #[test]
    fn the_first_frame_decides() {
        let trim = Trim { tolerance: 0.04, colour: None, kept: Settled::new() };
        let first = Context::unlimited(1);
        let second = Context { frame_index: 1, ..first };
        assert_eq!(trim.apply(picture((9, 9), (2, 3, 4, 5), false), &first).unwrap().size(), (4, 5));
        assert_eq!(trim.apply(picture((9, 9), (1, 1, 7, 7), false), &second).unwrap().size(), (4, 5));
    }
}
