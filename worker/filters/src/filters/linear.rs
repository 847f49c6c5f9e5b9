//! `linear(a, b)`: `a · v + b`.

use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};

/// Each colour times a factor, plus an offset; of the encoded values.
pub(crate) const FILTER: Filter = Filter {
    name: "linear",
    summary: "Each colour, from 0 to 1, times a plus b; one number for all, or three for red, green and blue",
    example: "linear(1.2, -0.1:-0.1:0)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("a", Kind::Numbers { min: -100.0, max: 100.0, least: 1, most: 3 }).or_word("1"),
        Parameter::new("b", Kind::Numbers { min: -100.0, max: 100.0, least: 1, most: 3 }).or_word("0"),
    ],
    build: |arguments| {
        let three = |name: &'static str| match *arguments.numbers(name) {
            [one] => Ok([one; 3]),
            [r, g, b] => Ok([r, g, b]),
            _ => Err(ArgumentError::new(name, format!("`{name}` is one number or three"))),
        };
        let (factors, offsets) = (three("a")?, three("b")?);
        Ok(Step::point(move |graph, pixel| {
            let mut terms = factors.iter().zip(&offsets);
            graph.each(pixel.channels, |graph, value| {
                let (factor, offset) = terms.next().unwrap_or((&1.0, &0.0));
                graph.affine(&[(value, *factor)], *offset)
            })
        }))
    },
};
