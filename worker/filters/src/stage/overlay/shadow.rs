//! A soft shadow below the picture.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::blur::blurred;
use crate::stage::geometry::{placed, shade};
use crate::stage::sample::{ForSamples, InPlace, Plane, Sample, in_its_depth, in_place};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "shadow",
    summary: "Lets what is opaque throw a soft shadow, dx to the right and dy down; the image grows to show all of it, on a transparent ground",
    example: "shadow(6, 10, sigma=8, opacity=40)",
    cost: CostClass::Medium,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("dx", -4096, 4096).unit("px").or(8.0),
        Parameter::integer("dy", -4096, 4096).unit("px").or(8.0),
        Parameter::number("sigma", 0.0, 250.0).unit("px").or(8.0),
        Parameter::colour("colour").or_word("black"),
        Parameter::number("opacity", 0.0, 100.0).unit("%").or(50.0),
    ],
    build: |arguments| {
        Ok(Step::stage(Shadow {
            offset: (arguments.number("dx") as i32, arguments.number("dy") as i32),
            sigma: arguments.number("sigma"),
            colour: arguments.colour("colour"),
            opacity: (arguments.number("opacity") / 100.0) as f32,
        }))
    },
};

/// Standard deviations that a shadow is seen beyond its edge: the blur's kernel ends there.
const REACH: f64 = 3.0;

/// A shadow: the picture's alpha, blurred and moved, in one colour, below the picture.
#[derive(Debug, Clone, Copy)]
struct Shadow {
    /// To the right and down.
    offset: (i32, i32),
    /// Standard deviation of the blur, in pixels.
    sigma: f64,
    colour: [u8; 4],
    /// From 0 to 1.
    opacity: f32,
}

/// Where picture and shadow lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    picture: (u32, u32),
    shadow: (u32, u32),
    size: (u32, u32),
}

impl Shadow {
    fn layout(&self, (width, height): (u32, u32)) -> Layout {
        let reach = (self.sigma * REACH).ceil() as i32;
        let before = |offset: i32| (reach - offset).max(0).unsigned_abs();
        let after = |offset: i32| (reach + offset).max(0).unsigned_abs();
        let side = |length: u32, offset| length.saturating_add(before(offset)).saturating_add(after(offset));
        // What is before the picture, moved by the offset: never less than nothing.
        let start = |offset: i32| reach.max(offset).unsigned_abs();
        let (dx, dy) = self.offset;
        Layout {
            picture: (before(dx), before(dy)),
            shadow: (start(dx), start(dy)),
            size: (side(width, dx), side(height, dy)),
        }
    }
}

impl Stage for Shadow {
    fn output_size(&self, size: (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let size = self.layout(size).size;
        limits.check_output(size.0, size.1, 1)?;
        Ok(size)
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.layout(size).size;
        f64::from(width) * f64::from(height) * (12.0 + 1.7 * self.sigma.min(8.0)) * 1e-6
    }

    fn scratch_bytes(&self, size: (u32, u32)) -> u64 {
        // The picture with an alpha channel; the shadow, the same blurred, and what the blur keeps.
        let (width, height) = self.layout(size).size;
        u64::from(size.0) * u64::from(size.1) * 4 + u64::from(width) * u64::from(height) * 4 * 4
    }

    fn adds_alpha(&self) -> bool {
        true
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let size = self.output_size(frame.size(), &context.limits)?;
        let layout = self.layout(frame.size());
        let silhouette = in_its_depth(&frame, &Silhouette { corner: layout.shadow, size })?;
        let silhouette = blurred(Frame { alpha: false, ..silhouette }, self.sigma, context)?;
        let picture = placed(frame.with_alpha(), layout.picture, size, [0; 4])?;
        in_place(picture, &Below { shadow: self, silhouette: &silhouette, context })
    }
}

/// The picture's alpha as a picture of three channels, which is what the blur understands, within black.
struct Silhouette {
    corner: (u32, u32),
    size: (u32, u32),
}

impl ForSamples for Silhouette {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let (row, left) = (self.size.0 as usize * 3, self.corner.0 as usize * 3);
        let mut samples = vec![T::default(); row * self.size.1 as usize];
        let lines = samples.chunks_exact_mut(row).skip(self.corner.1 as usize);
        for (line, picture) in lines.zip(input.samples.chunks_exact(input.row())) {
            let line = &mut line[left..][..input.size.0 as usize * 3];
            if !input.alpha {
                line.fill(T::WHITE);
                continue;
            }
            for (pixel, seen) in line.as_chunks_mut::<3>().0.iter_mut().zip(picture.as_chunks::<4>().0) {
                *pixel = [seen[3]; 3];
            }
        }
        Ok((samples, self.size))
    }
}

/// Lays the shadow below a picture with alpha.
struct Below<'a> {
    shadow: &'a Shadow,
    silhouette: &'a Frame,
    context: &'a Context<'a>,
}

