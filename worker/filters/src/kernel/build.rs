//! From expressions to a program: sums and tables where they suffice, compiled code where they do not.

use std::collections::{HashMap, HashSet};

use fidget_core::context::{Node, Op};

use super::analysis::{
    Affine, Analysis, affine, is_heavy_between, jumps_between, order, order_above, unclamped,
};
use super::curve::{Curve, Domain, Function, Kind};
use super::program::{INPUTS, Instruction, Output, Program, Register, join_sums, reuse_registers};
use super::tape::{Tape, sample, substitute};
use super::{Means, Source};
use crate::graph::{Graph, Input, Range};

/// Nodes that may be walked to take functions out of the graph, all together. Equations can be written of which every
/// part looks like a function worth a curve, and none has one.
const MAX_WALKED: usize = 1_000_000;
/// Nodes of functions that may be sampled, all together, each weighed by what its search costs.
const MAX_SAMPLED: usize = 20_000;
/// The weight of a search for a table over a range: it samples a hundred times as often as that for a polynomial.
const TABLE_WEIGHT: usize = 100;
/// Terms of one instruction; longer sums take several.
const TERMS: usize = 4;

/// Builds the program of four outputs, or says nothing if the expressions cannot be compiled.
pub(super) fn build(graph: &mut Graph, outputs: [Node; 4], source: &Source, means: Means) -> Option<Program> {
    let layered = means.sums.then(|| Builder::new(graph, outputs, source, means).layers(outputs)).flatten();
    let mut program = match layered {
        Some(program) => program,
        None => Builder::new(graph, outputs, source, means).tapes(outputs)?,
    };
    join_sums(&mut program.instructions);
    reuse_registers(&mut program);
    Some(program)
}

struct Builder<'a> {
    graph: &'a mut Graph,
    analysis: Analysis,
    source: &'a Source,
    means: Means,
    instructions: Vec<Instruction>,
    /// The nodes whose values are at hand.
    held: HashMap<Node, Register>,
    registers: usize,
    /// The nodes that sums and tables cannot compute.
    layers_in_vain: HashSet<Node>,
    /// Tables that were looked for, and the gate each is a function of.
    curves: HashMap<Node, Option<(Node, Curve)>>,
    /// The variable of the functions that curves were looked for, and what was found.
    argument: Node,
    found: Vec<(Node, Domain, Kind, Option<Curve>)>,
    /// Nodes that may still be walked, and sampled, in search of curves.
    walks: usize,
    samples: usize,
}

impl<'a> Builder<'a> {
    fn new(graph: &'a mut Graph, outputs: [Node; 4], source: &'a Source, means: Means) -> Self {
        let analysis = Analysis::new(graph, &outputs);
        let mut held = HashMap::new();
        for node in order(graph, &outputs) {
            if let Some(input) = input_of(graph, node) {
                held.insert(node, register_of(input));
            }
        }
        let (argument, _) = graph.variable(Range::ANY);
        Self {
            graph,
            analysis,
            source,
            means,
            instructions: Vec::new(),
            held,
            registers: INPUTS,
            layers_in_vain: HashSet::new(),
            curves: HashMap::new(),
            argument,
            found: Vec::new(),
            walks: MAX_WALKED,
            samples: MAX_SAMPLED,
        }
    }

    fn new_register(&mut self) -> Register {
        self.registers += 1;
        self.registers - 1
    }

    fn program(self, outputs: [Node; 4]) -> Option<Program> {
        let mut reads = 0;
        for node in outputs {
            reads |= self.analysis.reads(node);
        }
        let found = outputs.map(|node| match self.graph.value(node) {
            Some(value) => Some(Output::Constant(value)),
            None => self.held.get(&node).map(|register| Output::Register(*register)),
        });
        let [Some(r), Some(g), Some(b), Some(a)] = found else { return None };
        let (width, height) = self.source.size;
        let positions =
            if reads & 0b11_0000 == 0 { [Vec::new(), Vec::new()] } else { [width, height].map(all_centres) };
        let Self { instructions, registers, .. } = self;
        Some(Program { instructions, registers, outputs: [r, g, b, a], reads, positions })
    }

