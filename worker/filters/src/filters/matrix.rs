//! `matrix(values)`: any linear mix of the colours.

use fidget_core::context::Node;

use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};
use crate::graph::Graph;

/// Rows of factors, as `feColorMatrix` of SVG has them; of the encoded values.
pub(crate) const FILTER: Filter = Filter {
    name: "matrix",
    summary: "Mixes colours by a matrix, row by row: 9 numbers for red, green and blue; 12 with a constant at the end \
              of each row; 20 with alpha too",
    example: "matrix(0.9:0.1:0 0:1:0 0:0.2:0.8)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[Parameter::new("values", Kind::Numbers { min: -100.0, max: 100.0, least: 9, most: 20 })],
    build: |arguments| {
        let rows = rows(arguments.numbers("values"))
            .ok_or_else(|| ArgumentError::new("values", "`values` are 9, 12 or 20 numbers"))?;
        Ok(Step::point(move |graph, pixel| rows.map(|row| mixed(graph, pixel.channels, row))))
    },
};

/// Factors of red, green, blue and alpha, and a constant.
type Row = [f64; 5];

/// The four rows that some numbers stand for.
fn rows(values: &[f64]) -> Option<[Row; 4]> {
    const ALPHA: Row = [0.0, 0.0, 0.0, 1.0, 0.0];
    match values.len() {
        9 => {
            let rows = values.as_chunks::<3>().0;
            let row = |index: usize| rows.get(index).map(|[r, g, b]| [*r, *g, *b, 0.0, 0.0]);
            Some([row(0)?, row(1)?, row(2)?, ALPHA])
        }
        12 => {
            let rows = values.as_chunks::<4>().0;
            let row = |index: usize| rows.get(index).map(|[r, g, b, offset]| [*r, *g, *b, 0.0, *offset]);
            Some([row(0)?, row(1)?, row(2)?, ALPHA])
        }
        20 => values.as_chunks::<5>().0.try_into().ok(),
        _ => None,
    }
}

fn mixed(graph: &mut Graph, channels: [Node; 4], row: Row) -> Node {
    let terms = [0, 1, 2, 3].map(|channel| (channels[channel], row[channel]));
    graph.affine(&terms, row[4])
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn rows_are_told_by_their_number() {
        let numbers: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(rows(&numbers[..9]).unwrap()[1], [3.0, 4.0, 5.0, 0.0, 0.0]);
        assert_eq!(rows(&numbers[..12]).unwrap()[2], [8.0, 9.0, 10.0, 0.0, 11.0]);
        assert_eq!(rows(&numbers).unwrap()[3], [15.0, 16.0, 17.0, 18.0, 19.0]);
        assert_eq!(rows(&numbers[..10]), None);
    }
}
