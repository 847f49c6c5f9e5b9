//! `hue(degrees)`: turns the colour circle.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::LUMA;

/// The matrix of the `hue-rotate()` function of CSS Filter Effects, Level 1, with the weights of BT.709.
pub(crate) const FILTER: Filter = Filter {
    name: "hue",
    summary: "Turns every hue by an angle; lightness stays about the same",
    example: "hue(90)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("degrees", -360.0, 360.0).unit("°")],
    build: |arguments| {
        let rows = rotation(arguments.number("degrees").to_radians());
        Ok(Step::point(move |graph, pixel| graph.matrix(pixel.channels, rows)))
    },
};

/// Luma stays; what differs from luma turns in the plane that red, green and blue span around the grey axis.
fn rotation(angle: f64) -> [[f64; 3]; 3] {
    let (sin, cos) = angle.sin_cos();
    let [r, g, b] = LUMA;
    // The three rows of the sine part are those of the specification.
    let turned = [[-r, -g, 1.0 - b], [0.143, 0.140, -0.283], [r - 1.0, g, b]];
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let identity = f64::from(u8::from(row == column));
            LUMA[column] + cos * (identity - LUMA[column]) + sin * turned[row][column]
        })
    })
}

#[cfg(test)]
mod tests {
    use super::rotation;

    #[test]
    fn no_turn_is_no_change_and_grey_stays_grey() {
        let still = rotation(0.0);
        for degrees in [0.0f64, 45.0, 180.0, 300.0] {
            for row in rotation(degrees.to_radians()) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
        for (row, values) in still.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                assert!((value - f64::from(u8::from(row == column))).abs() < 1e-12);
            }
        }
    }
}
