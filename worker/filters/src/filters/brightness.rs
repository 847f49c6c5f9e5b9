//! `brightness(amount)`: adds the same amount of light everywhere.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Each colour plus `amount / 100`: −100 makes everything black, 100 everything white.
pub(crate) const FILTER: Filter = Filter {
    name: "brightness",
    summary: "Lightens or darkens: adds the amount, in hundredths of the full scale, to every colour",
    example: "brightness(15)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let amount = arguments.number("amount") / 100.0;
        Ok(Step::point(move |graph, pixel| {
            graph.each(pixel.channels, |graph, value| graph.affine(&[(value, 1.0)], amount))
        }))
    },
};
