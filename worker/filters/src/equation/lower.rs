//! From a program to a graph.

use fidget_core::context::Node;

use super::{Binary, Expression, Input, Program, Target, Unary};
use crate::graph::{Graph, Pixel};

pub(super) fn lower(program: &Program, graph: &mut Graph, pixel: &Pixel) -> [Node; 4] {
    let mut result = pixel.channels;
    let mut values = Vec::with_capacity(program.bindings.len());
    for binding in &program.bindings {
        let value = Lowering { graph, pixel, values: &values }.expression(&binding.value);
        if let Target::Channel(channel) = binding.target {
            result[channel] = value;
        }
        values.push(value);
    }
    result
}

struct Lowering<'a> {
    graph: &'a mut Graph,
    pixel: &'a Pixel,
    /// The nodes of the bindings before this one.
    values: &'a [Node],
}

impl Lowering<'_> {
    /// The parser bounds the depth, so recursion is safe.
    fn expression(&mut self, expression: &Expression) -> Node {
        match expression {
            Expression::Number(value) => self.graph.constant(*value),
            Expression::Input(input) => self.input(*input),
            Expression::Local(binding) => self.values[*binding],
            Expression::Unary(operation, operand) => {
                let operand = self.expression(operand);
                match operation {
                    Unary::Negate => self.graph.neg(operand),
                    Unary::Not => self.graph.not(operand),
                }
            }
            Expression::Binary(operation, left, right) => {
                let (left, right) = (self.expression(left), self.expression(right));
                binary(self.graph, *operation, left, right)
            }
            Expression::Conditional(condition, yes, no) => {
                let condition = self.expression(condition);
                let (yes, no) = (self.expression(yes), self.expression(no));
                self.graph.select(condition, yes, no)
            }
            Expression::Call(function, arguments) => {
                let arguments: Vec<Node> =
                    arguments.iter().map(|argument| self.expression(argument)).collect();
                (function.lower)(self.graph, &arguments)
            }
        }
    }

    fn input(&mut self, input: Input) -> Node {
        match input {
            Input::Channel(channel) => self.pixel.channels[channel],
            Input::X => self.pixel.x,
            Input::Y => self.pixel.y,
            Input::Width => self.pixel.width,
            Input::Height => self.pixel.height,
            Input::Luma => self.graph.luma(self.pixel.channels),
        }
    }
}

fn binary(graph: &mut Graph, operation: Binary, left: Node, right: Node) -> Node {
    match operation {
        Binary::Add => graph.add(left, right),
        Binary::Subtract => graph.sub(left, right),
        Binary::Multiply => graph.mul(left, right),
        Binary::Divide => graph.div(left, right),
        Binary::Modulo => graph.modulo(left, right),
        Binary::Power => graph.pow(left, right),
        Binary::Less => graph.less(left, right),
        Binary::LessOrEqual => graph.less_or_equal(left, right),
        Binary::Greater => graph.less(right, left),
        Binary::GreaterOrEqual => graph.less_or_equal(right, left),
        Binary::Equal => graph.equal(left, right),
        Binary::Unequal => {
            let equal = graph.equal(left, right);
            graph.not(equal)
        }
        Binary::And => graph.both(left, right),
        Binary::Or => graph.one_of(left, right),
    }
}
