//! What an expression looks like: which inputs it reads, through which single values, and whether it is affine.

use std::collections::{HashMap, HashSet};

use fidget_core::context::{BinaryOpcode, Node, Op, UnaryOpcode};

use super::curve::Function;
use crate::graph::{Graph, Input};

/// Facts about the nodes that some outputs need.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Operands before operations.
    order: Vec<Node>,
    facts: HashMap<Node, Facts>,
    /// Nodes whose small errors may come out large.
    magnified: HashSet<Node>,
}

/// Facts about one node.
#[derive(Debug, Clone, Copy)]
struct Facts {
    /// Bit i is set if input i (red, green, blue, alpha, x, y) is read.
    reads: u8,
    /// The nearest node through which alone this one depends on the inputs; `None` if there is none.
    gate: Option<Node>,
    /// Length of the way along gates.
    depth: usize,
}

/// A weighted sum of other nodes: `offset + Σ factor · node`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affine {
    pub terms: Vec<(Node, f64)>,
    pub offset: f64,
}

impl Analysis {
    /// Looks at everything that `outputs` need.
    pub fn new(graph: &Graph, outputs: &[Node]) -> Self {
        let order = order(graph, outputs);
        let magnified = magnified(graph, &order);
        let mut analysis = Self { order, facts: HashMap::new(), magnified };
        for index in 0..analysis.order.len() {
            let node = analysis.order[index];
            let facts = analysis.facts_of(graph, node);
            analysis.facts.insert(node, facts);
        }
        analysis
    }

    fn facts_of(&self, graph: &Graph, node: Node) -> Facts {
        if let Op::Input(var) = graph.op(node) {
            let reads = match graph.inputs().of(var) {
                Some(Input::Channel(channel)) => 1 << channel,
                Some(Input::X) => 1 << 4,
                Some(Input::Y) => 1 << 5,
                None => 0,
            };
            return Facts { reads, gate: None, depth: 1 };
        }
        let mut reads = 0;
        let mut gates: Option<Option<Node>> = None;
        for operand in graph.op(node).iter_children() {
            if graph.value(operand).is_some() {
                continue;
            }
            reads |= self.reads(operand);
            gates = Some(match gates {
                None => Some(operand),
                Some(gate) => gate.and_then(|gate| self.meet(gate, operand)),
            });
        }
        let gate = gates.flatten();
        Facts { reads, gate, depth: 1 + gate.map_or(0, |gate| self.facts[&gate].depth) }
    }

    /// The nearest node on both ways along gates.
    fn meet(&self, a: Node, b: Node) -> Option<Node> {
        let (mut a, mut b) = (a, b);
        while a != b {
            let deeper = if self.facts[&a].depth >= self.facts[&b].depth { &mut a } else { &mut b };
            *deeper = self.facts[deeper].gate?;
        }
        Some(a)
    }

    /// The inputs a node reads: bit i for input i.
    pub fn reads(&self, node: Node) -> u8 {
        self.facts.get(&node).map_or(0, |facts| facts.reads)
    }

    /// Whether what follows may make a large error of a small one of this node's, so that it is not to be approximated.
    pub fn is_magnified(&self, node: Node) -> bool {
        self.magnified.contains(&node)
    }

    /// The nodes through which alone `node` depends on the inputs, the farthest first; `node` itself is not among
    /// them.
    pub fn gates(&self, node: Node) -> Vec<Node> {
        let mut gates = Vec::new();
        let mut at = self.facts.get(&node).and_then(|facts| facts.gate);
        while let Some(gate) = at {
            gates.push(gate);
            at = self.facts[&gate].gate;
        }
        gates.reverse();
        gates
    }
}

