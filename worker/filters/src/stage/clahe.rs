//! `clahe(tiles, limit)`: contrast where the picture has little.

use super::Stage;
use super::histogram::luma;
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

mod maps;

use maps::{Between, Maps};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "clahe",
    summary: "Equalizes luma tile by tile, so that every part of the picture gets contrast; limit is the most that \
              contrast grows by",
    example: "clahe(8, limit=3)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::integer("tiles", 1, 32).or(8.0), Parameter::number("limit", 1.0, 100.0).or(3.0)],
    build: |arguments| {
        let (tiles, limit) = (arguments.number("tiles") as usize, arguments.number("limit"));
        Ok(Step::stage(Clahe { tiles, limit }))
    },
};

/// Contrast-limited adaptive histogram equalisation: K. Zuiderveld in "Graphics Gems IV", 1994. Red, green and blue
/// move along with luma.
#[derive(Debug, Clone, Copy)]
struct Clahe {
    /// Tiles along each side.
    tiles: usize,
    /// The steepest slope of a tile's table.
    limit: f64,
}

impl Stage for Clahe {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 14e-6 + (self.tiles * self.tiles) as f64 * 1e-3
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        let places = u64::from(width) + u64::from(height);
        (self.tiles * self.tiles) as u64 * maps::BYTES + places * size_of::<Between>() as u64
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Equalizing { clahe: *self, context })
    }
}

struct Equalizing<'a> {
    clahe: Clahe,
    context: &'a Context<'a>,
}

impl InPlace for Equalizing<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let Clahe { tiles, limit } = self.clahe;
        let row = width * channels;
        let height = samples.len() / row.max(1);
        let maps = Maps::new(samples, (width, height), channels, tiles, limit, self.context)?;
        let columns = maps::between(width, tiles);
        let rows = maps::between(height, tiles);
        let full = T::WHITE.value();
        self.context.for_each_band(samples, row, |first, band| {
            for (line, down) in band.chunks_exact_mut(row).zip(rows.get(first..).unwrap_or_default()) {
                for (pixel, across) in line.chunks_exact_mut(channels).zip(&columns) {
                    let before = luma(pixel) / full;
                    let shift = (maps.value(before, across, down) - before) * full;
                    for sample in pixel.iter_mut().take(3) {
                        *sample = T::rounded(sample.value() + shift);
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Samples;

    fn picture(width: u32, height: u32, alpha: bool) -> Frame {
        let channels = 3 + u32::from(alpha);
        let samples =
            (0..width * height * channels).map(|index| (index * index / 7 % 90 + 80) as u8).collect();
        Frame::from_u8(width, height, alpha, samples).unwrap()
    }

    fn done(frame: Frame, tiles: usize, limit: f64, threads: usize) -> Frame {
        Clahe { tiles, limit }.apply(frame, &Context::unlimited(threads)).unwrap()
    }

    fn spread(frame: &Frame) -> f64 {
        let bytes = frame.bytes().unwrap();
        let mean = bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64;
        bytes.iter().map(|byte| (f64::from(*byte) - mean).powi(2)).sum::<f64>() / bytes.len() as f64
    }

    #[test]
    fn contrast_grows_with_the_limit() {
        let plain = spread(&picture(64, 48, false));
        let little = spread(&done(picture(64, 48, false), 4, 1.5, 1));
        let much = spread(&done(picture(64, 48, false), 4, 20.0, 1));
        assert!(plain < little && little < much, "{plain} {little} {much}");
    }

    #[test]
    fn a_limit_of_one_changes_next_to_nothing() {
        let (before, after) = (picture(64, 48, false), done(picture(64, 48, false), 4, 1.0, 1));
        let pairs = before.bytes().unwrap().iter().zip(after.bytes().unwrap());
        assert!(pairs.clone().all(|(a, b)| a.abs_diff(*b) <= 2));
    }

    #[test]
    fn alpha_depth_and_threads_do_not_matter_at_any_size() {
        for (width, height) in [(1, 1), (1, 40), (33, 2), (50, 37)] {
            let frame = picture(width, height, true);
            let bytes = done(frame.clone(), 8, 3.0, 1);
            assert_eq!(done(frame.clone(), 8, 3.0, 2), bytes);
            let wide = done(frame.clone().widened(), 8, 3.0, 1);
            assert!(matches!(wide.samples, Samples::U16(_)));
            let narrow = wide.narrowed();
            for (pixel, (wide, before)) in bytes
                .bytes()
                .unwrap()
                .chunks(4)
                .zip(narrow.bytes().unwrap().chunks(4).zip(frame.bytes().unwrap().chunks(4)))
            {
                assert!(pixel.iter().zip(wide).all(|(a, b)| a.abs_diff(*b) <= 1));
                assert_eq!(pixel[3], before[3]);
            }
        }
    }
}
