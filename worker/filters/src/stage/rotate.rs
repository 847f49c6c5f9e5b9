//! Turning, by quarters exactly and by any other angle with interpolation.

use super::Stage;
use super::sample::{ForSamples, Plane, Sample, in_its_depth};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "rotate",
    summary: "Turns clockwise; the image grows to hold its corners, and what is left free is transparent",
    example: "rotate(90)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[Parameter::number("degrees", -360.0, 360.0).unit("°")],
    build: |arguments| Ok(Step::stage(Rotate::new(arguments.number("degrees")))),
};

/// A turn, clockwise.
#[derive(Debug, Clone, Copy)]
enum Rotate {
    /// By a multiple of 90°.
    Quarters(Orientation),
    /// By any other angle.
    Angle { sine: f64, cosine: f64 },
}

impl Rotate {
    fn new(degrees: f64) -> Self {
        if degrees % 90.0 != 0.0 {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            return Self::Angle { sine, cosine };
        }
        Self::Quarters(match degrees.rem_euclid(360.0) as u32 {
            90 => Orientation::QUARTER_TURN,
            180 => Orientation::HALF_TURN,
            270 => Orientation::QUARTER_TURN_BACK,
            _ => Orientation::UPRIGHT,
        })
    }

    fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Quarters(orientation) => orientation.size(width, height),
            Self::Angle { sine, cosine } => {
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
        let nanoseconds = if self.adds_alpha() { 25.0 } else { 3.0 };
        f64::from(width) * f64::from(height) * nanoseconds * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        if self.adds_alpha() { u64::from(width) * u64::from(height) * 8 } else { 0 }
    }

    fn moves_pixels(&self) -> bool {
        !self.adds_alpha()
    }

    fn adds_alpha(&self) -> bool {
        matches!(self, Self::Angle { .. })
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        match *self {
            Self::Quarters(orientation) => orientation.apply(frame, context),
            Self::Angle { sine, cosine } => {
                let size = self.output_size(frame.size(), &context.limits)?;
                in_its_depth(&frame.with_alpha(), &Turned { size, sine, cosine, context })
            }
        }
    }
}

/// A picture with alpha, turned about its centre.
struct Turned<'a> {
    size: (u32, u32),
    sine: f64,
    cosine: f64,
    context: &'a Context<'a>,
}

impl ForSamples for Turned<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let (pixels, _) = input.samples.as_chunks::<4>();
        let (width, height) = self.size;
        let half = |length: u32| f64::from(length) / 2.0;
        let mut samples = vec![T::default(); width as usize * height as usize * 4];
        self.context.for_each_band(&mut samples, width as usize * 4, |first, band| {
            let (band, _) = band.as_chunks_mut::<4>();
            for (y, row) in band.chunks_mut(width as usize).enumerate() {
                // Centres of pixels, from the centre of the picture.
                let down = (first + y) as f64 + 0.5 - half(height);
                for (x, pixel) in row.iter_mut().enumerate() {
                    let across = x as f64 + 0.5 - half(width);
                    let u = self.cosine * across + self.sine * down + half(input.size.0) - 0.5;
                    let v = self.cosine * down - self.sine * across + half(input.size.1) - 0.5;
                    *pixel = between(pixels, input.size, u, v);
                }
            }
            Ok(())
        })?;
        Ok((samples, self.size))
    }
}

/// The colour at a point between four pixels, by linear interpolation; outside everything is transparent.
fn between<T: Sample>(pixels: &[[T; 4]], (width, height): (u32, u32), u: f64, v: f64) -> [T; 4] {
    let (left, top) = (u.floor(), v.floor());
    let (right_weight, bottom_weight) = ((u - left) as f32, (v - top) as f32);
    let (left, top) = (left as i64, top as i64);
    let (mut colour, mut alpha) = ([0.0; 3], 0.0);
    for (x, y, weight) in [
        (left, top, (1.0 - right_weight) * (1.0 - bottom_weight)),
        (left + 1, top, right_weight * (1.0 - bottom_weight)),
        (left, top + 1, (1.0 - right_weight) * bottom_weight),
        (left + 1, top + 1, right_weight * bottom_weight),
    ] {
        if x < 0 || y < 0 || x >= i64::from(width) || y >= i64::from(height) {
            continue;
        }
        let pixel = &pixels[y as usize * width as usize + x as usize];
        let opacity = pixel[3].value() * weight;
        alpha += opacity;
        for (sum, sample) in colour.iter_mut().zip(pixel) {
            *sum += sample.value() * opacity;
        }
    }
    if alpha <= 0.0 {
        return [T::default(); 4];
    }
    let [red, green, blue] = colour.map(|sum| T::rounded(sum / alpha));
    [red, green, blue, T::rounded(alpha)]
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
            let rotate = Rotate::new(degrees);
            let mut turned = frame.clone();
            for _ in 0..times {
                turned = rotate.apply(turned, &Context::unlimited(1)).unwrap();
            }
            assert_eq!(turned, frame, "{times} turns of {degrees}°");
        }
        let turned = Rotate::new(90.0).apply(frame, &Context::unlimited(1)).unwrap();
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
            let rotate = Rotate::new(degrees);
            let turned = rotate.apply(frame.clone(), &Context::unlimited(2)).unwrap();
            assert_eq!(turned.size(), rotate.output_size((100, 60), &Limits::default()).unwrap());
            let bytes = turned.bytes().unwrap();
            let centre = (turned.height as usize / 2 * turned.width as usize + turned.width as usize / 2) * 4;
            assert!(bytes[centre].abs_diff(100) <= 2 && bytes[centre + 1].abs_diff(90) <= 3, "{degrees}");
            let opaque: f64 = bytes.chunks(4).map(|pixel| f64::from(pixel[3]) / 255.0).sum();
            assert!((opaque - 6_000.0).abs() < 60.0, "{degrees}: {opaque} opaque pixels");
            assert_eq!(bytes[3], 0, "the corner is free");
        }
        assert_eq!(Rotate::new(45.0).size((100, 60)), (114, 114));
    }
}