/// The nodes beneath operations that are steep somewhere, or jump.
fn magnified(graph: &Graph, order: &[Node]) -> HashSet<Node> {
    use UnaryOpcode::{Ceil, Floor, Not, Recip, Round, Sqrt};
    let mut magnified = HashSet::new();
    for &node in order.iter().rev() {
        let op = graph.op(node);
        let steep = Function::of(op).is_some()
            || matches!(op, Op::Unary(Recip | Sqrt | Floor | Ceil | Round | Not, _))
            || matches!(op, Op::Binary(BinaryOpcode::Div | BinaryOpcode::Compare, ..));
        if steep || magnified.contains(&node) {
            magnified.extend(op.iter_children());
        }
    }
    magnified
}

/// Operands before operations, each once.
pub(super) fn order(graph: &Graph, outputs: &[Node]) -> Vec<Node> {
    order_above(graph, outputs, &[])
}

/// The same without what `leaves` are made of; without recursion, because a chain may be long.
pub(super) fn order_above(graph: &Graph, outputs: &[Node], leaves: &[Node]) -> Vec<Node> {
    let mut order: Vec<Node> = leaves.to_vec();
    let mut done: HashMap<Node, bool> = leaves.iter().map(|leaf| (*leaf, true)).collect();
    let mut stack: Vec<Node> = outputs.iter().rev().copied().collect();
    while let Some(&node) = stack.last() {
        match done.get(&node) {
            Some(true) => {
                stack.pop();
            }
            Some(false) => {
                done.insert(node, true);
                order.push(node);
                stack.pop();
            }
            None => {
                done.insert(node, false);
                stack.extend(graph.op(node).iter_children().filter(|child| !done.contains_key(child)));
            }
        }
    }
    order
}

/// Whether what lies between `gate` and `node` has a function that compiled code has to call out for.
pub(super) fn is_heavy_between(graph: &Graph, gate: Node, node: Node) -> bool {
    any_between(graph, gate, node, false, |op| Function::of(op).is_some())
}

/// Whether what lies between `gate` and `node` has an operation that jumps.
pub(super) fn jumps_between(graph: &Graph, gate: Node, node: Node) -> bool {
    use BinaryOpcode::{And, Compare, Mod, Or};
    use UnaryOpcode::{Ceil, Floor, Not, Round};
    any_between(graph, gate, node, true, |op| {
        matches!(op, Op::Unary(Ceil | Floor | Not | Round, _) | Op::Binary(And | Compare | Mod | Or, ..))
    })
}

/// Whether an operation between `gate` and `node` is sought; what is known to be continuous may be passed over whole.
fn any_between(
    graph: &Graph,
    gate: Node,
    node: Node,
    pass_continuous: bool,
    is_sought: impl Fn(Op) -> bool,
) -> bool {
    let mut seen = HashSet::from([gate]);
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if !seen.insert(node) {
            continue;
        }
        if let Some(argument) = graph.continuous_of(node).filter(|_| pass_continuous) {
            stack.push(argument);
            continue;
        }
        if is_sought(graph.op(node)) {
            return true;
        }
        stack.extend(graph.op(node).iter_children());
    }
    false
}

/// `node` as a weighted sum of nodes that are no sums themselves.
pub(super) fn affine(graph: &Graph, node: Node) -> Affine {
    let mut sum = Affine { terms: Vec::new(), offset: 0.0 };
    // What is shared is visited once, after all that share it: the ways to it may be more than can be walked.
    let mut factors = HashMap::from([(node, 1.0)]);
    for node in sums_first(graph, node) {
        let Some(factor) = factors.remove(&node) else { continue };
        if let Op::Const(value) = graph.op(node) {
            sum.offset += factor * f64::from(value.0);
            continue;
        }
        let parts = summands(graph, node);
        if parts.iter().all(Option::is_none) && factor != 0.0 {
            sum.terms.push((node, factor));
        }
        for (part, scale) in parts.into_iter().flatten() {
            *factors.entry(part).or_insert(0.0) += factor * scale;
        }
    }
    sum
}

