//! The expression graph that point filters are written into.
//!
//! A thin layer over `fidget_core`'s graph, which folds constants and shares what occurs twice. It adds the range of
//! every node's values, and leaves out a clamp that changes nothing.

use std::collections::HashMap;

use fidget_core::context::{Context, Node, Op};
use fidget_core::var::Var;

mod arithmetic;
mod composite;
mod light;
mod range;

pub(crate) use composite::LUMA;
pub(crate) use range::Range;

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

/// What a kernel loads for each pixel; the numbers are those of [`Inputs::vars`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// Red, green, blue or alpha: 0 to 3.
    Channel(usize),
    /// Horizontal position.
    X,
    /// Vertical position.
    Y,
}

/// The variables of a graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs {
    /// Red, green, blue, alpha, x, y.
    pub vars: [Var; 6],
}

impl Inputs {
    /// The input that a variable stands for.
    pub fn of(&self, var: Var) -> Option<Input> {
        match self.vars.iter().position(|known| *known == var)? {
            channel @ 0..4 => Some(Input::Channel(channel)),
            4 => Some(Input::X),
            _ => Some(Input::Y),
        }
    }
}

/// An expression graph.
pub(crate) struct Graph {
    context: Context,
    ranges: HashMap<Node, Range>,
    inputs: Inputs,
    /// Functions of one value that are written as a choice and yet do not jump, and the value each is of.
    continuous: HashMap<Node, Node>,
    /// Encoded values, and the light of each.
    encodings: HashMap<Node, Node>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Graph").field("nodes", &self.context.len()).finish()
    }
}

impl Graph {
    /// The value that a node is a continuous function of, though it is written as a choice.
    pub fn continuous_of(&self, node: Node) -> Option<Node> {
        self.continuous.get(&node).copied()
    }

    /// An empty graph.
    pub fn new() -> Self {
        let inputs = Inputs { vars: std::array::from_fn(|_| Var::new()) };
        Self {
            context: Context::new(),
            ranges: HashMap::new(),
            inputs,
            continuous: HashMap::new(),
            encodings: HashMap::new(),
        }
    }

    /// The pixel of a frame of `size`, as it is before any filter. Without `alpha` it is opaque.
    pub fn pixel(&mut self, size: (u32, u32), alpha: bool) -> Pixel {
        let nodes = self.inputs.vars.map(|var| {
            let node = self.context.var(var);
            self.note(node, Range::UNIT)
        });
        let opaque = self.constant(1.0);
        Pixel {
            channels: [nodes[0], nodes[1], nodes[2], if alpha { nodes[3] } else { opaque }],
            x: nodes[4],
            y: nodes[5],
            width: self.constant(size.0 as f32),
            height: self.constant(size.1 as f32),
        }
    }

    /// The graph beneath, to compile.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The graph beneath, to add nodes of which nothing but the operation need be known.
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// The variables.
    pub fn inputs(&self) -> Inputs {
        self.inputs
    }

    /// Number of nodes, those no longer needed included.
    pub fn len(&self) -> usize {
        self.context.len()
    }

    /// A new variable, for a value that is found by other means.
    pub fn variable(&mut self, range: Range) -> (Node, Var) {
        let var = Var::new();
        let node = self.context.var(var);
        (self.note(node, range), var)
    }

    /// What a node computes.
    pub fn op(&self, node: Node) -> Op {
        // A node of another graph would be our own mistake; NaN shows it in every test.
        self.context.get_op(node).copied().unwrap_or(Op::Const(f32::NAN.into()))
    }

    /// The value of a constant node.
    pub fn value(&self, node: Node) -> Option<f32> {
        match self.op(node) {
            Op::Const(value) => Some(value.0),
            _ => None,
        }
    }

    /// The bounds of a node's values.
    pub fn range(&self, node: Node) -> Range {
        match self.op(node) {
            Op::Const(value) => Range::exactly(value.0),
            _ => self.ranges.get(&node).copied().unwrap_or(Range::ANY),
        }
    }

    /// Remembers the bounds of a node; where two ways of finding them differ, both hold.
    fn note(&mut self, node: Node, range: Range) -> Node {
        let known = self.ranges.get(&node).copied().unwrap_or(Range::ANY);
        let both = Range {
            low: known.low.max(range.low),
            high: known.high.min(range.high),
            nan: known.nan && range.nan,
        };
        self.ranges.insert(node, both);
        node
    }

    /// Bounds of a node that its operation alone does not show.
    fn tighten(&mut self, node: Node, low: f32, high: f32) -> Node {
        self.note(node, Range::between(low, high))
    }

    /// `node` with NaN turned into 0.
    pub fn without_nan(&mut self, node: Node) -> Node {
        let range = self.range(node);
        if let Some(value) = self.value(node) {
            return if value.is_nan() { self.constant(0.0) } else { node };
        }
        if !range.nan {
            return node;
        }
        // compare(a, a) is 0, or NaN where a is; not(…) of that is 1, or 0 where a is NaN; `and` then selects.
        let same = self.raw(|context| context.compare(node, node));
        let number = self.raw(|context| context.not(same));
        let result = self.raw(|context| context.and(number, node));
        let zero = Range::exactly(0.0);
        self.note(result, Range { nan: false, ..range.either(zero) })
    }

    /// `node` kept between `low` and `high`, NaN turned into 0 before; nothing is added that is proved idle.
    pub fn clamp(&mut self, node: Node, low: f32, high: f32) -> Node {
        let number = self.without_nan(node);
        let floor = self.constant(low);
        let ceiling = self.constant(high);
        let raised = self.max(number, floor);
        self.min(raised, ceiling)
    }

    /// `node` kept between 0 and 1.
    pub fn unit(&mut self, node: Node) -> Node {
        self.clamp(node, 0.0, 1.0)
    }

    /// Runs a constructor of the graph beneath, which fails only on nodes of another graph.
    fn raw<E>(&mut self, build: impl FnOnce(&mut Context) -> Result<Node, E>) -> Node {
        build(&mut self.context).unwrap_or_else(|_| self.context.constant(f32::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_clamps_are_left_out() {
        let mut graph = Graph::new();
        let pixel = graph.pixel((4, 4), false);
        let half = graph.constant(0.5);
        let low = graph.mul(pixel.channels[0], half);
        let clamped = graph.unit(low);
        assert_eq!(clamped, low);
        let two = graph.constant(2.0);
        let high = graph.mul(pixel.channels[0], two);
        let clamped = graph.unit(high);
        assert_ne!(clamped, high);
        assert_eq!(graph.range(clamped), Range::UNIT);
    }

    #[test]
    fn nan_becomes_zero() {
        let mut graph = Graph::new();
        let pixel = graph.pixel((4, 4), false);
        let doubt = graph.div(pixel.channels[0], pixel.channels[1]);
        let safe = graph.unit(doubt);
        let vars = |r: f32, g: f32| HashMap::from([(graph.inputs().vars[0], r), (graph.inputs().vars[1], g)]);
        assert_eq!(graph.context().eval(safe, &vars(0.0, 0.0)).unwrap(), 0.0);
        assert_eq!(graph.context().eval(safe, &vars(1.0, 0.0)).unwrap(), 1.0);
        assert_eq!(graph.context().eval(safe, &vars(0.25, 0.5)).unwrap(), 0.5);
    }
}
