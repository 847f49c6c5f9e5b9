//! `solarize(threshold)`: overexposed film.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `1 − v` where v is above the threshold, v elsewhere; each colour by itself.
pub(crate) const FILTER: Filter = Filter {
    name: "solarize",
    summary: "Inverts every colour that is above the threshold, as light does to film that is developed already",
    example: "solarize(60)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("threshold", 0.0, 100.0).unit("%").or(50.0)],
    build: |arguments| {
        let threshold = arguments.number("threshold") / 100.0;
        Ok(Step::point(move |graph, pixel| {
            let threshold = graph.constant(threshold as f32);
            graph.each(pixel.channels, |graph, value| {
                let above = graph.less(threshold, value);
                let inverted = graph.affine(&[(value, -1.0)], 1.0);
                graph.select(above, inverted, value)
            })
        }))
    },
};
