//! `exposure(stops)`: more or less light, as with a camera.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Linear light times `2^stops`.
pub(crate) const FILTER: Filter = Filter {
    name: "exposure",
    summary: "More or less light, as a camera would have seen it: every stop doubles the linear light",
    example: "exposure(0.7)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("stops", -5.0, 5.0).unit("EV")],
    build: |arguments| {
        let factor = arguments.number("stops").exp2();
        Ok(Step::point(move |graph, pixel| {
            graph.each(pixel.channels, |graph, value| {
                let light = graph.linear(value);
                let light = graph.affine(&[(light, factor)], 0.0);
                graph.encoded(light)
            })
        }))
    },
};
