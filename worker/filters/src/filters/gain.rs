//! `gain(r, g, b)`: more or less of each colour.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// Each colour times `1 + percent / 100`.
pub(crate) const FILTER: Filter = Filter {
    name: "gain",
    summary: "More or less of red, green and blue: −100 takes a colour away, 100 doubles it",
    example: "gain(r=10, b=-15)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[percent("r"), percent("g"), percent("b")],
    build: |arguments| {
        let factors = ["r", "g", "b"].map(|name| 1.0 + arguments.number(name) / 100.0);
        Ok(Step::point(move |graph, pixel| {
            let mut factors = factors.iter();
            graph.each(pixel.channels, |graph, value| {
                graph.affine(&[(value, factors.next().copied().unwrap_or(1.0))], 0.0)
            })
        }))
    },
};

const fn percent(name: &'static str) -> Parameter {
    Parameter::number(name, -100.0, 400.0).unit("%").or(0.0)
}
