//! `gamma(value)`: bends the tone curve, black and white stay.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Each colour to the power of `1 / value`.
pub(crate) const FILTER: Filter = Filter {
    name: "gamma",
    summary: "Lightens the middle tones above 1, darkens them below; black and white stay",
    example: "gamma(1.2)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("value", 0.1, 10.0)],
    build: |arguments| {
        let power = 1.0 / arguments.number("value");
        Ok(Step::point(move |graph, pixel| {
            let power = graph.constant(power as f32);
            graph.each(pixel.channels, |graph, value| graph.pow(value, power))
        }))
    },
};