    /// A program of sums and tables alone, if there is one.
    fn layers(mut self, outputs: [Node; 4]) -> Option<Program> {
        for node in outputs {
            if self.graph.value(node).is_none() {
                self.layer(node)?;
            }
        }
        self.program(outputs)
    }

    /// The register of a node, computed by sums and tables. The recursion is as deep as clamps and tables are
    /// nested, which the planner bounds.
    fn layer(&mut self, node: Node) -> Option<Register> {
        if let Some(register) = self.held.get(&node) {
            return Some(*register);
        }
        // What cannot be had is not tried again: each of its users would try everything beneath it.
        if self.layers_in_vain.contains(&node) {
            return None;
        }
        let register = self.new_layer(node);
        match register {
            Some(register) => drop(self.held.insert(node, register)),
            None => drop(self.layers_in_vain.insert(node)),
        }
        register
    }

    fn new_layer(&mut self, node: Node) -> Option<Register> {
        let heavy =
            self.analysis.gates(node).first().is_some_and(|gate| is_heavy_between(self.graph, *gate, node));
        let register = if heavy { self.table(node) } else { None };
        let register = register.or_else(|| self.sum(node));
        if register.is_none() && !heavy { self.table(node) } else { register }
    }

    fn table(&mut self, node: Node) -> Option<Register> {
        let (gate, curve) = self.curve(node)?;
        let from = self.layer(gate)?;
        let out = self.new_register();
        self.instructions.push(Instruction::Curve { out, from, curve });
        Some(out)
    }

    fn sum(&mut self, node: Node) -> Option<Register> {
        let (inner, low, high, Affine { terms, offset }) = flattened(self.graph, node);
        if inner == node && terms.len() == 1 && terms[0].0 == node {
            return None;
        }
        let mut planes = Vec::with_capacity(terms.len());
        for (term, factor) in terms {
            planes.push((self.layer(term)?, factor as f32));
        }
        let mut offset = offset as f32;
        while planes.len() > TERMS {
            let rest = planes.split_off(TERMS);
            let out = self.new_register();
            let bounds = [f32::NEG_INFINITY, f32::INFINITY];
            self.instructions.push(Instruction::Affine { out, terms: planes, offset, bounds });
            offset = 0.0;
            planes = std::iter::once((out, 1.0)).chain(rest).collect();
        }
        let out = self.new_register();
        let bounds = [low, high];
        self.instructions.push(Instruction::Affine { out, terms: planes, offset, bounds });
        Some(out)
    }

    /// A curve of a node, and the gate that it is a function of; the farthest gate that has a good one.
    fn curve(&mut self, node: Node) -> Option<(Node, Curve)> {
        if let Some(known) = self.curves.get(&node) {
            return known.clone();
        }
        let gates = if self.means.tables { self.analysis.gates(node) } else { Vec::new() };
        let found = [Kind::Polynomial, Kind::Table].into_iter().find_map(|kind| {
            gates.iter().find_map(|gate| Some((*gate, self.curve_from(*gate, node, kind)?)))
        });
        let found = found.or_else(|| {
            let function = Function::of(self.graph.op(node)).filter(|_| self.means.functions)?;
            let argument = self.graph.op(node).iter_children().next()?;
            Some((argument, Curve::Function(function)))
        });
        self.curves.insert(node, found.clone());
        found
    }

