//! What a filter is: its name, its parameters, and how it becomes a step of a chain.

use std::fmt;
use std::sync::Arc;

use fidget_core::context::Node;
use serde::Serialize;

use crate::chain::Link;
use crate::graph::{Graph, Pixel, Range};
use crate::limits::ChainLimits;
use crate::refusal::Passed;
use crate::stage::Stage;

/// A filter's definition: one constant in one file, named in the registry.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The name in chains.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// A chain that shows it.
    pub example: &'static str,
    /// Roughly what it costs.
    pub cost: CostClass,
    /// What it does to transparency.
    pub alpha: Alpha,
    /// What it does to animations.
    pub animation: Animation,
    /// Its parameters, in the order of positional arguments.
    pub parameters: &'static [Parameter],
    /// Makes the step from arguments that passed the parameters' own checks.
    pub build: fn(&Arguments) -> Result<Step, ArgumentError>,
}

/// How the time of a filter compares with decoding and encoding the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CostClass {
    /// Little beside decoding and encoding; fused with its neighbours.
    Low,
    /// About as much as decoding and encoding.
    Medium,
    /// Several times decoding and encoding.
    High,
}

/// What a filter does to transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alpha {
    /// Left as it is; colours are changed as if opaque.
    Kept,
    /// Filtered with the colours, which weigh by their opacity.
    Filtered,
    /// Only as the arguments say.
    Computed,
}

/// What a filter does to animations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Animation {
    /// Every frame is filtered.
    Frames,
    /// Animations are refused.
    Refused,
}

/// One parameter of a filter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    /// The name in named arguments.
    pub name: &'static str,
    /// What may be written, with its range.
    pub kind: Kind,
    /// `px`, `°`, `%`; empty for plain numbers.
    pub unit: &'static str,
    /// What holds when it is left out.
    pub default: Default,
}

impl Parameter {
    /// A parameter that must be given.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, unit: "", default: Default::Required }
    }

    /// A number from `min` to `max` that must be given.
    pub const fn number(name: &'static str, min: f64, max: f64) -> Self {
        Self::new(name, Kind::Number { min, max })
    }

    /// A whole number from `min` to `max` that must be given.
    pub const fn integer(name: &'static str, min: i64, max: i64) -> Self {
        Self::new(name, Kind::Integer { min, max })
    }

    /// One of some words; the first one if it is left out.
    pub const fn choice(name: &'static str, choices: &'static [&'static str]) -> Self {
        Self { default: Default::Word(choices[0]), ..Self::new(name, Kind::Choice(choices)) }
    }

    /// A colour that must be given.
    pub const fn colour(name: &'static str) -> Self {
        Self::new(name, Kind::Colour)
    }

    /// Words of at most `most` characters that must be given.
    pub const fn text(name: &'static str, most: usize) -> Self {
        Self::new(name, Kind::Text { most })
    }

    /// The strength of a filter, from −100 % to 100 %.
    pub const fn amount() -> Self {
        Self::number("amount", -100.0, 100.0).unit("%")
    }

    /// The same with a unit.
    pub const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same with a number that holds when it is left out.
    pub const fn or(self, number: f64) -> Self {
        Self { default: Default::Number(number), ..self }
    }

    /// The same with a value, as it is written in chains, that holds when it is left out.
    pub const fn or_word(self, word: &'static str) -> Self {
        Self { default: Default::Word(word), ..self }
    }

    /// The same, but it may be left out.
    pub const fn optional(self) -> Self {
        Self { default: Default::Absent, ..self }
    }
}

/// What may be written for a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A number from `min` to `max`.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// A whole number from `min` to `max`.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A colour as CSS writes it: `#rgb`, `#rrggbb`, `#rrggbbaa`, the same without `#`, or a name.
    Colour,
    /// Several numbers from `min` to `max` with spaces or colons between them, such as `0:0 0.25:0.2 1:1`.
    Numbers {
        /// Least value of each.
        min: f64,
        /// Greatest value of each.
        max: f64,
        /// How many there may be at least.
        least: usize,
        /// How many there may be at most.
        most: usize,
    },
    /// Words, in quotation marks if they hold one of `,()=|"`; within them `\"` and `\\` stand for `"` and `\`.
    Text {
        /// Characters there may be at most.
        most: usize,
    },
    /// Equations, which take up the whole of the parentheses.
    Equations,
}

/// What holds when an argument is left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// It must be given.
    Required,
    /// Nothing; the filter finds a value by itself or does without.
    Absent,
    /// A number.
    Number(f64),
    /// Whatever else, as it is written in chains.
    Word(&'static str),
}

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Of a number or a whole number.
    Number(f64),
    /// Of a list of numbers.
    Numbers(Vec<f64>),
    /// Of a colour: red, green, blue and alpha, sRGB-encoded, not multiplied by alpha.
    Colour([u8; 4]),
    /// Of a choice, or the text of equations.
    Word(String),
    /// Of a text.
    Text(String),
}

/// Checked arguments of one filter, defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    values: Vec<(&'static str, Option<Value>)>,
    limits: ChainLimits,
}

impl Arguments {
    /// Values in the order of the filter's parameters, and the limits on the chain that they stand in.
    pub fn new(values: Vec<(&'static str, Option<Value>)>, limits: ChainLimits) -> Self {
        Self { values, limits }
    }

    /// The limits on the chain that the filter stands in.
    pub fn limits(&self) -> &ChainLimits {
        &self.limits
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_ref())
    }

