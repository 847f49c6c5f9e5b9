//! `sepia(amount)`: the brown of old prints.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// The matrix of the `sepia()` function of CSS Filter Effects, Level 1.
const SEPIA: [[f64; 3]; 3] = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]];

/// A straight line between the image and its sepia print.
pub(crate) const FILTER: Filter = Filter {
    name: "sepia",
    summary: "The brown of old prints; an amount of 0 changes nothing, 1 is full",
    example: "sepia(0.8)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("amount", 0.0, 1.0).or(1.0)],
    build: |arguments| {
        let amount = arguments.number("amount");
        let rows = std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let identity = if row == column { 1.0 - amount } else { 0.0 };
                SEPIA[row][column] * amount + identity
            })
        });
        Ok(Step::point(move |graph, pixel| graph.matrix(pixel.channels, rows)))
    },
};
