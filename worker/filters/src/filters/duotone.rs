//! `duotone(dark, light)`: a print in two inks.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// A straight line between two colours, by luma.
pub(crate) const FILTER: Filter = Filter {
    name: "duotone",
    summary: "Two colours instead of black and white, by luma; how opaque they are does not matter",
    example: "duotone(#1d2671, #f9d976)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::colour("dark"), Parameter::colour("light")],
    build: |arguments| {
        let (dark, light) = (arguments.colour_unit("dark"), arguments.colour_unit("light"));
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let mut tone =
                |channel: usize| graph.affine(&[(luma, light[channel] - dark[channel])], dark[channel]);
            [tone(0), tone(1), tone(2), pixel.channels[3]]
        }))
    },
};
