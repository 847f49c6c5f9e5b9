//! Pulling the corners.

use super::{Map, warp};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "perspective",
    summary: "Pulls the corners to eight numbers, x and y of the left upper corner and then clockwise; the image is as large as holds them",
    example: "perspective(40:0 360:30 400:280 0:300)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("corners", Kind::Numbers { min: -16_384.0, max: 16_384.0, least: 8, most: 8 })
            .unit("px"),
        Parameter::colour("background").or_word("transparent"),
    ],
    build: |arguments| {
        let (points, _) = arguments.numbers("corners").as_chunks::<2>();
        let corners: [[f64; 2]; 4] =
            points.try_into().map_err(|_| ArgumentError::new("corners", "`corners` are four points"))?;
        if !is_convex(&corners) {
            let message = "the corners go clockwise around a convex area: left upper, right upper, right lower, left lower";
            return Err(ArgumentError::new("corners", message));
        }
        Ok(Step::stage(Perspective { corners, background: arguments.colour("background") }))
    },
};

/// Whether each corner turns to the right, by more than a hair.
fn is_convex(corners: &[[f64; 2]; 4]) -> bool {
    (0..4).all(|index| {
        let [before, at, after] = [index, (index + 1) % 4, (index + 2) % 4].map(|corner| corners[corner]);
        let (one, other) = ([at[0] - before[0], at[1] - before[1]], [after[0] - at[0], after[1] - at[1]]);
        one[0] * other[1] - one[1] * other[0] > 1e-3
    })
}

/// The picture's corners and where they go.
#[derive(Debug, Clone, Copy)]
struct Perspective {
    corners: [[f64; 2]; 4],
    background: [u8; 4],
}

impl Perspective {
    /// Least and greatest coordinate along an axis.
    fn bounds(&self, axis: usize) -> (f64, f64) {
        let along = self.corners.map(|corner| corner[axis]);
        (along.into_iter().fold(f64::INFINITY, f64::min), along.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    /// The map from the unit square to the corners.
    ///
    /// P. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3.
    fn map_of_unit_square(&self) -> Map {
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = self.corners;
        let (sum_x, sum_y) = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3);
        let (dx1, dx2, dy1, dy2) = (x1 - x2, x3 - x2, y1 - y2, y3 - y2);
        let area = dx1 * dy2 - dx2 * dy1;
        let g = (sum_x * dy2 - dx2 * sum_y) / area;
        let h = (dx1 * sum_y - sum_x * dy1) / area;
        Map([[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]])
    }
}

impl Stage for Perspective {
    fn output_size(&self, _: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let length = |(least, most): (f64, f64)| (most - least - 1e-6).ceil().max(1.0) as u32;
        let (width, height) = (length(self.bounds(0)), length(self.bounds(1)));
        limits.check_output(width, height, 1)?;
        Ok((width, height))
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.output_size(size, &Limits::default()).unwrap_or(size);
        f64::from(width) * f64::from(height) * 30e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn adds_alpha(&self) -> bool {
        self.background[3] < u8::MAX
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let size = self.output_size(frame.size(), &context.limits)?;
        let back = self.map_of_unit_square().inverse();
        let Map([across, down, depth]) = back.ok_or_else(|| Refusal::impossible("perspective: no area"))?;
        let scaled = |row: [f64; 3], length: u32| row.map(|value| value * f64::from(length));
        let map = Map([scaled(across, frame.width), scaled(down, frame.height), depth]);
        let map = map.after_shift(self.bounds(0).0, self.bounds(1).0);
        warp(frame, size, map, self.background, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    fn gradient() -> Frame {
        let samples = (0..60 * 40).flat_map(|i| [(i % 60 * 4) as u8, (i / 60 * 6) as u8, 77]);
        Frame::from_u8(60, 40, false, samples.collect()).unwrap()
    }

    #[test]
    fn its_own_corners_change_nothing_and_shifted_ones_neither() {
        let still = run("perspective(0:0 60:0 60:40 0:40, background=red)", gradient());
        assert_eq!(still, gradient());
        let shifted = run("perspective(-7:5 53:5 53:45 -7:45, background=red)", gradient());
        assert_eq!(shifted, gradient());
    }

    #[test]
    fn corners_that_cross_are_a_mistake() {
        for corners in
            ["0:0 0:40 60:40 60:0", "0:0 60:40 60:0 0:40", "0:0 10:0 20:0 30:0", "0:0 60:0 5:5 0:40"]
        {
            assert!(crate::check(&format!("perspective({corners})")).is_err(), "{corners}");
        }
    }

    #[test]
    fn a_trapezium_keeps_its_edges_transparent() {
        let found = run("perspective(20:0 40:0 60:40 0:40)", gradient());
        assert_eq!((found.size(), found.alpha), ((60, 40), true));
        let pixel = |x: usize, y: usize| &found.bytes().unwrap()[(y * 60 + x) * 4..][..4];
        assert_eq!(pixel(2, 2)[3], 0);
        assert_eq!(pixel(30, 20)[3], 255);
        assert!(pixel(58, 39)[0] > 220);
    }
}
