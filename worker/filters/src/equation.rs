//! Equations that people write: `r = 0.5*r + 0.5*g, b = sqrt(b)`.
//!
//! A program is a list of bindings, separated by commas, semicolons or line ends. Binding `r`, `g`, `b` or `a` sets
//! that channel of the result; any other name is a local for what follows. Wherever `r`, `g`, `b`, `a` are read they
//! are the pixel as it came in.

use fidget_core::context::Node;

use crate::graph::{Graph, Pixel};
use crate::limits::ChainLimits;
use crate::refusal::Passed;

mod functions;
mod hints;
mod lexer;
mod lower;
mod parser;

/// A checked program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    bindings: Vec<Binding>,
    canonical: String,
}

/// `name = value`.
#[derive(Debug, Clone)]
struct Binding {
    target: Target,
    value: Expression,
}

/// What a binding sets.
#[derive(Debug, Clone, PartialEq)]
enum Target {
    /// Red, green, blue or alpha of the result.
    Channel(usize),
    /// A name for what follows.
    Local(String),
}

/// What an equation computes.
#[derive(Debug, Clone)]
enum Expression {
    Number(f32),
    Input(Input),
    /// The binding of this number.
    Local(usize),
    Unary(Unary, Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(&'static functions::Function, Vec<Expression>),
}

/// What an equation can read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Input {
    Channel(usize),
    X,
    Y,
    Width,
    Height,
    Luma,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unary {
    Negate,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
    And,
    Or,
}

/// What is wrong with a program, and where in its source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EquationError {
    /// The mistake in words.
    pub message: String,
    /// Where it begins, in code points from 0.
    pub offset: usize,
    /// How many code points it is long.
    pub length: usize,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// The limit that was passed, if it was one.
    pub passed: Option<Passed>,
}

impl Program {
    /// Reads a program that keeps to these limits.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse_within(source: &str, limits: &ChainLimits) -> Result<Self, EquationError> {
        parser::parse(source, limits)
    }

    /// Reads a program that keeps to the usual limits.
    #[cfg(test)]
    pub fn parse(source: &str) -> Result<Self, EquationError> {
        Self::parse_within(source, &ChainLimits::default())
    }

    /// The program in its one spelling.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Writes the program into a graph; channels that it does not set stay.
    pub fn lower(&self, graph: &mut Graph, pixel: &Pixel) -> [Node; 4] {
        lower::lower(self, graph, pixel)
    }
}

#[cfg(test)]
mod tests;
