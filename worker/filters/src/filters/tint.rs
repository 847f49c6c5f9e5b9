//! `tint(amount)`: towards green or towards magenta.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::LUMA;

/// Green in linear light times `1 − amount / 400`, red and blue times what keeps the luminance of white.
pub(crate) const FILTER: Filter = Filter {
    name: "tint",
    summary: "Shifts the white balance towards green (below 0) or magenta (above); the lightness of greys stays",
    example: "tint(15)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::amount()],
    build: |arguments| {
        let [red, green, blue] = gains(arguments.number("amount"));
        Ok(Step::point(move |graph, pixel| {
            graph.matrix_in_light(pixel.channels, [[red, 0.0, 0.0], [0.0, green, 0.0], [0.0, 0.0, blue]])
        }))
    },
};

/// Factors of red, green and blue.
fn gains(amount: f64) -> [f64; 3] {
    let green = 1.0 - amount / 400.0;
    let others = (1.0 - LUMA[1] * green) / (1.0 - LUMA[1]);
    [others, green, others]
}

#[cfg(test)]
mod tests {
    use super::{LUMA, gains};

    #[test]
    fn white_keeps_its_luminance() {
        assert_eq!(gains(0.0), [1.0; 3]);
        for amount in [-100.0, -20.0, 50.0, 100.0] {
            let gains = gains(amount);
            let sum: f64 = gains.iter().zip(LUMA).map(|(gain, weight)| gain * weight).sum();
            assert!((sum - 1.0).abs() < 1e-9 && gains.iter().all(|gain| *gain > 0.0));
            assert_eq!(gains[0] > gains[1], amount > 0.0);
        }
    }
}
