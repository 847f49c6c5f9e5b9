//! Solarisation.

use photon_rs::effects;

use super::Margins;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "solarize",
    summary: "Turns dark reds around, as overexposed film does; after photon",
    example: "solarize",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[],
    build: |_| Ok(Step::stage(Solarize)),
};

/// photon's solarisation, of the red channel.
#[derive(Debug, Clone, Copy)]
struct Solarize;

impl Stage for Solarize {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 6e-6
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let margins = Margins { above: 0, below: 0, unwritten: 0 };
        super::apply(frame, context, margins, effects::solarize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reds_below_200_are_turned_and_all_else_stays() {
        let frame = Frame::from_u8(3, 1, true, vec![0, 1, 2, 3, 199, 5, 6, 7, 200, 9, 10, 11]).unwrap();
        let got = Solarize.apply(frame, &Context::unlimited(1)).unwrap();
        assert_eq!(got.bytes().unwrap(), [200, 1, 2, 3, 1, 5, 6, 7, 200, 9, 10, 11]);
    }
}
