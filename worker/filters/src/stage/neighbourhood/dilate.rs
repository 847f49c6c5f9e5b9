//! Dilation.

use super::morphology::{Morphology, RADIUS};
use crate::filter::{Alpha, Animation, CostClass, Filter, Step};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "dilate",
    summary: "Takes the greatest of each channel over a square of radius pixels to each side: bright areas and shapes grow",
    example: "dilate(2)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[RADIUS],
    build: |arguments| {
        let radius = arguments.number("radius") as usize;
        Ok(Step::stage(Morphology::<true> { radius }))
    },
};
