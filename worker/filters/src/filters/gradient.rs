//! `gradient(from, to, angle, opacity)`: a linear gradient over the picture.

use fidget_core::context::Node;

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::{Graph, Pixel};

/// The gradient of CSS (`linear-gradient()` of CSS Images, Level 3): colours multiplied by alpha change evenly along
/// the angle, so that the corners it points from and to have the two colours; then it covers the picture.
pub(crate) const FILTER: Filter = Filter {
    name: "gradient",
    summary: "Covers the picture with a gradient between two colours, which may be transparent; 0° is upwards, 90° to \
              the right, 180° downwards",
    example: "gradient(#00000000, #000000c0, angle=180)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::colour("from"),
        Parameter::colour("to"),
        Parameter::number("angle", -360.0, 360.0).unit("°").or(180.0),
        Parameter::number("opacity", 0.0, 1.0).or(1.0),
    ],
    build: |arguments| {
        let opacity = arguments.number("opacity");
        let [from, to] = ["from", "to"].map(|name| {
            let [r, g, b, a] = arguments.colour_unit(name);
            [r * a, g * a, b * a, a].map(|value| value * opacity)
        });
        let angle = arguments.number("angle").to_radians();
        Ok(Step::point(move |graph, pixel| {
            let place = along(graph, pixel, angle);
            let above = [0, 1, 2, 3]
                .map(|channel| graph.affine(&[(place, to[channel] - from[channel])], from[channel]));
            graph.over(above, pixel.channels)
        }))
    },
};

/// How far along the gradient a pixel is, from 0 to 1.
fn along(graph: &mut Graph, pixel: &Pixel, angle: f64) -> Node {
    let (sin, cos) = angle.sin_cos();
    let size = |node: Node| graph.value(node).map_or(1.0, f64::from);
    let (width, height) = (size(pixel.width), size(pixel.height));
    let length = (width * sin).abs() + (height * cos).abs();
    let (right, up) = (width * sin / length, height * cos / length);
    let place = graph.affine(&[(pixel.x, right), (pixel.y, -up)], 0.5 - 0.5 * right + 0.5 * up);
    graph.unit(place)
}
