//! `autolevels(low, high)`: the whole scale for each colour.

use super::normalize::{PERCENTILES, Stretch, clipped};
use crate::filter::{Alpha, Animation, CostClass, Filter, Step};

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "autolevels",
    summary: "Spreads red, green and blue over the whole scale, each by itself from its percentile low to high, which \
              takes away a cast of colour too",
    example: "autolevels(0.5, 99.5)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &PERCENTILES,
    build: |arguments| {
        let [low, high] = clipped(arguments)?;
        Ok(Step::stage(Stretch { low, high, each: true }))
    },
};
