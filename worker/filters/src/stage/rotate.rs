//! Turning, by quarters exactly and by any other angle with interpolation.

use super::Stage;
use super::geometry::{Map, warp};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "rotate",
    summary: "Turns clockwise; the image grows to hold its corners, and what is left free has the colour of the background",
    example: "rotate(90)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("degrees", -360.0, 360.0).unit("°"),
        Parameter::colour("background").or_word("transparent"),
    ],
    build: |arguments| {
        Ok(Step::stage(Rotate::new(arguments.number("degrees"), arguments.colour("background"))))
    },
};

/// A turn, clockwise.
#[derive(Debug, Clone, Copy)]
enum Rotate {
    /// By a multiple of 90°.
    Quarters(Orientation),
    /// By any other angle.
    Angle { sine: f64, cosine: f64, background: [u8; 4] },
}

impl Rotate {
    fn new(degrees: f64, background: [u8; 4]) -> Self {
        if degrees % 90.0 != 0.0 {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            return Self::Angle { sine, cosine, background };
        }
        Self::Quarters(match degrees.rem_euclid(360.0) as u32 {
            90 => Orientation::QUARTER_TURN,
            180 => Orientation::HALF_TURN,
            270 => Orientation::QUARTER_TURN_BACK,
            _ => Orientation::UPRIGHT,
        })
    }

    /// Whether colours between pixels are computed.
    fn interpolates(self) -> bool {
        matches!(self, Self::Angle { .. })
    }

    fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Quarters(orientation) => orientation.size(width, height),
            Self::Angle { sine, cosine, .. } => {
                let (sine, cosine) = (sine.abs(), cosine.abs());
                let (width, height) = (f64::from(width), f64::from(height));
                // A hair less, so that rounding errors of the product do not add a row.
                let whole = |length: f64| (length - 1e-6).ceil().max(1.0) as u32;
                (whole(width * cosine + height * sine), whole(width * sine + height * cosine))
            }
        }
    }
}

impl Stage for Rotate {
    fn output_size(&self, size: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let (width, height) = self.size(size);
        limits.check_output(width, height, 1)?;
        Ok((width, height))
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.size(size);
        let nanoseconds = if self.interpolates() { 25.0 } else { 3.0 };
        f64::from(width) * f64::from(height) * nanoseconds * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        if self.interpolates() { u64::from(width) * u64::from(height) * 8 } else { 0 }
    }

    fn moves_pixels(&self) -> bool {
        !self.interpolates()
    }

    fn commutes_with_points(&self) -> bool {
        self.moves_pixels()
    }

    fn adds_alpha(&self) -> bool {
        matches!(self, Self::Angle { background: [.., 0..=254], .. })
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        match *self {
            Self::Quarters(orientation) => orientation.apply(frame, context),
            Self::Angle { sine, cosine, background } => {
                let size = self.output_size(frame.size(), &context.limits)?;
                // The way back, about the middle of both pictures.
                let half = |length: u32| f64::from(length) / 2.0;
                let back = Map::affine([cosine, sine, half(frame.width), -sine, cosine, half(frame.height)]);
                let map = back.after_shift(-half(size.0), -half(size.1));
                warp(frame, size, map, background, context)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> Frame {
        let samples = (0..width * height).flat_map(|i| [(i % width * 2) as u8, (i / width * 3) as u8, 77]);
        Frame::from_u8(width, height, false, samples.collect()).unwrap()
    }

    #[test]
    fn quarters_are_exact_and_stay_opaque() {
        let frame = gradient(7, 5);
        for (degrees, times) in [(90.0, 4), (-90.0, 4), (180.0, 2), (270.0, 4), (360.0, 1), (0.0, 1)] {
            let rotate = Rotate::new(degrees, [0; 4]);
            let mut turned = frame.clone();
            for _ in 0..times {
                turned = rotate.apply(turned, &Context::unlimited(1)).unwrap();
            }
            assert_eq!(turned, frame, "{times} turns of {degrees}°");
        }
        let turned = Rotate::new(90.0, [0; 4]).apply(frame, &Context::unlimited(1)).unwrap();
        assert_eq!(turned.size(), (5, 7));
        assert_eq!(
            turned.bytes().unwrap()[..3],
            [0, 12, 77],
            "the left lower corner comes to the left upper"
        );
    }

    #[test]
    fn any_angle_holds_the_corners_and_keeps_the_centre() {
        let frame = gradient(100, 60);
        for degrees in [1.0, 30.0, 45.0, 133.7, -77.0] {
            let rotate = Rotate::new(degrees, [0; 4]);
            let turned = rotate.apply(frame.clone(), &Context::unlimited(2)).unwrap();
            assert_eq!(turned.size(), rotate.output_size((100, 60), &Limits::default()).unwrap());
            let bytes = turned.bytes().unwrap();
            let centre = (turned.height as usize / 2 * turned.width as usize + turned.width as usize / 2) * 4;
            assert!(bytes[centre].abs_diff(100) <= 2 && bytes[centre + 1].abs_diff(90) <= 3, "{degrees}");
            let opaque: f64 = bytes.chunks(4).map(|pixel| f64::from(pixel[3]) / 255.0).sum();
            assert!((opaque - 6_000.0).abs() < 60.0, "{degrees}: {opaque} opaque pixels");
            assert_eq!(bytes[3], 0, "the corner is free");
        }
        assert_eq!(Rotate::new(45.0, [0; 4]).size((100, 60)), (114, 114));
    }
}