    fn curve_from(&mut self, gate: Node, node: Node, kind: Kind) -> Option<Curve> {
        if self.walks == 0 {
            return None;
        }
        let within = order_above(self.graph, &[node], &[gate]);
        self.walks = self.walks.saturating_sub(within.len());
        // One and the same variable for all, so that the same function of different values is found to be the same.
        let replaced = HashMap::from([(gate, self.argument)]);
        let function = substitute(self.graph.context_mut(), &within, node, &replaced);
        let known = match input_of(self.graph, gate) {
            Some(Input::Channel(_)) if self.source.levels <= 256 => Some((0.0, 1.0, self.source.levels)),
            Some(Input::X) => centres(self.source.size.0),
            Some(Input::Y) => centres(self.source.size.1),
            _ => None,
        };
        if self.analysis.is_magnified(node) && (kind == Kind::Polynomial || known.is_none()) {
            return None;
        }
        // Between two entries of a table a jump would be at the wrong place, however near the entries are.
        if known.is_none() && jumps_between(self.graph, gate, node) {
            return None;
        }
        let domain = match known {
            Some((low, high, count)) => Domain { low, high, count: Some(count) },
            None => {
                let range = self.graph.range(gate);
                if !range.is_finite() || range.low >= range.high {
                    return None;
                }
                Domain { low: range.low, high: range.high, count: None }
            }
        };
        let context = self.graph.context();
        let found = self.found.iter().find(|found| (found.0, found.1, found.2) == (function, domain, kind));
        if let Some((.., curve)) = found {
            return curve.clone();
        }
        let weight = match (kind, domain.count) {
            (Kind::Polynomial, _) => 1,
            (Kind::Table, Some(count)) => 1 + count / 1024,
            (Kind::Table, None) => TABLE_WEIGHT,
        };
        let cost = weight * within.len();
        if cost > self.samples {
            return None;
        }
        let curve = Curve::find(context, function, domain, kind);
        // What is found is found early.
        self.samples -= if curve.is_some() { within.len() } else { cost };
        self.found.push((function, domain, kind, curve.clone()));
        curve
    }

    /// A program of compiled code, with tables only for functions that it would have to call out for.
    fn tapes(mut self, outputs: [Node; 4]) -> Option<Program> {
        let mut levels: Vec<Vec<Node>> = Vec::new();
        let mut variables = HashMap::new();
        let varying: Vec<Node> =
            outputs.into_iter().filter(|node| self.graph.value(*node).is_none()).collect();
        self.find_tables(&varying, &mut levels, &mut variables);
        for tables in levels {
            let gates: Vec<Node> = tables.iter().filter_map(|node| Some(self.curve(*node)?.0)).collect();
            self.tape(&gates, &variables)?;
            // Later code reads what this computed; else every level would compute all those before it again.
            for gate in gates {
                variables.entry(gate).or_insert_with(|| self.graph.variable(Range::ANY).0);
            }
            for node in tables {
                let (gate, curve) = self.curve(node)?;
                let from = *self.held.get(&gate)?;
                let out = self.new_register();
                self.instructions.push(Instruction::Curve { out, from, curve });
                self.held.insert(node, out);
            }
        }
        self.tape(&varying, &variables)?;
        self.program(outputs)
    }

    /// Finds the topmost nodes that tables stand for, in levels: a table's argument needs tables of lower levels
    /// only. Each gets a variable that compiled code reads it by.
    fn find_tables(
        &mut self,
        wanted: &[Node],
        levels: &mut Vec<Vec<Node>>,
        variables: &mut HashMap<Node, Node>,
    ) -> usize {
        let mut level = 0;
        let mut seen = HashSet::new();
        let mut stack = wanted.to_vec();
        while let Some(node) = stack.pop() {
            if !seen.insert(node) || self.held.contains_key(&node) {
                continue;
            }
            if variables.contains_key(&node) {
                let own = levels.iter().position(|nodes| nodes.contains(&node)).map_or(0, |own| own + 1);
                level = level.max(own);
                continue;
            }
            let heavy = self
                .analysis
                .gates(node)
                .first()
                .is_some_and(|gate| is_heavy_between(self.graph, *gate, node));
            let gate = if heavy { self.curve(node).map(|(gate, _)| gate) } else { None };
            let Some(gate) = gate else {
                stack.extend(self.graph.op(node).iter_children());
                continue;
            };
            let own = self.find_tables(&[gate], levels, variables);
            if levels.len() <= own {
                levels.resize_with(own + 1, Vec::new);
            }
            levels[own].push(node);
            let (variable, _) = self.graph.variable(Range::ANY);
            variables.insert(node, variable);
            level = level.max(own + 1);
        }
        level
    }

