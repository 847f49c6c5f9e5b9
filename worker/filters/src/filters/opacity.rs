//! `opacity(amount)`: lets what is behind shine through.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Alpha times the amount, as the `opacity()` function of CSS Filter Effects, Level 1.
pub(crate) const FILTER: Filter = Filter {
    name: "opacity",
    summary: "Makes the picture more transparent: alpha times the amount; 0 leaves nothing to see",
    example: "opacity(0.6)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[Parameter::number("amount", 0.0, 1.0)],
    build: |arguments| {
        let amount = arguments.number("amount");
        Ok(Step::point(move |graph, pixel| {
            let [r, g, b, a] = pixel.channels;
            [r, g, b, graph.affine(&[(a, amount)], 0.0)]
        }))
    },
};
