//! `threshold(level)`: black or white.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// White where luma is above the level, black elsewhere.
pub(crate) const FILTER: Filter = Filter {
    name: "threshold",
    summary: "Black and white alone: white is what is lighter than the level",
    example: "threshold(45)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("level", 0.0, 100.0).unit("%").or(50.0)],
    build: |arguments| {
        let level = arguments.number("level") / 100.0;
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let level = graph.constant(level as f32);
            let white = graph.less(level, luma);
            [white, white, white, pixel.channels[3]]
        }))
    },
};
