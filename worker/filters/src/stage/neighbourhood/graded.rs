//! A blur that is stronger in some places than in others.

use super::bands::{Bands, by_bands};
use crate::context::Context;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::blur::blurred;
use crate::stage::sample::{Plane, Sample};

/// Blurs between which pixels are mixed, as parts of the strongest one. A sharp picture mixed with a strong blur
/// would look like both at once.
const LEVELS: [f64; 3] = [0.25, 0.5, 1.0];

/// The frame, blurred with a standard deviation of up to `sigma`. `strength` tells how much for a pixel, from 0, which
/// is not at all, to 1; between the levels of blur a straight line holds.
pub(super) fn graded(
    frame: &Frame,
    sigma: f64,
    context: &Context<'_>,
    strength: impl Fn(f32, f32) -> f32 + Sync,
) -> Result<Frame, Refusal> {
    let mut result = frame.clone();
    for (level, part) in LEVELS.into_iter().enumerate() {
        let blurred = blurred(frame.clone(), sigma * part, context)?;
        // Where this level has a share, the level before has covered everything.
        let share = |x: f32, y: f32| (strength(x, y) * LEVELS.len() as f32 - level as f32).clamp(0.0, 1.0);
        result = by_bands(&result, &Mix { blurred: &blurred, share }, context)?;
    }
    Ok(result)
}

/// Milliseconds that [`graded`] takes.
pub(super) fn cost_ms((width, height): (u32, u32), sigma: f64) -> f64 {
    let blurs: f64 = LEVELS.iter().map(|part| 1.0 + 1.7 * (sigma * part).min(8.0)).sum();
    f64::from(width) * f64::from(height) * (blurs + 3.0 * 16.0) * 1e-6
}

/// Bytes that [`graded`] takes beside input and result.
pub(super) fn scratch_bytes((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height) * 8 * 4
}

struct Mix<'a, S> {
    blurred: &'a Frame,
    share: S,
}

impl<S: Fn(f32, f32) -> f32 + Sync> Bands for Mix<'_, S> {
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let blurred = T::of(self.blurred).ok_or_else(|| Refusal::internal("a blur changed its depth"))?;
        let blurred = &blurred[first * input.row()..][..output.len()];
        let channels = input.channels();
        let (width, rows) = (input.size.0 as usize, output.chunks_exact_mut(input.row()));
        for (y, (output, blurred)) in rows.zip(blurred.chunks_exact(input.row())).enumerate() {
            let pixels = output.chunks_exact_mut(channels).zip(blurred.chunks_exact(channels));
            for (x, (pixel, blurred)) in pixels.enumerate().take(width) {
                let share = (self.share)(x as f32, (first + y) as f32);
                if share > 0.0 {
                    mix(pixel, blurred, share);
                }
            }
        }
        Ok(())
    }
}

/// Mixes a share of another pixel in; colours weigh by their alpha.
fn mix<T: Sample>(pixel: &mut [T], other: &[T], share: f32) {
    let mut weights = [1.0 - share, share];
    if let ([.., own], [.., alpha]) = (&mut *pixel, other)
        && other.len() == 4
    {
        weights = [weights[0] * own.value(), weights[1] * alpha.value()];
        *own = T::rounded(weights[0] + weights[1]);
    }
    let all = weights[0] + weights[1];
    let share = if all > 0.0 { weights[1] / all } else { 0.0 };
    for (sample, other) in pixel.iter_mut().zip(other).take(3) {
        *sample = T::rounded(sample.value() + (other.value() - sample.value()) * share);
    }
}

/// The share of the way from 0 to 1, without corners at its ends.
pub(super) fn smooth(share: f32) -> f32 {
    let share = share.clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}
