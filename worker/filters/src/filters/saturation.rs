//! `saturation(amount)`: from grey to vivid.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::LUMA;

/// The matrix of the `saturate()` function of CSS Filter Effects, Level 1: what differs from luma, times
/// `1 + amount / 100`.
pub(crate) const FILTER: Filter = Filter {
    name: "saturation",
    summary: "Makes colours more or less vivid; −100 leaves greys, 100 doubles",
    example: "saturation(25)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let factor = 1.0 + arguments.number("amount") / 100.0;
        let rows = std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let identity = if row == column { factor } else { 0.0 };
                LUMA[column] * (1.0 - factor) + identity
            })
        });
        Ok(Step::point(move |graph, pixel| graph.matrix(pixel.channels, rows)))
    },
};
