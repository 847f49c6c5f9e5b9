//! Chromatic aberration.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::neighbourhood::bands::{Bands, by_bands};
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "aberration",
    summary: "Shifts red outwards and blue inwards as simple lenses do, by amount pixels in the corners; with an angle \
              everywhere by the same, red that way (clockwise from the right) and blue the other",
    example: "aberration(4)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", -100.0, 100.0).unit("px").or(3.0),
        Parameter::number("angle", -360.0, 360.0).unit("°").optional(),
    ],
    build: |arguments| {
        let amount = arguments.number("amount");
        let shift = match arguments.optional("angle") {
            Some(angle) => {
                let (sine, cosine) = angle.to_radians().sin_cos();
                Shift::Even([cosine * amount, sine * amount])
            }
            None => Shift::Radial(amount),
        };
        Ok(Step::stage(Aberration(shift)))
    },
};

/// Red and blue shifted against green.
#[derive(Debug, Clone, Copy)]
struct Aberration(Shift);

/// By how much red is shifted, in pixels; blue is shifted by as much the other way.
#[derive(Debug, Clone, Copy)]
enum Shift {
    /// By so much to the right and downwards.
    Even([f64; 2]),
    /// Away from the middle, by so much in the corners.
    Radial(f64),
}

impl Stage for Aberration {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 85e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        by_bands(&frame, self, context)
    }
}

impl Aberration {
    /// Where the red of a pixel comes from, less the pixel's own place.
    fn source(self, (x, y): (f64, f64), (width, height): (u32, u32)) -> [f64; 2] {
        match self.0 {
            Shift::Even([right, down]) => [-right, -down],
            Shift::Radial(amount) => {
                let (half_width, half_height) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
                let share = amount / half_width.hypot(half_height);
                [(half_width - 0.5 - x) * share, (half_height - 0.5 - y) * share]
            }
        }
    }
}

impl Bands for Aberration {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            for (x, pixel) in output.chunks_exact_mut(input.channels()).enumerate() {
                let (x, y) = (x as f64, y as f64);
                let [across, down] = self.source((x, y), input.size);
                for (channel, sign) in [(0, 1.0), (2, -1.0)] {
                    if let Some(value) = at(input, channel, (x + sign * across, y + sign * down)) {
                        pixel[channel] = T::rounded(value);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A colour between four pixels, by linear interpolation, weighed by alpha; none where nothing is seen.
fn at<T: Sample>(input: Plane<'_, T>, channel: usize, (u, v): (f64, f64)) -> Option<f32> {
    let (right, bottom) = (input.size.0 as usize - 1, input.size.1 as usize - 1);
    let (u, v) = (u.clamp(0.0, right as f64), v.clamp(0.0, bottom as f64));
    let (left, top) = (u as usize, v as usize);
    let (across, down) = ((u - left as f64) as f32, (v - top as f64) as f32);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (x, y, share) in [
        (left, top, (1.0 - across) * (1.0 - down)),
        (left + 1, top, across * (1.0 - down)),
        (left, top + 1, (1.0 - across) * down),
        (left + 1, top + 1, across * down),
    ] {
        let place = y.min(bottom) * input.row() + x.min(right) * input.channels();
        let weight = if input.alpha { share * input.samples[place + 3].value() } else { share };
        sum += weight * input.samples[place + channel].value();
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::super::super::neighbourhood::testing::{
        assert_near, assert_sound, bytes, filtered, plain, rough,
    };
    use crate::frame::Frame;

    #[test]
    fn it_is_sound() {
        for chain in ["aberration", "aberration(-100)", "aberration(7.3, angle=40)"] {
            assert_sound(chain, 1);
        }
    }

    fn dot(x: usize, y: usize) -> Frame {
        let mut samples = bytes(&plain(41, 41, [0; 3]));
        samples[(y * 41 + x) * 3..][..3].fill(255);
        Frame::from_u8(41, 41, false, samples).unwrap()
    }

    fn brightest(frame: &Frame, channel: usize) -> (usize, usize) {
        let samples: Vec<u8> = bytes(frame).into_iter().skip(channel).step_by(3).collect();
        let most = samples.iter().max();
        let at = samples.iter().position(|value| Some(value) == most).unwrap();
        (at % 41, at / 41)
    }

    #[test]
    fn red_goes_outwards_and_blue_inwards() {
        let got = filtered("aberration(8)", &dot(30, 20));
        assert!(brightest(&got, 0).0 > 32 && brightest(&got, 2).0 < 29, "{:?}", brightest(&got, 0));
        assert_eq!(brightest(&got, 1), (30, 20));
        let middle = filtered("aberration(8)", &dot(20, 20));
        assert_eq!([0, 1, 2].map(|channel| brightest(&middle, channel)), [(20, 20); 3]);
    }

    #[test]
    fn an_angle_shifts_everything_by_the_same() {
        let got = filtered("aberration(5, angle=90)", &dot(12, 20));
        assert_eq!([0, 1, 2].map(|channel| brightest(&got, channel)), [(12, 25), (12, 20), (12, 15)]);
        let frame = rough(20, 20, false);
        assert_near("nothing", &filtered("aberration(0)", &frame), &frame, 0);
    }
}
