//! The functions an equation can call.

use fidget_core::context::Node;

use crate::graph::Graph;

/// A function: how it is called and what it becomes.
pub(super) struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called, for hints.
    pub usage: &'static str,
    /// The least and the greatest number of arguments.
    pub arguments: (usize, usize),
    /// Writes it into a graph; gets as many arguments as allowed.
    pub lower: fn(&mut Graph, &[Node]) -> Node,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

const fn one(name: &'static str, usage: &'static str, lower: fn(&mut Graph, &[Node]) -> Node) -> Function {
    Function { name, usage, arguments: (1, 1), lower }
}

const fn two(name: &'static str, usage: &'static str, lower: fn(&mut Graph, &[Node]) -> Node) -> Function {
    Function { name, usage, arguments: (2, 2), lower }
}

const fn three(name: &'static str, usage: &'static str, lower: fn(&mut Graph, &[Node]) -> Node) -> Function {
    Function { name, usage, arguments: (3, 3), lower }
}

/// Most arguments of `min` and `max`.
const MANY: usize = 16;

static FUNCTIONS: [Function; 37] = [
    Function {
        name: "min",
        usage: "min(a, b, …)",
        arguments: (2, MANY),
        lower: |graph, args| fold(graph, args, Graph::min),
    },
    Function {
        name: "max",
        usage: "max(a, b, …)",
        arguments: (2, MANY),
        lower: |graph, args| fold(graph, args, Graph::max),
    },
    Function { name: "clamp", usage: "clamp(a) or clamp(a, low, high)", arguments: (1, 3), lower: clamp },
    three("mix", "mix(a, b, share)", |graph, args| graph.mix(args[0], args[1], args[2])),
    three("lerp", "lerp(a, b, share)", |graph, args| graph.mix(args[0], args[1], args[2])),
    three("if", "if(condition, yes, no)", |graph, args| graph.select(args[0], args[1], args[2])),
    two("step", "step(edge, a)", |graph, args| graph.step(args[0], args[1])),
    three("smoothstep", "smoothstep(low, high, a)", |graph, args| {
        graph.smoothstep(args[0], args[1], args[2])
    }),
    one("abs", "abs(a)", |graph, args| graph.abs(args[0])),
    one("sign", "sign(a)", |graph, args| graph.sign(args[0])),
    one("floor", "floor(a)", |graph, args| graph.floor(args[0])),
    one("ceil", "ceil(a)", |graph, args| graph.ceil(args[0])),
    one("round", "round(a)", |graph, args| graph.round(args[0])),
    one("trunc", "trunc(a)", |graph, args| graph.trunc(args[0])),
    one("fract", "fract(a)", |graph, args| graph.fract(args[0])),
    two("mod", "mod(a, b)", |graph, args| graph.modulo(args[0], args[1])),
    one("sqrt", "sqrt(a)", |graph, args| graph.sqrt(args[0])),
    one("cbrt", "cbrt(a)", cube_root),
    two("pow", "pow(base, exponent)", |graph, args| graph.pow(args[0], args[1])),
    one("exp", "exp(a)", |graph, args| graph.exp(args[0])),
    one("exp2", "exp2(a)", |graph, args| {
        let power = graph.affine(&[(args[0], std::f64::consts::LN_2)], 0.0);
        graph.exp(power)
    }),
    one("log", "log(a), the natural logarithm", |graph, args| graph.ln(args[0])),
    one("ln", "ln(a)", |graph, args| graph.ln(args[0])),
    one("log2", "log2(a)", |graph, args| logarithm(graph, args[0], std::f64::consts::LN_2)),
    one("log10", "log10(a)", |graph, args| logarithm(graph, args[0], std::f64::consts::LN_10)),
    one("sin", "sin(radians)", |graph, args| graph.sin(args[0])),
    one("cos", "cos(radians)", |graph, args| graph.cos(args[0])),
    one("tan", "tan(radians)", |graph, args| graph.tan(args[0])),
    one("asin", "asin(a)", |graph, args| graph.asin(args[0])),
    one("acos", "acos(a)", |graph, args| graph.acos(args[0])),
    one("atan", "atan(a)", |graph, args| graph.atan(args[0])),
    two("atan2", "atan2(y, x)", |graph, args| graph.atan2(args[0], args[1])),
    two("hypot", "hypot(a, b)", length),
    Function { name: "length", usage: "length(a, b) or length(a, b, c)", arguments: (1, 3), lower: length },
    one("radians", "radians(degrees)", |graph, args| {
        graph.affine(&[(args[0], std::f64::consts::PI / 180.0)], 0.0)
    }),
    one("degrees", "degrees(radians)", |graph, args| {
        graph.affine(&[(args[0], 180.0 / std::f64::consts::PI)], 0.0)
    }),
    one("not", "not(a)", |graph, args| graph.not(args[0])),
];

fn fold(graph: &mut Graph, args: &[Node], join: fn(&mut Graph, Node, Node) -> Node) -> Node {
    let (first, rest) =
        args.split_first().map_or((graph.constant(0.0), args), |(first, rest)| (*first, rest));
    rest.iter().fold(first, |folded, next| join(graph, folded, *next))
}

fn clamp(graph: &mut Graph, args: &[Node]) -> Node {
    match *args {
        [value, low, high] => {
            let raised = graph.max(value, low);
            graph.min(raised, high)
        }
        [value, low] => graph.max(value, low),
        _ => graph.unit(args[0]),
    }
}

/// `√(a² + b² + …)`.
fn length(graph: &mut Graph, args: &[Node]) -> Node {
    let squares: Vec<(Node, f64)> = args.iter().map(|arg| (graph.square(*arg), 1.0)).collect();
    let sum = graph.affine(&squares, 0.0);
    graph.sqrt(sum)
}

/// The cube root, of negative values too.
fn cube_root(graph: &mut Graph, args: &[Node]) -> Node {
    let size = graph.abs(args[0]);
    let third = graph.constant(1.0 / 3.0);
    let root = graph.pow(size, third);
    if graph.range(args[0]).low >= 0.0 {
        return root;
    }
    let sign = graph.sign(args[0]);
    graph.mul(root, sign)
}

fn logarithm(graph: &mut Graph, node: Node, base: f64) -> Node {
    let natural = graph.ln(node);
    graph.affine(&[(natural, 1.0 / base)], 0.0)
}
