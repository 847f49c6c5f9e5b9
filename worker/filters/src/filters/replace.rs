//! `replace(from, to, tolerance, softness)`: one colour for another.

use fidget_core::context::Node;

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::Graph;

/// A pixel at the distance `d = √((Δr² + Δg² + Δb²) / 3)` of a colour is replaced as far as d is within the tolerance,
/// less and less over the softness beyond it.
pub(crate) const FILTER: Filter = Filter {
    name: "replace",
    summary: "Puts one colour in the place of another and of what is as near to it as the tolerance, fading out over \
              the softness; `to` may be transparent",
    example: "replace(white, transparent, tolerance=8, softness=4)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::colour("from"),
        Parameter::colour("to"),
        Parameter::number("tolerance", 0.0, 100.0).unit("%").or(10.0),
        Parameter::number("softness", 0.0, 100.0).unit("%").or(5.0),
    ],
    build: |arguments| {
        let (from, to) = (arguments.colour_unit("from"), arguments.colour_unit("to"));
        let tolerance = arguments.number("tolerance") / 100.0 + LEAST_SOFTNESS;
        let softness = (arguments.number("softness") / 100.0).max(LEAST_SOFTNESS);
        Ok(Step::point(move |graph, pixel| {
            let near = nearness(graph, pixel.channels, from, tolerance, softness);
            let replaced = graph.affine(&[(near, -1.0)], 1.0);
            let [r, g, b, a] = pixel.channels;
            let left = graph.mul(a, replaced);
            if to[3] == 0.0 {
                return [r, g, b, left];
            }
            // What is left of the pixel, and `to` where it is gone, weighed by how opaque they are.
            let cover = graph.affine(&[(near, to[3])], 0.0);
            let opaque = graph.value(a) == Some(1.0) && to[3] == 1.0;
            let alpha = if opaque { a } else { graph.add(left, cover) };
            let mut mix = |value: Node, to: f64| {
                let rest = graph.mul(value, left);
                let sum = graph.affine(&[(rest, 1.0), (cover, to)], 0.0);
                if opaque { sum } else { graph.div(sum, alpha) }
            };
            [mix(r, to[0]), mix(g, to[1]), mix(b, to[2]), alpha]
        }))
    },
};

/// No edge is harder than this, which is far less than a level; so that equal colours are equal for floating point too.
const LEAST_SOFTNESS: f64 = 1e-4;

/// 1 up to the tolerance, 0 from tolerance and softness on, a straight line between.
fn nearness(
    graph: &mut Graph,
    [r, g, b, _]: [Node; 4],
    from: [f64; 4],
    tolerance: f64,
    softness: f64,
) -> Node {
    let mut apart = |value: Node, from: f64| {
        let difference = graph.affine(&[(value, 1.0)], -from);
        graph.square(difference)
    };
    let squares = [apart(r, from[0]), apart(g, from[1]), apart(b, from[2])];
    let mean = graph.affine(&squares.map(|square| (square, 1.0 / 3.0)), 0.0);
    let distance = graph.sqrt(mean);
    let near = graph.affine(&[(distance, -1.0 / softness)], (tolerance + softness) / softness);
    graph.unit(near)
}
