//! Mirroring.

use super::Stage;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::orientation::Orientation;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "flip",
    summary: "Mirrors: horizontal exchanges left and right, vertical top and bottom",
    example: "flip(vertical)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::choice("direction", &["horizontal", "vertical", "both"])],
    build: |arguments| {
        Ok(Step::stage(Flip(match arguments.text("direction") {
            "vertical" => Orientation::FLIPPED,
            "both" => Orientation::HALF_TURN,
            _ => Orientation::MIRRORED,
        })))
    },
};

/// An exchange of sides.
#[derive(Debug, Clone, Copy)]
struct Flip(Orientation);

impl Stage for Flip {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 1.5e-6
    }

    fn moves_pixels(&self) -> bool {
        true
    }

    fn commutes_with_points(&self) -> bool {
        self.moves_pixels()
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        self.0.apply(frame, context)
    }
}