/// What a node is the weighted sum of; nothing if it is no sum.
fn summands(graph: &Graph, node: Node) -> [Option<(Node, f64)>; 2] {
    match graph.op(node) {
        Op::Binary(BinaryOpcode::Add, a, b) => [Some((a, 1.0)), Some((b, 1.0))],
        Op::Binary(BinaryOpcode::Sub, a, b) => [Some((a, 1.0)), Some((b, -1.0))],
        Op::Unary(UnaryOpcode::Neg, a) => [Some((a, -1.0)), None],
        Op::Binary(BinaryOpcode::Mul, a, b) => match (graph.value(a), graph.value(b)) {
            (Some(scale), _) => [Some((b, f64::from(scale))), None],
            (_, Some(scale)) => [Some((a, f64::from(scale))), None],
            _ => [None, None],
        },
        _ => [None, None],
    }
}

/// The nodes of the sums beneath `node`, each once and after every sum that it is part of, else from left to right.
fn sums_first(graph: &Graph, node: Node) -> Vec<Node> {
    let mut order = Vec::new();
    let mut done: HashMap<Node, bool> = HashMap::new();
    let mut stack = vec![node];
    while let Some(&node) = stack.last() {
        match done.get(&node) {
            Some(finished) => {
                if !finished {
                    done.insert(node, true);
                    order.push(node);
                }
                stack.pop();
            }
            None => {
                done.insert(node, false);
                // The right one is taken from the stack first, and the order is turned around.
                let parts = summands(graph, node).into_iter().flatten().map(|(part, _)| part);
                stack.extend(parts.filter(|part| !done.contains_key(part)));
            }
        }
    }
    order.reverse();
    order
}

/// A node without the clamp around it, and the clamp's bounds.
pub(super) fn unclamped(graph: &Graph, node: Node) -> (Node, f32, f32) {
    let (inner, high) = match bound(graph, node, BinaryOpcode::Min) {
        Some((inner, high)) => (inner, high),
        None => (node, f32::INFINITY),
    };
    match bound(graph, inner, BinaryOpcode::Max) {
        Some((inner, low)) if low <= high => (inner, low, high),
        _ => (inner, f32::NEG_INFINITY, high),
    }
}

fn bound(graph: &Graph, node: Node, kind: BinaryOpcode) -> Option<(Node, f32)> {
    let Op::Binary(opcode, a, b) = graph.op(node) else { return None };
    if opcode != kind {
        return None;
    }
    match (graph.value(a), graph.value(b)) {
        (Some(value), _) => Some((b, value)),
        (_, Some(value)) => Some((a, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_found_through_diamonds() {
        let mut graph = Graph::new();
        let pixel = graph.pixel((2, 2), false);
        let [r, g, ..] = pixel.channels;
        let sum = graph.add(r, g);
        let root = graph.sqrt(sum);
        let square = graph.square(sum);
        let top = graph.mul(root, square);
        let analysis = Analysis::new(&graph, &[top]);
        assert_eq!(analysis.gates(top), [sum]);
        assert_eq!(analysis.reads(top), 0b11);
        assert_eq!(analysis.gates(sum), []);
        assert_eq!(analysis.gates(root), [sum]);
    }

    #[test]
    fn sums_are_seen_through() {
        let mut graph = Graph::new();
        let pixel = graph.pixel((2, 2), false);
        let [r, g, ..] = pixel.channels;
        let first = graph.affine(&[(r, 2.0), (g, 1.0)], 0.5);
        let second = graph.affine(&[(first, 0.5), (g, -0.5)], 0.0);
        assert_eq!(affine(&graph, second), Affine { terms: vec![(r, 1.0)], offset: 0.25 });
        let clamped = graph.unit(first);
        assert_eq!(unclamped(&graph, clamped), (first, f32::NEG_INFINITY, 1.0));
        let negative = graph.neg(first);
        let clamped = graph.clamp(negative, -1.0, -0.75);
        assert_eq!(unclamped(&graph, clamped), (negative, -1.0, -0.75));
    }
}
