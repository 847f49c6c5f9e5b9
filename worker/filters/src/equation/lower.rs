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
    /// The parser bounds the depth, and what is as long as it likes, `a + b + c + …`, is not recursed into.
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
            Expression::Binary(operation, left, right) => self.row(*operation, left, right),
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

    /// Signs from left to right: the innermost one stands first.
    fn row(&mut self, operation: Binary, left: &Expression, right: &Expression) -> Node {
        let mut row = vec![(operation, right)];
        let mut first = left;
        while let Expression::Binary(operation, left, right) = first {
            row.push((*operation, right));
            first = left;
        }
        let mut value = self.expression(first);
        while let Some((operation, right)) = row.pop() {
            let right = self.expression(right);
            value = binary(self.graph, operation, value, right);
        }
        value
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
