//! `highlights(amount)`: lighter or darker light tones.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `1 − (1 − v) (1 + (k − 1) Y³)` with luma Y and `k = 4^(−amount / 100)`: what a colour lacks to white grows or
/// shrinks, in full at white and not at all at black. White stays white, and no two tones change places.
pub(crate) const FILTER: Filter = Filter {
    name: "highlights",
    summary: "Lightens or darkens the light tones; dark ones, black and white stay",
    example: "highlights(-40)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let strength = 4f64.powf(-arguments.number("amount") / 100.0) - 1.0;
        Ok(Step::point(move |graph, pixel| {
            let luma = graph.luma(pixel.channels);
            let square = graph.square(luma);
            let weight = graph.mul(square, luma);
            let factor = graph.affine(&[(weight, strength)], 1.0);
            graph.each(pixel.channels, |graph, value| {
                let lack = graph.affine(&[(value, -1.0)], 1.0);
                let lack = graph.mul(lack, factor);
                graph.affine(&[(lack, -1.0)], 1.0)
            })
        }))
    },
};