    /// A number that was given; `None` if it was left out and has no default.
    pub fn optional(&self, name: &str) -> Option<f64> {
        match self.value(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A number that is required or has a default. Zero if the filter's definition says neither.
    pub fn number(&self, name: &str) -> f64 {
        self.optional(name).unwrap_or_default()
    }

    /// A word or text that is required or has a default. Empty if the filter's definition says neither.
    pub fn text(&self, name: &str) -> &str {
        match self.value(name) {
            Some(Value::Word(text) | Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A list of numbers that is required or has a default. Empty if it was left out and has none.
    pub fn numbers(&self, name: &str) -> &[f64] {
        match self.value(name) {
            Some(Value::Numbers(numbers)) => numbers,
            _ => &[],
        }
    }

    /// A colour that is required or has a default: red, green, blue and alpha, 0 to 255. Transparent black if the
    /// filter's definition says neither.
    pub fn colour(&self, name: &str) -> [u8; 4] {
        match self.value(name) {
            Some(Value::Colour(colour)) => *colour,
            _ => [0; 4],
        }
    }

    /// The same with channels from 0 to 1.
    pub fn colour_unit(&self, name: &str) -> [f64; 4] {
        self.colour(name).map(|channel| f64::from(channel) / 255.0)
    }

    /// A colour that was given; `None` if it was left out and has no default.
    pub fn given_colour(&self, name: &str) -> Option<[u8; 4]> {
        self.value(name).map(|_| self.colour(name))
    }
}

/// What is wrong with arguments that are each right by themselves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArgumentError {
    /// The parameter to point at; empty for the filter as a whole.
    pub parameter: &'static str,
    /// The reason in words.
    pub message: String,
    /// Offset and length in code points within the argument's text, to point at a part of it.
    pub within: Option<(usize, usize)>,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// The limit that was passed, if it was one.
    pub passed: Option<Passed>,
}

impl ArgumentError {
    /// An error that points at one argument, or at the filter if `parameter` is empty.
    pub fn new(parameter: &'static str, message: impl Into<String>) -> Self {
        Self { parameter, message: message.into(), within: None, suggestion: None, passed: None }
    }
}

/// What a filter of a chain does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Each pixel by itself: fused with its neighbours.
    Point(PointFilter),
    /// A whole frame at a time.
    Stage(Arc<dyn Stage>),
    /// Other filters, one after the other.
    Chain(Vec<Link>),
}

impl Step {
    /// A step that computes each pixel from that pixel: red, green, blue and alpha as expressions of the inputs.
    pub fn point(lower: impl Fn(&mut Graph, &Pixel) -> [Node; 4] + Send + Sync + 'static) -> Self {
        Self::Point(PointFilter { lower: Arc::new(lower), spelling: None })
    }

    /// The same step with the one spelling of its arguments, where a list of values would not do.
    pub fn spelled(mut self, spelling: String) -> Self {
        if let Self::Point(point) = &mut self {
            point.spelling = Some(spelling);
        }
        self
    }

    /// The one spelling of the arguments, if the step knows it better than the chain does.
    pub fn spelling(&self) -> Option<&str> {
        match self {
            Self::Point(point) => point.spelling.as_deref(),
            Self::Stage(_) | Self::Chain(_) => None,
        }
    }

    /// A step over whole frames.
    pub fn stage(stage: impl Stage + 'static) -> Self {
        Self::Stage(Arc::new(stage))
    }
}

/// Writes a filter's expressions into a graph, given those of the pixel that it reads.
type Lower = dyn Fn(&mut Graph, &Pixel) -> [Node; 4] + Send + Sync;

/// A filter that sees one pixel at a time, as expressions.
#[derive(Clone)]
pub(crate) struct PointFilter {
    lower: Arc<Lower>,
    spelling: Option<String>,
}

impl PointFilter {
    /// The expressions of the result, before clamping.
    pub fn lower(&self, graph: &mut Graph, pixel: &Pixel) -> [Node; 4] {
        (self.lower)(graph, pixel)
    }

    /// Whether the result depends on nothing but the colours of the pixel: not on where it is, nor on the size of the
    /// frame.
    pub fn is_placeless(&self) -> bool {
        let mut graph = Graph::new();
        let pixel = graph.pixel((1, 1), true);
        // Anywhere in a frame of any size: what folds for some places or sizes does not fold here.
        let mut lowered_anywhere = || {
            let sizes = Range::between(1.0, f32::MAX);
            let [x, y, width, height] =
                [Range::UNIT, Range::UNIT, sizes, sizes].map(|range| graph.variable(range).0);
            self.lower(&mut graph, &Pixel { x, y, width, height, ..pixel })
        };
        // The graph shares what is the same, so equal expressions are equal nodes.
        lowered_anywhere() == lowered_anywhere()
    }

    /// Whether every pixel keeps its alpha.
    pub fn keeps_alpha(&self) -> bool {
        let mut graph = Graph::new();
        let pixel = graph.pixel((1_000, 700), true);
        self.lower(&mut graph, &pixel)[3] == pixel.channels[3]
    }
}

impl fmt::Debug for PointFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PointFilter")
    }
}
