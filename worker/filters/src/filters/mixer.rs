//! `mixer(red, green, blue)`: the channel mixer.

use crate::filter::{Alpha, Animation, CostClass, Filter, Kind, Parameter, Step};

/// Each colour of the result is a sum of shares of red, green and blue, and of a constant.
pub(crate) const FILTER: Filter = Filter {
    name: "mixer",
    summary: "Mixes each colour of shares of red, green and blue, and if a fourth number is given of a constant",
    example: "mixer(red=80:20:0, blue=0:10:95:-2)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        row("red").or_word("100:0:0"),
        row("green").or_word("0:100:0"),
        row("blue").or_word("0:0:100"),
    ],
    build: |arguments| {
        let rows = ["red", "green", "blue"].map(|name| arguments.numbers(name).to_vec());
        Ok(Step::point(move |graph, pixel| {
            let [r, g, b, a] = pixel.channels;
            let mut mix = |row: &[f64]| {
                let share = |index: usize| row.get(index).copied().unwrap_or_default() / 100.0;
                graph.affine(&[(r, share(0)), (g, share(1)), (b, share(2))], share(3))
            };
            [mix(&rows[0]), mix(&rows[1]), mix(&rows[2]), a]
        }))
    },
};

/// The shares of one colour of the result.
const fn row(name: &'static str) -> Parameter {
    Parameter::new(name, Kind::Numbers { min: -200.0, max: 200.0, least: 3, most: 4 }).unit("%")
}
