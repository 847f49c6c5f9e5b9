//! `colorize(colour, amount)`: a coat of colour.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `v (1 − s) + c s`, where s is the amount times how opaque the colour is.
pub(crate) const FILTER: Filter = Filter {
    name: "colorize",
    summary: "Blends the picture with a colour; 100 leaves nothing but the colour",
    example: "colorize(orange, 30)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::colour("colour"), Parameter::number("amount", 0.0, 100.0).unit("%").or(50.0)],
    build: |arguments| {
        let colour = arguments.colour_unit("colour");
        let share = arguments.number("amount") / 100.0 * colour[3];
        Ok(Step::point(move |graph, pixel| {
            let mut colours = colour.iter();
            graph.each(pixel.channels, |graph, value| {
                let colour = colours.next().copied().unwrap_or_default();
                graph.affine(&[(value, 1.0 - share)], colour * share)
            })
        }))
    },
};
