//! A border around the picture.

use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::geometry::{placed, shade};
use crate::stage::sample::{InPlace, Sample, in_place};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "border",
    summary: "Puts a border around the image, which grows by its width at each side; a radius rounds the corners, as that of CSS does",
    example: "border(12, white, radius=24)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("width", 1, 16_384).unit("px"),
        Parameter::colour("colour").or_word("black"),
        Parameter::number("radius", 0.0, 16_384.0).unit("px").or(0.0),
    ],
    build: |arguments| {
        Ok(Step::stage(Border {
            width: arguments.number("width") as u32,
            colour: arguments.colour("colour"),
            radius: arguments.number("radius") as f32,
        }))
    },
};

/// A border; its outer corners are rounded by the radius, the inner ones by what the border's width leaves of it.
#[derive(Debug, Clone, Copy)]
struct Border {
    width: u32,
    colour: [u8; 4],
    radius: f32,
}

impl Stage for Border {
    fn output_size(&self, (width, height): (u32, u32), limits: &Limits) -> Result<(u32, u32), Refusal> {
        let size = (width.saturating_add(2 * self.width), height.saturating_add(2 * self.width));
        limits.check_output(size.0, size.1, 1)?;
        Ok(size)
    }

    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        let (width, height) = self.output_size(size, &Limits::default()).unwrap_or(size);
        let corners = (2.0 * f64::from(self.radius)).min(f64::from(width.min(height))).powi(2);
        f64::from(width) * f64::from(height) * 1.5e-6 + corners * 20e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        // The picture with an alpha channel.
        if self.adds_alpha() { u64::from(width) * u64::from(height) * 4 } else { 0 }
    }

    fn moves_pixels(&self) -> bool {
        self.radius <= 0.0
    }

    fn adds_alpha(&self) -> bool {
        self.radius > 0.0 || self.colour[3] < u8::MAX
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let size = self.output_size(frame.size(), &context.limits)?;
        let frame = if self.adds_alpha() { frame.with_alpha() } else { frame };
        let bordered = placed(frame, (self.width, self.width), size, self.colour)?;
        if self.radius <= 0.0 {
            return Ok(bordered);
        }
        let radius = self.radius.min(size.0.min(size.1) as f32 / 2.0);
        in_place(bordered, &Rounding { border: self, height: size.1 as usize, radius, context })
    }
}

/// Rounds the corners of a picture with alpha that has its border.
struct Rounding<'a> {
    border: &'a Border,
    height: usize,
    /// Of the outer edge: at most half of the shorter side.
    radius: f32,
    context: &'a Context<'a>,
}

impl InPlace for Rounding<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let border = shade::<T>(self.border.colour).map(Sample::value);
        let columns = (self.radius.ceil() as usize).min(width);
        self.context.for_each_band(samples, width * channels, |first, band| {
            for (y, row) in band.chunks_exact_mut(width * channels).enumerate() {
                let down = self.to_centre(first + y, self.height);
                if down <= 0.0 {
                    continue;
                }
                let (pixels, _) = row.as_chunks_mut::<4>();
                // A narrow picture's left and right corners may share its middle column.
                let right = columns.max(width - columns);
                for x in (0..columns).chain(right..width) {
                    let across = self.to_centre(x, width);
                    if across > 0.0 {
                        pixels[x] = self.cut(pixels[x], border, across.hypot(down));
                    }
                }
            }
            Ok(())
        })
    }
}

