//! `grayscale(weights)`: shades of grey.

use fidget_core::context::Node;

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::Graph;

/// A grey for each pixel; see [`grey`].
pub(crate) const FILTER: Filter = Filter {
    name: "grayscale",
    summary: "Shades of grey: luma by the weights of ITU-R BT.709 or BT.601, luminance in linear light, the mean of the \
              colours, the middle of the least and the greatest (lightness), or the greatest (value)",
    example: "grayscale",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::choice(
        "weights",
        &["rec709", "rec601", "luminance", "average", "lightness", "value"],
    )],
    build: |arguments| {
        let weights = arguments.text("weights").to_owned();
        Ok(Step::point(move |graph, pixel| {
            let grey = grey(graph, pixel.channels, &weights);
            [grey, grey, grey, pixel.channels[3]]
        }))
    },
};

/// The shares of red, green and blue in luma, after ITU-R BT.601.
const REC601: [f64; 3] = [0.299, 0.587, 0.114];

/// How light a pixel is by one of the usual measures.
fn grey(graph: &mut Graph, channels: [Node; 4], weights: &str) -> Node {
    let [r, g, b, _] = channels;
    let weigh = |graph: &mut Graph, weights: [f64; 3]| {
        graph.affine(&[(r, weights[0]), (g, weights[1]), (b, weights[2])], 0.0)
    };
    match weights {
        "rec601" => weigh(graph, REC601),
        "average" => weigh(graph, [1.0 / 3.0; 3]),
        "luminance" => graph.luminance(channels),
        "lightness" => {
            let (least, greatest) = graph.extremes(channels);
            graph.affine(&[(least, 0.5), (greatest, 0.5)], 0.0)
        }
        "value" => graph.extremes(channels).1,
        _ => graph.luma(channels),
    }
}
