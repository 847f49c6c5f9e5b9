//! `normalize(low, high)`: the whole scale from black to white.

use super::Stage;
use super::histogram::{self, Histogram, look_up};
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, Arguments, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "normalize",
    summary: "Spreads the tones over the whole scale: the percentiles low and high of luma become black and white; \
              all colours alike, so that hues stay",
    example: "normalize",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &PERCENTILES,
    build: |arguments| {
        let [low, high] = clipped(arguments)?;
        Ok(Step::stage(Stretch { low, high, each: false }))
    },
};

/// The percentiles that become black and white.
pub(super) const PERCENTILES: [Parameter; 2] = [
    Parameter::number("low", 0.0, 99.0).unit("%").or(1.0),
    Parameter::number("high", 1.0, 100.0).unit("%").or(99.0),
];

/// The shares of pixels that may become black and white, from 0 to 1.
pub(super) fn clipped(arguments: &Arguments) -> Result<[f64; 2], ArgumentError> {
    let (low, high) = (arguments.number("low"), arguments.number("high"));
    if low >= high {
        return Err(ArgumentError::new("high", "`high` must be above `low`"));
    }
    Ok([low / 100.0, 1.0 - high / 100.0])
}

/// A linear stretch between percentiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Share of pixels that may become black.
    pub low: f64,
    /// Share of pixels that may become white.
    pub high: f64,
    /// Each colour by its own histogram, instead of all by that of luma.
    pub each: bool,
}

impl Stage for Stretch {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        histogram::cost_ms(size)
    }

    fn scratch_bytes(&self, _: (u32, u32)) -> u64 {
        histogram::SCRATCH_BYTES
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Stretching { stretch: *self, context })
    }
}

struct Stretching<'a> {
    stretch: Stretch,
    context: &'a Context<'a>,
}

impl InPlace for Stretching<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let Stretch { low, high, each } = self.stretch;
        let table = |histogram: &Histogram| histogram.stretched(histogram.ends(low, high));
        let tables = if each {
            Histogram::of_each(samples, channels, self.context)?.each_ref().map(table)
        } else {
            let table = table(&Histogram::of_luma(samples, channels, self.context)?);
            [table.clone(), table.clone(), table]
        };
        look_up(samples, width, channels, &tables, self.context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Samples;

    fn stretched(frame: Frame, stretch: Stretch, threads: usize) -> Frame {
        stretch.apply(frame, &Context::unlimited(threads)).unwrap()
    }

    fn greys(values: &[u8]) -> Frame {
        let samples = values.iter().flat_map(|value| [*value; 3]).collect();
        Frame::from_u8(values.len() as u32, 1, false, samples).unwrap()
    }

    const WHOLE: Stretch = Stretch { low: 0.0, high: 0.0, each: false };

    #[test]
    fn the_ends_become_black_and_white() {
        let got = stretched(greys(&[50, 100, 150]), WHOLE, 1);
        assert_eq!(got, greys(&[0, 128, 255]));
        let clipping = Stretch { low: 0.4, high: 0.0, each: false };
        assert_eq!(stretched(greys(&[50, 100, 150]), clipping, 1), greys(&[0, 0, 255]));
    }

    #[test]
    fn a_plain_picture_stays_as_it_is() {
        assert_eq!(stretched(greys(&[77]), WHOLE, 1), greys(&[77]));
        assert_eq!(stretched(greys(&[9; 40]), Stretch { low: 0.3, ..WHOLE }, 2), greys(&[9; 40]));
    }

    #[test]
    fn what_is_transparent_does_not_count_and_alpha_stays() {
        let frame =
            Frame::from_u8(3, 1, true, vec![50, 50, 50, 9, 100, 100, 100, 255, 255, 255, 255, 0]).unwrap();
        let got = stretched(frame, WHOLE, 1);
        assert_eq!(got.bytes().unwrap(), [0, 0, 0, 9, 255, 255, 255, 255, 255, 255, 255, 0]);
    }

    #[test]
    fn each_colour_has_its_own_ends_if_so_wanted() {
        let frame = Frame::from_u8(2, 1, false, vec![10, 20, 30, 110, 70, 80]).unwrap();
        let got = stretched(frame, Stretch { each: true, ..WHOLE }, 1);
        assert_eq!(got.bytes().unwrap(), [0, 0, 0, 255, 255, 255]);
    }

    #[test]
    fn depth_and_threads_do_not_matter() {
        let samples = (0..90 * 70 * 3).map(|index| (index * 31 % 151 + 40) as u8).collect();
        let frame = Frame::from_u8(90, 70, false, samples).unwrap();
        for each in [false, true] {
            let stretch = Stretch { low: 0.02, high: 0.03, each };
            let bytes = stretched(frame.clone(), stretch, 1);
            assert_eq!(stretched(frame.clone(), stretch, 2), bytes);
            let wide = stretched(frame.clone().widened(), stretch, 1);
            assert!(matches!(wide.samples, Samples::U16(_)));
            let narrow = wide.narrowed();
            let pairs = bytes.bytes().unwrap().iter().zip(narrow.bytes().unwrap());
            assert!(pairs.clone().all(|(a, b)| a.abs_diff(*b) <= 2), "{each}");
        }
    }
}
