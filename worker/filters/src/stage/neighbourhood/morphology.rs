//! The greatest or the least of a square, of each channel.

use super::bands::{Bands, by_bands};
use super::rows::line;
use crate::context::Context;
use crate::filter::Parameter;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::stage::sample::{Plane, Sample};

/// Pixels to each side.
pub(super) const RADIUS: Parameter = Parameter::integer("radius", 0, 50).unit("px").or(1.0);

/// The greatest (`GREATEST`) or the least sample of a square around each pixel, alpha included. Colours of invisible
/// pixels do not count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Morphology<const GREATEST: bool> {
    /// Pixels to each side.
    pub radius: usize,
}

impl<const GREATEST: bool> Stage for Morphology<GREATEST> {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * (2.0 + 0.2 * self.radius as f64) * 1e-6
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.radius == 0 {
            return Ok(frame);
        }
        let across = by_bands(&frame, &Across::<GREATEST>(self.radius), context)?;
        by_bands(&across, &Down::<GREATEST>(self.radius), context)
    }
}

/// The greater or the less of two samples.
#[inline(always)]
fn pick<T: Ord, const GREATEST: bool>(one: T, other: T) -> T {
    if GREATEST { one.max(other) } else { one.min(other) }
}

struct Across<const GREATEST: bool>(usize);

impl<const GREATEST: bool> Bands for Across<GREATEST> {
    /// The greatest of two neighbours gives that of four, that of eight and so on; two such spans, one over the
    /// other, cover any length.
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        _: &Context<'_>,
    ) -> Result<(), Refusal> {
        let channels = input.channels();
        let side = 2 * self.0 + 1;
        let (mut spans, mut longer) = (Vec::new(), Vec::new());
        for (y, output) in output.chunks_exact_mut(input.row()).enumerate() {
            widen::<T, GREATEST>(input, first + y, self.0, &mut spans);
            let mut span = 1;
            while span * 2 <= side {
                longer.clear();
                let pairs = spans.iter().zip(&spans[span * channels..]);
                longer.extend(pairs.map(|(one, other)| pick::<T, GREATEST>(*one, *other)));
                std::mem::swap(&mut spans, &mut longer);
                span *= 2;
            }
            let pairs = spans.iter().zip(&spans[(side - span) * channels..]);
            for (sample, (one, other)) in output.iter_mut().zip(pairs) {
                *sample = pick::<T, GREATEST>(*one, *other);
            }
        }
        Ok(())
    }
}

/// Writes a row with `margin` more pixels at each end, which repeat the first and the last one. Colours of invisible
/// pixels become those that are never picked.
fn widen<T: Sample, const GREATEST: bool>(input: Plane<'_, T>, y: usize, margin: usize, row: &mut Vec<T>) {
    let (line, channels) = (line(input, y as isize), input.channels());
    let ends = (&line[..channels], &line[line.len() - channels..]);
    row.clear();
    (0..margin).for_each(|_| row.extend_from_slice(ends.0));
    row.extend_from_slice(line);
    (0..margin).for_each(|_| row.extend_from_slice(ends.1));
    if input.alpha {
        let never = if GREATEST { T::default() } else { T::WHITE };
        for [colours @ .., alpha] in row.as_chunks_mut::<4>().0 {
            if *alpha == T::default() {
                *colours = [never; 3];
            }
        }
    }
}

struct Down<const GREATEST: bool>(usize);

impl<const GREATEST: bool> Bands for Down<GREATEST> {
    /// Row after row: 16 samples at once, in all less work than keeping spans of rows.
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let last = input.size.1 as usize - 1;
        for (y, output) in (first..).zip(output.chunks_exact_mut(input.row())) {
            context.check()?;
            for other in y.saturating_sub(self.0)..=(y + self.0).min(last) {
                for (sample, other) in output.iter_mut().zip(line(input, other as isize)) {
                    *sample = pick::<T, GREATEST>(*sample, *other);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_sound, bytes, filtered, rough};

    #[test]
    fn they_are_sound() {
        for radius in [0, 1, 2, 9, 50] {
            assert_sound(&format!("dilate({radius})"), 1);
            assert_sound(&format!("erode({radius})"), 1);
        }
    }

    #[test]
    fn each_is_the_extreme_of_its_square() {
        let frame = rough(29, 23, false);
        let samples = bytes(&frame);
        for radius in [1i32, 3, 4, 40] {
            let greatest = bytes(&filtered(&format!("dilate({radius})"), &frame));
            let least = bytes(&filtered(&format!("erode({radius})"), &frame));
            for y in 0..23i32 {
                for x in 0..29i32 {
                    let at = |x: i32, y: i32| ((y * 29 + x) * 3) as usize;
                    let rows = (y - radius).max(0)..=(y + radius).min(22);
                    let square =
                        rows.flat_map(|v| ((x - radius).max(0)..=(x + radius).min(28)).map(move |u| (u, v)));
                    let square: Vec<u8> = square.map(|(u, v)| samples[at(u, v)]).collect();
                    assert_eq!(Some(&greatest[at(x, y)]), square.iter().max(), "({x}, {y})");
                    assert_eq!(Some(&least[at(x, y)]), square.iter().min(), "({x}, {y})");
                }
            }
        }
    }

    #[test]
    fn shapes_grow_and_shrink() {
        let dot = (0..81).flat_map(|i| if i == 40 { [200, 10, 90, 255] } else { [1, 255, 3, 0] }).collect();
        let dot = crate::frame::Frame::from_u8(9, 9, true, dot).unwrap();
        let grown = filtered("dilate(2)", &dot);
        let seen = bytes(&grown).chunks(4).filter(|pixel| pixel[3] == 255).count();
        assert_eq!(seen, 25);
        assert!(bytes(&grown).chunks(4).all(|pixel| pixel[3] == 0 || pixel == [200, 10, 90, 255]));
        let shrunk = bytes(&filtered("erode(2)", &grown));
        assert_eq!(shrunk.chunks(4).filter(|pixel| pixel[3] == 255).count(), 1);
    }
}
