//! Compiled expressions: machine code where the machine allows it, else an interpreter.

use std::collections::HashMap;
use std::sync::OnceLock;

use fidget_core::context::{Context, Node};
use fidget_core::eval::{BulkEvaluator, BulkOutput, Function, MathFunction, Tape as _};
use fidget_core::var::{Var, VarMap};
use fidget_core::vm::VmFunction;
use fidget_jit::JitFunction;

type JitTape = <JitFunction as Function>::FloatSliceEval;
type VmTape = <VmFunction as Function>::FloatSliceEval;

/// Several expressions of the same variables, compiled.
#[derive(Clone)]
pub(super) struct Tape {
    code: Code,
    /// Which variable is the tape's input of a number.
    inputs: Vec<Var>,
}

#[derive(Clone)]
enum Code {
    Jit(<JitTape as BulkEvaluator>::Tape),
    Vm(<VmTape as BulkEvaluator>::Tape),
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.code {
            Code::Jit(_) => "Jit",
            Code::Vm(_) => "Vm",
        };
        formatter.debug_struct(name).field("inputs", &self.inputs.len()).finish()
    }
}

/// What a thread needs to run tapes.
#[derive(Default)]
pub(super) struct Evaluator {
    jit: JitTape,
    vm: VmTape,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Evaluator")
    }
}

impl Tape {
    /// Compiles expressions; at least one of them has to read a variable.
    pub fn new(context: &Context, outputs: &[Node], jit: bool) -> Option<Self> {
        let code = if jit {
            Code::Jit(JitFunction::new(context, outputs).ok()?.float_slice_tape(Default::default()))
        } else {
            Code::Vm(VmFunction::new(context, outputs).ok()?.float_slice_tape(Default::default()))
        };
        let inputs = match &code {
            Code::Jit(tape) => in_order(tape.vars()),
            Code::Vm(tape) => in_order(tape.vars()),
        };
        (!inputs.is_empty()).then_some(Self { code, inputs })
    }

    /// The variables in the order in which [`Tape::run`] wants their values.
    pub fn inputs(&self) -> &[Var] {
        &self.inputs
    }

    /// Evaluates the expressions for many values of the variables; the slices are of one length.
    pub fn run<'a>(&self, evaluator: &'a mut Evaluator, values: &[&[f32]]) -> Results<'a> {
        Results(match &self.code {
            Code::Jit(tape) => evaluator.jit.eval(tape, values).ok(),
            Code::Vm(tape) => evaluator.vm.eval(tape, values).ok(),
        })
    }
}

/// What a tape computed; empty if the values did not fit the tape, which is our own mistake and shows in every test.
pub(super) struct Results<'a>(Option<BulkOutput<'a, f32>>);

impl Results<'_> {
    /// Copies the values of the output of a number.
    pub fn copy(&self, index: usize, out: &mut [f32]) {
        if let Some(results) = &self.0 {
            out.copy_from_slice(&results[index]);
        }
    }
}

fn in_order(vars: &VarMap) -> Vec<Var> {
    let mut all: Vec<(Var, usize)> = vars.iter().collect();
    all.sort_by_key(|(_, index)| *index);
    all.into_iter().map(|(var, _)| var).collect()
}

/// Values of one expression of one variable, by the interpreter.
pub(super) fn sample(context: &Context, node: Node, at: &[f32]) -> Option<Vec<f32>> {
    let tape = Tape::new(context, &[node], false)?;
    if tape.inputs.len() != 1 {
        return None;
    }
    let mut values = vec![0.0; at.len()];
    tape.run(&mut Evaluator::default(), &[at]).copy(0, &mut values);
    Some(values)
}

/// Whether this machine runs compiled code: it has the instructions that are emitted, lets memory be executed that
/// was written (a hardened service may not), and a first function computes what it should. Asked once.
pub(super) fn can_compile() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| has_instructions() && may_execute() && first_function_works())
}

#[cfg(target_arch = "x86_64")]
fn has_instructions() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "aarch64")]
fn has_instructions() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn has_instructions() -> bool {
    false
}

/// The compiler beneath takes such memory for granted and would panic.
fn may_execute() -> bool {
    memmap2::MmapMut::map_anon(4096).is_ok_and(|memory| memory.make_exec().is_ok())
}

fn first_function_works() -> bool {
    let attempt = std::panic::catch_unwind(|| {
        let mut context = Context::new();
        let x = context.x();
        let double = context.mul(x, 2.0).ok()?;
        let tape = Tape::new(&context, &[double], true)?;
        let values: Vec<f32> = (1..20).map(|i| i as f32).collect();
        let mut doubled = vec![0.0; values.len()];
        tape.run(&mut Evaluator::default(), &[&values]).copy(0, &mut doubled);
        Some(doubled.iter().zip(values).all(|(a, b)| *a == 2.0 * b))
    });
    matches!(attempt, Ok(Some(true)))
}

/// A copy of `node` in which some nodes are replaced.
pub(super) fn substitute(
    context: &mut Context,
    order: &[Node],
    node: Node,
    replaced: &HashMap<Node, Node>,
) -> Node {
    use fidget_core::context::{BinaryOpcode, Op, UnaryOpcode};
    let mut copies = replaced.clone();
    for &original in order {
        if copies.contains_key(&original) {
            continue;
        }
        let copy = |child: &Node| copies.get(child).copied().unwrap_or(*child);
        let built = match context.get_op(original).copied() {
            Some(Op::Unary(opcode, a)) => {
                let a = copy(&a);
                match opcode {
                    UnaryOpcode::Neg => context.neg(a),
                    UnaryOpcode::Abs => context.abs(a),
                    UnaryOpcode::Recip => context.recip(a),
                    UnaryOpcode::Sqrt => context.sqrt(a),
                    UnaryOpcode::Square => context.square(a),
                    UnaryOpcode::Floor => context.floor(a),
                    UnaryOpcode::Ceil => context.ceil(a),
                    UnaryOpcode::Round => context.round(a),
                    UnaryOpcode::Sin => context.sin(a),
                    UnaryOpcode::Cos => context.cos(a),
                    UnaryOpcode::Tan => context.tan(a),
                    UnaryOpcode::Asin => context.asin(a),
                    UnaryOpcode::Acos => context.acos(a),
                    UnaryOpcode::Atan => context.atan(a),
                    UnaryOpcode::Exp => context.exp(a),
                    UnaryOpcode::Ln => context.ln(a),
                    UnaryOpcode::Not => context.not(a),
                    UnaryOpcode::Rand => context.rand(a),
                }
            }
            Some(Op::Binary(opcode, a, b)) => {
                let (a, b) = (copy(&a), copy(&b));
                match opcode {
                    BinaryOpcode::Add => context.add(a, b),
                    BinaryOpcode::Sub => context.sub(a, b),
                    BinaryOpcode::Mul => context.mul(a, b),
                    BinaryOpcode::Div => context.div(a, b),
                    BinaryOpcode::Atan => context.atan2(a, b),
                    BinaryOpcode::Min => context.min(a, b),
                    BinaryOpcode::Max => context.max(a, b),
                    BinaryOpcode::Compare => context.compare(a, b),
                    BinaryOpcode::Mod => context.modulo(a, b),
                    BinaryOpcode::And => context.and(a, b),
                    BinaryOpcode::Or => context.or(a, b),
                    BinaryOpcode::Mix => context.mix(a, b),
                }
            }
            _ => continue,
        };
        copies.insert(original, built.unwrap_or(original));
    }
    copies.get(&node).copied().unwrap_or(node)
}
