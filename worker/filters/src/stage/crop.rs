//! Cutting out a rectangle.

use super::Stage;
use super::sample::{ForSamples, Plane, Sample, in_its_depth};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "crop",
    summary: "Cuts out a rectangle; without x or y it is taken from the middle",
    example: "crop(400, 300, x=10, y=20)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        pixels("width", 1),
        pixels("height", 1),
        pixels("x", 0).optional(),
        pixels("y", 0).optional(),
    ],
    build: |arguments| {
        let start = |name| arguments.optional(name).map(|at| at as u32);
        Ok(Step::stage(Crop {
            width: arguments.number("width") as u32,
            height: arguments.number("height") as u32,
            x: start("x"),
            y: start("y"),
        }))
    },
};

const fn pixels(name: &'static str, min: i64) -> Parameter {
    Parameter::integer(name, min, 65_535).unit("px")
}

/// A rectangle to cut out.
#[derive(Debug, Clone, Copy)]
struct Crop {
    width: u32,
    height: u32,
    /// Pixels left of it; `None`: as many as on its right.
    x: Option<u32>,
    /// Pixels above it; `None`: as many as below.
    y: Option<u32>,
}

impl Crop {
    /// Its left upper corner, if it lies inside of a picture of this size.
    fn corner(&self, (width, height): (u32, u32)) -> Result<(u32, u32), Refusal> {
        let start = |at: Option<u32>, length: u32, side: u32| {
            let rest = side.checked_sub(length)?;
            at.map_or(Some(rest / 2), |at| (at <= rest).then_some(at))
        };
        start(self.x, self.width, width).zip(start(self.y, self.height, height)).ok_or_else(|| {
            let at = |start: Option<u32>| start.map_or("the middle".to_owned(), |at| at.to_string());
            Refusal::impossible(format!(
                "crop: {} × {} at ({}, {}) is not inside of the image, which is {width} × {height} there",
                self.width,
                self.height,
                at(self.x),
                at(self.y)
            ))
        })
    }
}

impl Stage for Crop {
    fn output_size(&self, size: (u32, u32), _: &Limits) -> Result<(u32, u32), Refusal> {
        self.corner(size).map(|_| (self.width, self.height))
    }

    fn cost_ms(&self, _: (u32, u32)) -> f64 {
        f64::from(self.width) * f64::from(self.height) * 1e-6
    }

    fn moves_pixels(&self) -> bool {
        true
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        in_its_depth(&frame, self)
    }
}

impl ForSamples for Crop {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let (left, top) = self.corner(input.size)?;
        let channels = input.channels();
        let row = self.width as usize * channels;
        let mut samples = Vec::with_capacity(row * self.height as usize);
        for line in input.samples.chunks_exact(input.row()).skip(top as usize).take(self.height as usize) {
            samples.extend_from_slice(&line[left as usize * channels..][..row]);
        }
        Ok((samples, (self.width, self.height)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_cut_out_where_it_was_asked_for() {
        let samples: Vec<u8> = (0..5 * 4).flat_map(|i| [i, 0, 0]).collect();
        let frame = Frame::from_u8(5, 4, false, samples).unwrap();
        let reds = |x, y| {
            let got =
                Crop { width: 2, height: 2, x, y }.apply(frame.clone(), &Context::unlimited(1)).unwrap();
            got.bytes().unwrap().chunks(3).map(|pixel| pixel[0]).collect::<Vec<u8>>()
        };
        assert_eq!(reds(Some(0), Some(0)), [0, 1, 5, 6]);
        assert_eq!(reds(Some(3), Some(2)), [13, 14, 18, 19]);
        assert_eq!(reds(None, None), [6, 7, 11, 12]);
    }

    #[test]
    fn a_rectangle_that_sticks_out_is_refused() {
        let crop = |width, height, x, y| {
            let crop = Crop { width, height, x, y };
            crop.output_size((5, 4), &Limits::default()).map_err(|refusal| refusal.code)
        };
        let impossible = Err(crate::RefusalCode::ImpossibleChain);
        assert_eq!(crop(5, 4, None, None), Ok((5, 4)));
        assert_eq!(crop(6, 4, None, None), impossible);
        assert_eq!(crop(2, 2, Some(4), None), impossible);
        assert_eq!(crop(2, 2, Some(u32::MAX), Some(0)), impossible);
    }
}