impl InPlace for Below<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, _: usize) -> Result<(), Refusal> {
        let wrong = || Refusal::internal("a shadow has another depth than its picture");
        let silhouette = T::of(self.silhouette).ok_or_else(wrong)?;
        let colour = shade::<T>(self.shadow.colour);
        let strength = self.shadow.opacity * f32::from(self.shadow.colour[3]) / 255.0;
        self.context.for_each_band(samples, width * 4, |first, band| {
            let silhouette = silhouette[first * width * 3..].as_chunks::<3>().0;
            for (pixel, seen) in band.as_chunks_mut::<4>().0.iter_mut().zip(silhouette) {
                if pixel[3] != T::WHITE && seen[0] != T::default() {
                    *pixel = over(*pixel, colour, seen[0].value() * strength);
                }
            }
            Ok(())
        })
    }
}

/// A pixel over a colour of so much opacity, of full intensity at most.
fn over<T: Sample>(pixel: [T; 4], colour: [T; 4], opacity: f32) -> [T; 4] {
    let above = pixel[3].value();
    let below = opacity * (1.0 - above / T::WHITE.value());
    let alpha = above + below;
    if alpha <= 0.0 {
        return pixel;
    }
    let mix = |channel: usize| {
        T::rounded((pixel[channel].value() * above + colour[channel].value() * below) / alpha)
    };
    [mix(0), mix(1), mix(2), T::rounded(alpha)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    fn plain(width: u32, height: u32) -> Frame {
        Frame::from_u8(width, height, false, [90, 60, 30].repeat((width * height) as usize)).unwrap()
    }

    fn pixel(frame: &Frame, x: u32, y: u32) -> [u8; 4] {
        let at = ((y * frame.width + x) * 4) as usize;
        frame.bytes().unwrap()[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn a_hard_shadow_lies_where_it_was_asked_for() {
        let found = run("shadow(2, -1, sigma=0, colour=#0000ff, opacity=40)", plain(6, 5));
        assert_eq!(found.size(), (8, 6));
        assert_eq!(pixel(&found, 0, 0), [0; 4]);
        assert_eq!([pixel(&found, 0, 1), pixel(&found, 5, 5)], [[90, 60, 30, 255]; 2]);
        assert_eq!([pixel(&found, 2, 0), pixel(&found, 7, 4)], [[0, 0, 255, 102]; 2]);
        assert_eq!(pixel(&found, 7, 5), [0; 4]);
    }

    #[test]
    fn a_soft_shadow_is_the_blurred_alpha_and_ends_within_the_picture() {
        let found = run("shadow(0, 0, sigma=4, opacity=100)", plain(40, 40));
        assert_eq!(found.size(), (64, 64));
        // Just beyond the middle of a long edge half of the Gaussian is left, and little where the picture ends.
        let half = pixel(&found, 32, 11);
        assert!((109..=122).contains(&half[3]) && half[..3] == [0; 3], "{half:?}");
        assert!(pixel(&found, 32, 0)[3] <= 1 && pixel(&found, 0, 0)[3] == 0);
        assert_eq!(pixel(&found, 12, 12), [90, 60, 30, 255]);
        let sides = [pixel(&found, 6, 32), pixel(&found, 57, 32), pixel(&found, 32, 57)];
        assert_eq!(sides, [pixel(&found, 32, 6); 3]);
    }

    #[test]
    fn the_shadow_of_nothing_is_nothing_and_shows_through_glass() {
        let glass = [10, 20, 30, 0, 200, 100, 0, 128].repeat(6);
        let frame = Frame::from_u8(4, 3, true, glass).unwrap();
        let found = run("shadow(0, 0, sigma=0, opacity=100)", frame.clone());
        assert_eq!(pixel(&found, 0, 0)[3], 0);
        // 128 over a shadow of 128: 128 + 128 × (1 − 128 / 255).
        assert_eq!(pixel(&found, 1, 0), [134, 67, 0, 192]);
        assert_eq!(run("shadow(0, 0, sigma=0, opacity=0)", frame.clone()), frame);
    }

    #[test]
    fn every_size_and_both_depths_work() {
        for (width, height) in [(1, 1), (1, 30), (30, 1), (7, 5)] {
            for chain in ["shadow", "shadow(-90, 60)", "shadow(4, 5, 30, red, 100)"] {
                let narrow = run(chain, plain(width, height));
                let wide = run(chain, plain(width, height).widened()).narrowed();
                let near = |(a, b): (&[u8], &[u8])| a[3].abs_diff(b[3]) <= 1;
                let pairs = || narrow.bytes().unwrap().chunks(4).zip(wide.bytes().unwrap().chunks(4));
                assert!(pairs().all(near), "{chain}: {width} × {height}");
            }
        }
        let far = Shadow { offset: (4096, -4096), sigma: 250.0, colour: [0; 4], opacity: 1.0 };
        let layout = far.layout((10, 20));
        assert_eq!((layout.picture, layout.shadow), ((0, 4846), (4096, 750)));
        assert_eq!(layout.size, (4856, 4866));
        let refusal = far.output_size((16_000, 10), &Limits::default()).unwrap_err();
        assert_eq!(refusal.code, crate::RefusalCode::OutputTooLarge);
    }
}
