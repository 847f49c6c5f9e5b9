//! `invert`: the negative.

use crate::filter::{Alpha, Animation, CostClass, Filter, Step};

/// `1 − v`.
pub(crate) const FILTER: Filter = Filter {
    name: "invert",
    summary: "The negative: light becomes dark, each colour its complement",
    example: "invert",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[],
    build: |_| {
        Ok(Step::point(|graph, pixel| {
            graph.each(pixel.channels, |graph, value| graph.affine(&[(value, -1.0)], 1.0))
        }))
    },
};
