//! `equalize(channel)`: all tones equally frequent.

use super::Stage;
use super::histogram::{self, Histogram, look_up};
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "equalize",
    summary: "Spreads the tones so that all are about equally frequent: all colours by the histogram of luma, or each by \
              its own",
    example: "equalize",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::choice("channel", &["luma", "rgb"])],
    build: |arguments| Ok(Step::stage(Equalize { each: arguments.text("channel") == "rgb" })),
};

/// Histogram equalisation.
#[derive(Debug, Clone, Copy)]
struct Equalize {
    /// Each colour by its own histogram, instead of all by that of luma.
    each: bool,
}

impl Stage for Equalize {
    fn cost_ms(&self, size: (u32, u32)) -> f64 {
        histogram::cost_ms(size)
    }

    fn scratch_bytes(&self, _: (u32, u32)) -> u64 {
        histogram::SCRATCH_BYTES
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Equalizing { each: self.each, context })
    }
}

struct Equalizing<'a> {
    each: bool,
    context: &'a Context<'a>,
}

impl InPlace for Equalizing<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let tables = if self.each {
            Histogram::of_each(samples, channels, self.context)?.each_ref().map(Histogram::equalized)
        } else {
            let table = Histogram::of_luma(samples, channels, self.context)?.equalized();
            [table.clone(), table.clone(), table]
        };
        look_up(samples, width, channels, &tables, self.context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greys(values: &[u8]) -> Frame {
        let samples = values.iter().flat_map(|value| [*value; 3]).collect();
        Frame::from_u8(values.len() as u32, 1, false, samples).unwrap()
    }

    fn equalized(values: &[u8]) -> Frame {
        Equalize { each: false }.apply(greys(values), &Context::unlimited(2)).unwrap()
    }

    #[test]
    fn tones_are_spread_by_their_number() {
        assert_eq!(equalized(&[10, 11, 12, 200]), greys(&[0, 85, 170, 255]));
        assert_eq!(equalized(&[10, 10, 10, 20, 30]), greys(&[0, 0, 0, 128, 255]));
        assert_eq!(equalized(&[42; 7]), greys(&[42; 7]));
        assert_eq!(equalized(&[42]), greys(&[42]));
    }

    #[test]
    fn sixteen_bits_give_the_same() {
        let samples: Vec<u8> = (0..61 * 47 * 3).map(|index| (index * index % 199) as u8).collect();
        let frame = Frame::from_u8(61, 47, false, samples).unwrap();
        for each in [false, true] {
            let context = Context::unlimited(1);
            let bytes = Equalize { each }.apply(frame.clone(), &context).unwrap();
            let wide = Equalize { each }.apply(frame.clone().widened(), &context).unwrap().narrowed();
            let pairs = bytes.bytes().unwrap().iter().zip(wide.bytes().unwrap());
            // Luma of 16 bits tells more tones apart.
            let most = if each { 1 } else { 4 };
            assert!(pairs.clone().all(|(a, b)| a.abs_diff(*b) <= most), "{each}");
        }
    }
}
