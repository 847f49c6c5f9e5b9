//! `temperature(kelvin)`: warmer or colder light.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// The picture in the light of a black body of this temperature, if it was taken in light of 6500 K: adapted from
/// white to white in linear light with the Bradford matrix.
pub(crate) const FILTER: Filter = Filter {
    name: "temperature",
    summary: "The colours in light of another temperature than 6500 K: below it is warmer, as by candles, above \
              colder, as in the shade",
    example: "temperature(5200)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::number("kelvin", 1000.0, 40_000.0).unit("K")],
    build: |arguments| {
        let rows = adaptation(white(NEUTRAL), white(arguments.number("kelvin")));
        Ok(Step::point(move |graph, pixel| graph.matrix_in_light(pixel.channels, rows)))
    },
};

type Matrix = [[f64; 3]; 3];

/// The temperature that changes nothing.
const NEUTRAL: f64 = 6500.0;
/// Second radiation constant in nanometres times kelvin, of Planck's law (CODATA 2018).
const RADIATION: f64 = 1.438_776_877e7;
/// From linear sRGB to CIE XYZ (IEC 61966-2-1).
const TO_XYZ: Matrix = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];
/// From CIE XYZ to sharpened cone responses (Lam's Bradford transform, as in CIECAM97s).
const BRADFORD: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];

/// CIE XYZ of a black body's light, with Y = 1: Planck's law times the colour matching functions of 1931, the latter by
/// the fit of Wyman, Sloan and Shirley, "Simple Analytic Approximations to the CIE XYZ Color Matching Functions",
/// JCGT 2 (2), 2013. Unlike the usual polynomials of the locus it holds at every temperature.
fn white(kelvin: f64) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for step in 0..=94 {
        let length = 360.0 + 5.0 * f64::from(step);
        let power = (length / 560.0).powi(-5) / (RADIATION / (length * kelvin)).exp_m1();
        let lobe = |centre: f64, below: f64, above: f64| {
            let width = if length < centre { below } else { above };
            (-0.5 * ((length - centre) / width).powi(2)).exp()
        };
        sum[0] += power
            * (1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7)
                - 0.065 * lobe(501.1, 20.4, 26.2));
        sum[1] += power * (0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1));
        sum[2] += power * (1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8));
    }
    sum.map(|value| value / sum[1])
}

/// The matrix on linear sRGB that turns one white into another.
fn adaptation(from: [f64; 3], to: [f64; 3]) -> Matrix {
    let (before, after) = (times(BRADFORD, from), times(BRADFORD, to));
    let cones = product(BRADFORD, TO_XYZ);
    let scaled = std::array::from_fn(|row| cones[row].map(|value| value * after[row] / before[row]));
    product(inverse(cones), scaled)
}

fn times(matrix: Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(factor, value)| factor * value).sum())
}

fn product(left: Matrix, right: Matrix) -> Matrix {
    left.map(|row| std::array::from_fn(|column| (0..3).map(|inner| row[inner] * right[inner][column]).sum()))
}

/// The inverse by cofactors; the matrices here have one.
fn inverse(m: Matrix) -> Matrix {
    let cofactor = |row: usize, column: usize| {
        let (r1, r2, c1, c2) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * cofactor(0, column)).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| cofactor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_bodies_have_their_published_chromaticities() {
        for (kelvin, x, y) in [
            (2000.0, 0.5267, 0.4133),
            (2856.0, 0.4476, 0.4074),
            (6500.0, 0.3135, 0.3237),
            (25_000.0, 0.2525, 0.2523),
        ] {
            let [big_x, big_y, big_z] = white(kelvin);
            let sum = big_x + big_y + big_z;
            let found = (big_x / sum, big_y / sum);
            assert!((found.0 - x).abs() < 0.004 && (found.1 - y).abs() < 0.004, "{kelvin}: {found:?}");
        }
    }

    #[test]
    fn neutral_light_changes_nothing_and_other_light_has_its_colour() {
        let still = adaptation(white(NEUTRAL), white(NEUTRAL));
        for (row, values) in still.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                assert!((value - f64::from(u8::from(row == column))).abs() < 1e-9);
            }
        }
        let [red, green, blue] = times(adaptation(white(NEUTRAL), white(3000.0)), [1.0; 3]);
        assert!(red > green && green > blue);
        let [red, green, blue] = times(adaptation(white(NEUTRAL), white(20_000.0)), [1.0; 3]);
        assert!(red < green && green < blue);
    }
}
