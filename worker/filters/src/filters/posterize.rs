//! `posterize(levels)`: few tones.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `round(v (n − 1)) / (n − 1)`: the nearest of n evenly spaced values.
pub(crate) const FILTER: Filter = Filter {
    name: "posterize",
    summary: "Leaves so many levels of each colour, evenly spaced from black to white",
    example: "posterize(4)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::integer("levels", 2, 255).or(4.0)],
    build: |arguments| {
        let steps = arguments.number("levels") - 1.0;
        Ok(Step::point(move |graph, pixel| {
            graph.each(pixel.channels, |graph, value| {
                let scaled = graph.affine(&[(value, steps)], 0.0);
                let step = graph.round(scaled);
                graph.affine(&[(step, 1.0 / steps)], 0.0)
            })
        }))
    },
};