impl Rounding<'_> {
    /// How far a pixel is from the centre of the corner's circle, on one axis, towards the edge of the picture.
    fn to_centre(&self, at: usize, length: usize) -> f32 {
        self.radius - (at.min(length - 1 - at) as f32 + 0.5)
    }

    /// A pixel so far from the centre of its corner's circle: the picture within the inner arc, the border between
    /// the arcs, nothing outside. On an arc a pixel has its share of both sides.
    fn cut<T: Sample>(&self, pixel: [T; 4], border: [f32; 4], distance: f32) -> [T; 4] {
        let within = |radius: f32| (radius - distance + 0.5).clamp(0.0, 1.0);
        let width = self.border.width as f32;
        // A border as wide as the radius has square inner corners, outside of the corner's square.
        let inner = if self.radius > width { within(self.radius - width) } else { 0.0 };
        let between = within(self.radius) - inner;
        if inner >= 1.0 {
            return pixel;
        }
        let pixel = pixel.map(Sample::value);
        let shares = (pixel[3] * inner, border[3] * between);
        let alpha = shares.0 + shares.1;
        if alpha <= 0.0 {
            return [T::default(); 4];
        }
        let mix =
            |channel: usize| T::rounded((pixel[channel] * shares.0 + border[channel] * shares.1) / alpha);
        [mix(0), mix(1), mix(2), T::rounded(alpha)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::tests::run;

    fn plain(width: u32, height: u32) -> Frame {
        Frame::from_u8(width, height, false, [90, 60, 30].repeat((width * height) as usize)).unwrap()
    }

    fn pixel(frame: &Frame, x: usize, y: usize) -> Vec<u8> {
        frame.bytes().unwrap()[(y * frame.width as usize + x) * frame.channels()..][..frame.channels()]
            .to_vec()
    }

    #[test]
    fn the_picture_grows_and_stays_itself_inside() {
        let found = run("border(3, #010203)", plain(5, 4));
        assert_eq!((found.size(), found.alpha), ((11, 10), false));
        assert_eq!([pixel(&found, 2, 5), pixel(&found, 8, 5)], [[1, 2, 3]; 2]);
        assert_eq!([pixel(&found, 3, 3), pixel(&found, 7, 6)], [[90, 60, 30]; 2]);
        let clear = run("border(3, #01020380)", plain(5, 4));
        assert_eq!((pixel(&clear, 0, 0), pixel(&clear, 5, 5)), (vec![1, 2, 3, 128], vec![90, 60, 30, 255]));
    }

    #[test]
    fn arcs_have_the_area_of_circles() {
        let found = run("border(10, white, radius=30)", plain(80, 60));
        let area = |colour: u8| -> f64 {
            let pixels = found.bytes().unwrap().chunks(4);
            pixels.map(|p| f64::from(p[3]) / 255.0 * f64::from(p[2].abs_diff(colour)) / 225.0).sum()
        };
        let lost = |radius: f64| (4.0 - std::f64::consts::PI) * radius * radius;
        let inner = 80.0 * 60.0 - lost(20.0);
        assert!((area(255) - inner).abs() < 3.0, "{} {inner}", area(255));
        let border = 100.0 * 80.0 - lost(30.0) - inner;
        assert!((area(30) - border).abs() < 3.0, "{} {border}", area(30));
        assert_eq!(pixel(&found, 0, 0), [0; 4]);
        assert_eq!(pixel(&found, 50, 0), [255; 4]);
        assert_eq!(pixel(&found, 10, 40), [90, 60, 30, 255]);
    }

    #[test]
    fn a_wide_border_has_square_inner_corners_and_small_pictures_become_discs() {
        let found = run("border(10, white, radius=8)", plain(20, 20));
        assert_eq!((pixel(&found, 10, 10), pixel(&found, 9, 10)), (vec![90, 60, 30, 255], vec![255; 4]));
        for (width, height) in [(1, 1), (1, 9), (9, 1), (4, 4)] {
            let found = run("border(2, radius=500)", plain(width, height));
            assert_eq!(found.size(), (width + 4, height + 4));
            assert!(pixel(&found, 0, 0)[3] < 64, "{width} × {height}");
            let (x, y) = (width as usize / 2 + 2, height as usize / 2 + 2);
            assert_eq!(pixel(&found, x, y), [90, 60, 30, 255], "{width} × {height}");
        }
    }

    #[test]
    fn both_depths_agree_and_too_much_is_refused() {
        let frame = plain(30, 20).with_alpha();
        let wide = run("border(5, #80402080, radius=12)", frame.clone().widened()).narrowed();
        let narrow = run("border(5, #80402080, radius=12)", frame);
        let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 1;
        assert!(wide.bytes().unwrap().iter().zip(narrow.bytes().unwrap()).all(near));
        let border = Border { width: 16_384, colour: [0; 4], radius: 0.0 };
        let refusal = border.output_size((10, 10), &Limits::default()).unwrap_err();
        assert_eq!(refusal.code, crate::RefusalCode::OutputTooLarge);
    }
}
