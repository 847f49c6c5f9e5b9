//! `contrast(amount)`: spreads colours away from the middle, or draws them towards it.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// `(v − ½) · k + ½`, where `k` is 0 for −100, 1 for 0, and 129.5 for 100.
pub(crate) const FILTER: Filter = Filter {
    name: "contrast",
    summary: "Raises or lowers contrast about the middle grey; −100 leaves nothing but grey",
    example: "contrast(20)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let factor = slope(arguments.number("amount"));
        Ok(Step::point(move |graph, pixel| {
            graph.each(pixel.channels, |graph, value| graph.affine(&[(value, factor)], 0.5 - 0.5 * factor))
        }))
    },
};

/// The slope of an amount from −100 to 100, by the formula that picture editors have used for long:
/// `259 (c + 255) / (255 (259 − c))` with `c` from −255 to 255.
fn slope(amount: f64) -> f64 {
    let c = amount * 2.55;
    259.0 * (c + 255.0) / (255.0 * (259.0 - c))
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn the_scale_has_its_ends_and_its_middle() {
        for (amount, right) in [(-100.0, 0.0), (0.0, 1.0), (100.0, 129.5)] {
            assert!((slope(amount) - right).abs() < 1e-9);
        }
    }
}