    /// Compiles those of `nodes` that are not at hand yet.
    fn tape(&mut self, nodes: &[Node], variables: &HashMap<Node, Node>) -> Option<()> {
        let mut wanted: Vec<Node> = Vec::new();
        for node in nodes {
            if !self.held.contains_key(node) && !wanted.contains(node) {
                wanted.push(*node);
            }
        }
        if wanted.is_empty() {
            return Some(());
        }
        let mut replaced = HashMap::new();
        let mut known = HashMap::new();
        for (node, register) in &self.held {
            let original = variables.get(node).copied().unwrap_or(*node);
            if let Op::Input(var) = self.graph.op(original) {
                replaced.insert(*node, original);
                known.insert(var, *register);
            }
        }
        let leaves: Vec<Node> = replaced.keys().copied().collect();
        let within = order_above(self.graph, &wanted, &leaves);
        let context = self.graph.context_mut();
        let copies: Vec<Node> =
            wanted.iter().map(|node| substitute(context, &within, *node, &replaced)).collect();
        let tape = Tape::new(context, &copies, self.means.jit)?;
        let ins: Option<Vec<Register>> = tape.inputs().iter().map(|var| known.get(var).copied()).collect();
        let outs: Vec<Register> = wanted.iter().map(|_| self.new_register()).collect();
        self.held.extend(wanted.into_iter().zip(outs.iter().copied()));
        self.instructions.push(Instruction::Tape { outs, ins: ins?, tape });
        Some(())
    }
}

/// The node without the clamps around it, their bounds, and the sum within.
///
/// A clamp of a multiple of a clamp is a clamp of a multiple: `s · clamp(v, l, h) + o` is `s · v + o` between the images
/// of `l` and `h`. So brightness, contrast and their like on one channel become one sum, however many there are.
fn flattened(graph: &Graph, node: Node) -> (Node, f32, f32, Affine) {
    let (mut inner, mut low, mut high) = unclamped(graph, node);
    let mut sum = affine(graph, inner);
    while let [(term, factor)] = sum.terms[..] {
        let (within, least, most) = unclamped(graph, term);
        if within == term {
            break;
        }
        let image = |bound: f32| {
            let value = factor * f64::from(bound) + sum.offset;
            (value as f32).clamp(low, high)
        };
        let (first, second) = (image(least), image(most));
        (low, high) = (first.min(second), first.max(second));
        let before = affine(graph, within);
        sum = Affine {
            terms: before.terms.iter().map(|(term, share)| (*term, share * factor)).collect(),
            offset: before.offset * factor + sum.offset,
        };
        inner = within;
    }
    (inner, low, high, sum)
}

fn input_of(graph: &Graph, node: Node) -> Option<Input> {
    match graph.op(node) {
        Op::Input(var) => graph.inputs().of(var),
        _ => None,
    }
}

fn register_of(input: Input) -> Register {
    match input {
        Input::Channel(channel) => channel,
        Input::X => 4,
        Input::Y => 5,
    }
}

/// The positions of `count` pixels' centres: the first, the last, and how many.
fn centres(count: u32) -> Option<(f32, f32, usize)> {
    let half = 0.5 / f64::from(count);
    (count > 0).then_some((half as f32, (1.0 - half) as f32, count as usize))
}

fn all_centres(count: u32) -> Vec<f32> {
    (0..count).map(|index| ((f64::from(index) + 0.5) / f64::from(count)) as f32).collect()
}

/// Every value of an expression of one input, or of none, for each sample that the input can have.
pub(super) fn values(graph: &Graph, node: Node, levels: usize) -> Option<Vec<f32>> {
    if let Some(value) = graph.value(node) {
        return Some(vec![value; levels]);
    }
    let at: Vec<f32> = (0..levels).map(|level| level as f32 / (levels - 1) as f32).collect();
    sample(graph.context(), node, &at)
}
