//! `vibrance(amount)`: saturation for what has little of it.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// What differs from luma, times `1 + amount / 100 · (1 − s)`, where `s = max − min` is how vivid the colour is already.
pub(crate) const FILTER: Filter = Filter {
    name: "vibrance",
    summary: "Makes pale colours more or less vivid and leaves vivid ones about as they are",
    example: "vibrance(40)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let amount = arguments.number("amount") / 100.0;
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let (least, greatest) = graph.extremes(pixel.channels);
            let vivid = graph.sub(greatest, least);
            let factor = graph.affine(&[(vivid, -amount)], 1.0 + amount);
            graph.each(pixel.channels, |graph, value| graph.mix(luma, value, factor))
        }))
    },
};
