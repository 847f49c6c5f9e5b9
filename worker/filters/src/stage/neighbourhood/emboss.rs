//! Relief.

use super::bands::{Bands, by_bands};
use super::edge::{SOBEL, gradient};
use super::rows::luma;
use super::taps::{Kernel, Scratch};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "emboss",
    summary: "Shows the brightness as a relief, lit from angle (0 is the right, 90 the top), in grey or on the picture",
    example: "emboss(150, angle=135)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 1000.0).unit("%").or(100.0),
        Parameter::number("angle", -360.0, 360.0).unit("°").or(135.0),
        Parameter::choice("ground", &["grey", "picture"]),
    ],
    build: |arguments| {
        let amount = arguments.number("amount") / 100.0;
        let (sine, cosine) = arguments.number("angle").to_radians().sin_cos();
        let slopes = gradient(SOBEL);
        Ok(Step::stage(Emboss {
            slopes,
            towards_light: [(cosine * amount) as f32, (-sine * amount) as f32],
            grey: arguments.text("ground") == "grey",
        }))
    },
};

/// A relief: what falls towards the light is bright.
#[derive(Debug, Clone)]
struct Emboss {
    /// The rise to the right and downwards.
    slopes: [Kernel; 2],
    /// The direction of the light, right and down, times the amount.
    towards_light: [f32; 2],
    grey: bool,
}

impl Stage for Emboss {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 12e-6
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        by_bands(&frame, self, context)
    }
}

impl Bands for Emboss {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let (channels, white) = (input.channels(), T::WHITE.value());
        let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; input.row()]);
        let mut light = vec![0.0f32; input.size.0 as usize];
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            light.fill(0.0);
            for (kernel, towards) in self.slopes.iter().zip(self.towards_light) {
                kernel.colours(input, first + y, &mut scratch, &mut sums);
                for (light, sums) in light.iter_mut().zip(sums.chunks_exact(channels)) {
                    *light -= luma(&sums[..3]) * towards;
                }
            }
            for (pixel, light) in output.chunks_exact_mut(channels).zip(&light) {
                for sample in &mut pixel[..3] {
                    let ground = if self.grey { 0.5 * white } else { sample.value() };
                    *sample = T::rounded(ground + light * white);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, plain, rough};
    use super::*;

    #[test]
    fn it_is_sound() {
        assert_sound("emboss", 1);
        assert_sound("emboss(400, -30, picture)", 3);
    }

    #[test]
    fn what_faces_the_light_is_bright() {
        // A bright square on a dark ground.
        let inside = |i: usize| (8..16).contains(&(i % 24)) && (8..16).contains(&(i / 24));
        let samples = (0..24 * 24).flat_map(|i| [if inside(i) { 160 } else { 60 }; 3]).collect();
        let frame = Frame::from_u8(24, 24, false, samples).unwrap();
        let at = |angle: &str, x: usize, y: usize| {
            bytes(&filtered(&format!("emboss(100, {angle})"), &frame))[(y * 24 + x) * 3]
        };
        assert_eq!((at("180", 7, 12), at("180", 12, 12)), (228, 128));
        assert_eq!(at("90", 12, 7), 228);
        // Half of a level less than 28, which may be rounded either way.
        assert!((27..=28).contains(&at("180", 16, 12)) && (27..=28).contains(&at("90", 12, 16)));
        assert!(at("135", 7, 7) > 155 && at("135", 16, 16) < 100);
    }

    #[test]
    fn the_picture_may_be_the_ground() {
        let frame = rough(20, 20, false);
        assert_near("no relief", &filtered("emboss(0, ground=picture)", &frame), &frame, 0);
        let grey = filtered("emboss(0)", &frame);
        assert_near("grey", &grey, &plain(20, 20, [128; 3]), 0);
    }
}
