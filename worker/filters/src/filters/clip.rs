//! Keeping a shape of the picture: what `round` and `mask` share.

use fidget_core::context::Node;

use crate::graph::{Graph, Pixel};

/// The pixel's centre in pixels from the middle of the frame, to the right and down.
pub(super) fn from_the_middle(graph: &mut Graph, pixel: &Pixel) -> (Node, Node) {
    let half = graph.constant(0.5);
    let mut along = |at: Node, length: Node| {
        let centred = graph.sub(at, half);
        graph.mul(centred, length)
    };
    (along(pixel.x, pixel.width), along(pixel.y, pixel.height))
}

/// The picture where `distance`, in pixels to the edge of the shape and negative inside, says so, over `ground`; an
/// edge is as wide as a pixel.
pub(super) fn clip(graph: &mut Graph, pixel: &Pixel, distance: Node, ground: [f64; 4]) -> [Node; 4] {
    let coverage = graph.affine(&[(distance, -1.0)], 0.5);
    let coverage = graph.unit(coverage);
    let [red, green, blue, alpha] = pixel.channels;
    let seen = graph.mul(alpha, coverage);
    if ground[3] == 0.0 {
        return [red, green, blue, seen];
    }
    // Source-over of the W3C's Compositing and Blending, Level 1.
    let below = graph.affine(&[(seen, -ground[3])], ground[3]);
    let total = graph.add(seen, below);
    let mut over = |picture: Node, colour: f64| {
        let above = graph.mul(picture, seen);
        let sum = graph.affine(&[(above, 1.0), (below, colour)], 0.0);
        graph.div(sum, total)
    };
    [over(red, ground[0]), over(green, ground[1]), over(blue, ground[2]), total]
}
