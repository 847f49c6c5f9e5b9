//! Pictures seen through a projective map.

use crate::context::Context;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};

use super::shade;

/// A projective map of the plane: (x, y) to (x′/w, y′/w) with (x′, y′, w) = rows × (x, y, 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) struct Map(pub [[f64; 3]; 3]);

impl Map {
    /// An affine map: `x′ = a·x + b·y + c`, `y′ = d·x + e·y + f`.
    pub fn affine([a, b, c, d, e, f]: [f64; 6]) -> Self {
        Self([[a, b, c], [d, e, f], [0.0, 0.0, 1.0]])
    }

    /// This map after a shift of its input.
    pub fn after_shift(self, x: f64, y: f64) -> Self {
        Self(self.0.map(|[a, b, c]| [a, b, a * x + b * y + c]))
    }

    /// The way back, by the adjugate; `None` if there is none.
    pub fn inverse(self) -> Option<Self> {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.0;
        let rows = [
            [e * i - f * h, c * h - b * i, b * f - c * e],
            [f * g - d * i, a * i - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ];
        let determinant = a * rows[0][0] + b * rows[1][0] + c * rows[2][0];
        let inverse = rows.map(|row| row.map(|value| value / determinant));
        inverse.as_flattened().iter().all(|value| value.is_finite()).then_some(Self(inverse))
    }

    /// Where a point goes; `None` behind the horizon.
    pub fn of(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let [across, down, depth] = self.0.map(|[a, b, c]| a * x + b * y + c);
        (depth > 0.0).then(|| (across / depth, down / depth))
    }
}

/// A picture of `size` in which each point shows what `map` finds for it in `frame`, by linear interpolation; outside
/// of the frame is the `ground`. It has alpha if the frame or the ground has.
pub(in crate::stage) fn warp(
    frame: Frame,
    size: (u32, u32),
    map: Map,
    ground: [u8; 4],
    context: &Context<'_>,
) -> Result<Frame, Refusal> {
    let alpha = frame.alpha || ground[3] < u8::MAX;
    let warped = in_its_depth(&frame.with_alpha(), &Warp { size, map, ground, alpha, context })?;
    Ok(Frame { alpha, ..warped })
}

struct Warp<'a> {
    size: (u32, u32),
    map: Map,
    ground: [u8; 4],
    /// Whether the result has a fourth channel.
    alpha: bool,
    context: &'a Context<'a>,
}

impl ForSamples for Warp<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let (pixels, _) = input.samples.as_chunks::<4>();
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let channels = 3 + usize::from(self.alpha);
        let ground = shade::<T>(self.ground);
        let mut samples = vec![T::default(); width * height * channels];
        self.context.for_each_band(&mut samples, width * channels, |first, band| {
            for (y, row) in band.chunks_mut(width * channels).enumerate() {
                // Centres of pixels.
                let down = (first + y) as f64 + 0.5;
                for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                    let found = match self.map.of(x as f64 + 0.5, down) {
                        Some((u, v)) => between(pixels, input.size, (u - 0.5, v - 0.5), ground),
                        None => ground,
                    };
                    pixel.copy_from_slice(&found[..channels]);
                }
            }
            Ok(())
        })?;
        Ok((samples, self.size))
    }
}

/// The colour at a point between four pixels, by linear interpolation, over the ground.
fn between<T: Sample>(
    pixels: &[[T; 4]],
    (width, height): (u32, u32),
    (u, v): (f64, f64),
    ground: [T; 4],
) -> [T; 4] {
    if u <= -1.0 || v <= -1.0 || u >= f64::from(width) || v >= f64::from(height) || u.is_nan() || v.is_nan() {
        return ground;
    }
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
    let below = ground[3].value() * (1.0 - alpha / T::WHITE.value()).max(0.0);
    for (sum, sample) in colour.iter_mut().zip(&ground) {
        *sum += sample.value() * below;
    }
    let alpha = alpha + below;
    if alpha <= 0.0 {
        return [T::default(); 4];
    }
    let [red, green, blue] = colour.map(|sum| T::rounded(sum / alpha));
    [red, green, blue, T::rounded(alpha)]
}
