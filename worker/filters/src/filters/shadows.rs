//! `shadows(amount)`: lighter or darker dark tones.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `v (1 + (k − 1) (1 − Y)³)` with luma Y and `k = 4^(amount / 100)`: the darkest tones times k, white as it is.
/// Black stays black, hues stay, and no two tones change places.
pub(crate) const FILTER: Filter = Filter {
    name: "shadows",
    summary: "Lightens or darkens the dark tones; light ones, black and white stay",
    example: "shadows(40)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let strength = 4f64.powf(arguments.number("amount") / 100.0) - 1.0;
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let dark = graph.affine(&[(luma, -1.0)], 1.0);
            let square = graph.square(dark);
            let weight = graph.mul(square, dark);
            let factor = graph.affine(&[(weight, strength)], 1.0);
            graph.each(pixel.channels, |graph, value| graph.mul(value, factor))
        }))
    },
};
