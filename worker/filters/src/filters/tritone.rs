//! `tritone(dark, middle, light)`: a print in three inks.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Straight lines from colour to colour to colour, by luma; the middle one stands at ½.
pub(crate) const FILTER: Filter = Filter {
    name: "tritone",
    summary: "Three colours instead of black, middle grey and white, by luma; how opaque they are does not matter",
    example: "tritone(#0b132b, #c1440e, #ffe8c2)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::colour("dark"), Parameter::colour("middle"), Parameter::colour("light")],
    build: |arguments| {
        let [dark, middle, light] = ["dark", "middle", "light"].map(|name| arguments.colour_unit(name));
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let lower = graph.affine(&[(luma, 2.0)], 0.0);
            let lower = graph.unit(lower);
            let upper = graph.affine(&[(luma, 2.0)], -1.0);
            let upper = graph.unit(upper);
            let mut tone = |channel: usize| {
                let (rise, more) = (middle[channel] - dark[channel], light[channel] - middle[channel]);
                graph.affine(&[(lower, rise), (upper, more)], dark[channel])
            };
            [tone(0), tone(1), tone(2), pixel.channels[3]]
        }))
    },
};
