//! The expression graph that point filters are written into.

use fidget_core::context::{Context, Node};

/// The expressions a point filter reads: samples and positions from 0 to 1, and the frame's size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pixel {
    /// Red, green, blue and alpha, 0 to 1, sRGB-encoded, straight alpha.
    pub channels: [Node; 4],
    /// Position of the pixel's centre, 0 at the left and 1 at the right.
    pub x: Node,
    /// Position of the pixel's centre, 0 at the top and 1 at the bottom.
    pub y: Node,
    /// Width of the frame in pixels.
    pub width: Node,
    /// Height of the frame in pixels.
    pub height: Node,
}

/// An expression graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    context: Context,
}
