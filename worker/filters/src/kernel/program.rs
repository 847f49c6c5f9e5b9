//! A run of point filters as a short program over blocks of pixels.

use multiversion::multiversion;
use multiversion::target::selected_target;

use super::curve::Curve;
use super::tape::{Evaluator, Tape};

/// Pixels of a block: all registers of a usual program together fit the first-level cache.
pub(super) const BLOCK: usize = 512;

/// A block's values of one node.
pub(super) type Register = usize;

/// One step of a program; every register is written before it is read.
#[derive(Debug, Clone)]
pub(super) enum Instruction {
    /// `out = clamp(offset + Σ factor · register)`.
    Affine { out: Register, terms: Vec<(Register, f32)>, offset: f32, bounds: [f32; 2] },
    /// Three sums of the same three registers.
    Matrix { outs: [Register; ROWS], ins: [Register; ROWS], rows: [Row; ROWS] },
    /// `out = curve(from)`.
    Curve { out: Register, from: Register, curve: Curve },
    /// `outs = tape(ins)`.
    Tape { outs: Vec<Register>, ins: Vec<Register>, tape: Tape },
}

/// Sums of a [`Instruction::Matrix`], and terms of each.
const ROWS: usize = 3;

/// One sum of a [`Instruction::Matrix`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    factors: [f32; ROWS],
    offset: f32,
    bounds: [f32; 2],
}

impl Row {
    #[inline(always)]
    fn of(self, values: [f32; ROWS], fused: bool) -> f32 {
        let [[fa, fb, fc], [a, b, c]] = [self.factors, values];
        let total = plus(self.offset, fa, a, fused);
        let total = plus(plus(total, fb, b, fused), fc, c, fused);
        bounded(total, self.bounds)
    }
}

/// What a result's channel is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Output {
    /// The values of a register.
    Register(Register),
    /// The same everywhere.
    Constant(f32),
}

/// A program. Registers 0 to 5 hold red, green, blue, alpha, x and y.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub instructions: Vec<Instruction>,
    pub registers: usize,
    pub outputs: [Output; 4],
    /// Bit i is set if input i is read.
    pub reads: u8,
    /// Positions of the columns' and the rows' centres, where they are read.
    pub positions: [Vec<f32>; 2],
}

/// The values of a register. Aligned, and not a power of two long, so that values of the same pixel in different
/// registers do not contend for the same lines of the cache.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Plane {
    pub values: [f32; BLOCK],
    gap: [f32; 16],
}

impl Plane {
    /// A plane of one value.
    pub fn of(value: f32) -> Box<Self> {
        Box::new(Self { values: [value; BLOCK], gap: [0.0; 16] })
    }
}

/// What a thread needs to run a program.
#[derive(Debug)]
pub(super) struct Workspace {
    #[expect(clippy::vec_box, reason = "registers change places with spare ones, which must not copy them")]
    pub registers: Vec<Box<Plane>>,
    /// Take the place of registers that are being written.
    spare: [Box<Plane>; ROWS],
    evaluator: Evaluator,
}

impl Program {
    /// The program that changes nothing, for a change of depth.
    pub fn identity() -> Self {
        Self {
            instructions: Vec::new(),
            registers: INPUTS,
            outputs: [0, 1, 2, 3].map(Output::Register),
            reads: 0b1111,
            positions: [Vec::new(), Vec::new()],
        }
    }

    /// Bytes of the tables.
    pub fn table_bytes(&self) -> usize {
        let bytes = |instruction: &Instruction| match instruction {
            Instruction::Curve { curve, .. } => curve.table_bytes(),
            _ => 0,
        };
        self.instructions.iter().map(bytes).sum()
    }

    /// Registers for a block, those of constant outputs filled.
    pub fn workspace(&self) -> Workspace {
        let mut registers: Vec<Box<Plane>> = (0..self.registers).map(|_| Plane::of(0.0)).collect();
        registers.extend(self.outputs.map(|output| match output {
            Output::Constant(value) => Plane::of(value),
            Output::Register(_) => Plane::of(0.0),
        }));
        Workspace { registers, spare: [(); ROWS].map(|()| Plane::of(0.0)), evaluator: Evaluator::default() }
    }

    /// The register that holds a channel of the result.
    pub fn output(&self, channel: usize) -> Register {
        match self.outputs[channel] {
            Output::Register(register) => register,
            Output::Constant(_) => self.registers + channel,
        }
    }

    /// Runs the program on a block whose inputs are loaded. What is not loaded is computed all the same, because a
    /// fixed number of pixels is faster.
    pub fn run(&self, workspace: &mut Workspace) {
        let Workspace { registers, spare, evaluator } = workspace;
        for instruction in &self.instructions {
            match instruction {
                Instruction::Affine { out, terms, offset, bounds } => {
                    run_affine(registers, terms, *offset, *bounds, &mut spare[0]);
                    std::mem::swap(&mut registers[*out], &mut spare[0]);
                }
                Instruction::Matrix { outs, ins, rows } => {
                    let [a, b, c] = ins.map(|register| &registers[register].values);
                    let [x, y, z] = spare.each_mut().map(|plane| &mut plane.values);
                    multiply(a, b, c, rows, x, y, z);
                    for (out, spare) in outs.iter().zip(spare.iter_mut()) {
                        std::mem::swap(&mut registers[*out], spare);
                    }
                }
                Instruction::Curve { out, from, curve } => {
                    curve.evaluate(&registers[*from].values, &mut spare[0].values);
                    std::mem::swap(&mut registers[*out], &mut spare[0]);
                }
                Instruction::Tape { outs, ins, tape } => {
                    let values: Vec<&[f32]> = ins.iter().map(|from| &registers[*from].values[..]).collect();
                    let results = tape.run(evaluator, &values);
                    for (index, out) in outs.iter().enumerate() {
                        results.copy(index, &mut registers[*out].values);
                    }
                }
            }
        }
    }
}

/// Sums in the order of the terms.
fn run_affine(
    registers: &[Box<Plane>],
    terms: &[(Register, f32)],
    offset: f32,
    bounds: [f32; 2],
    out: &mut Plane,
) {
    let plane = |register: Register| &registers[register].values;
    let out = &mut out.values;
    match *terms {
        [(a, fa)] => sum_one([plane(a)], [fa], offset, bounds, out),
        [(a, fa), (b, fb)] => sum_two([plane(a), plane(b)], [fa, fb], offset, bounds, out),
        [(a, fa), (b, fb), (c, fc)] => {
            sum_three([plane(a), plane(b), plane(c)], [fa, fb, fc], offset, bounds, out);
        }
        [(a, fa), (b, fb), (c, fc), (d, fd)] => {
            sum_four([plane(a), plane(b), plane(c), plane(d)], [fa, fb, fc, fd], offset, bounds, out);
        }
        _ => out.fill(offset),
    }
}

/// The values of a block.
type Values = [f32; BLOCK];

#[inline(always)]
fn bounded(value: f32, [low, high]: [f32; 2]) -> f32 {
    let value = if value > low { value } else { low };
    if value < high { value } else { high }
}

/// The sum and a product, rounded once where the processor has an instruction for that (`fused`, which is known when the
/// caller is compiled).
#[inline(always)]
fn plus(sum: f32, factor: f32, value: f32, fused: bool) -> f32 {
    if fused { factor.mul_add(value, sum) } else { sum + factor * value }
}

#[inline(always)]
fn sum<const N: usize>(
    planes: [&Values; N],
    factors: [f32; N],
    offset: f32,
    bounds: [f32; 2],
    fused: bool,
    out: &mut Values,
) {
    for (index, out) in out.iter_mut().enumerate() {
        let mut total = offset;
        for term in 0..N {
            total = plus(total, factors[term], planes[term][index], fused);
        }
        *out = bounded(total, bounds);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_one(planes: [&Values; 1], factors: [f32; 1], offset: f32, bounds: [f32; 2], out: &mut Values) {
    sum(planes, factors, offset, bounds, const { selected_target!().supports_feature_str("fma") }, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_two(planes: [&Values; 2], factors: [f32; 2], offset: f32, bounds: [f32; 2], out: &mut Values) {
    sum(planes, factors, offset, bounds, const { selected_target!().supports_feature_str("fma") }, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_three(planes: [&Values; 3], factors: [f32; 3], offset: f32, bounds: [f32; 2], out: &mut Values) {
    sum(planes, factors, offset, bounds, const { selected_target!().supports_feature_str("fma") }, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_four(planes: [&Values; 4], factors: [f32; 4], offset: f32, bounds: [f32; 2], out: &mut Values) {
    sum(planes, factors, offset, bounds, const { selected_target!().supports_feature_str("fma") }, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn multiply(
    a: &Values,
    b: &Values,
    c: &Values,
    rows: &[Row; ROWS],
    x: &mut Values,
    y: &mut Values,
    z: &mut Values,
) {
    let fused = const { selected_target!().supports_feature_str("fma") };
    let [first, second, third] = *rows;
    for index in 0..BLOCK {
        let read = [a[index], b[index], c[index]];
        x[index] = first.of(read, fused);
        y[index] = second.of(read, fused);
        z[index] = third.of(read, fused);
    }
}

/// Makes one instruction of three sums of the same three registers: what is loaded once serves all. It stands where
/// the first of them stood, where all that it reads is known. Registers must not have been reused yet.
pub(super) fn join_sums(instructions: &mut Vec<Instruction>) {
    let mut index = 0;
    while index < instructions.len() {
        if let Some(registers) = three_terms(&instructions[index]) {
            let alike: Vec<usize> = (index..instructions.len())
                .filter(|other| three_terms(&instructions[*other]) == Some(registers))
                .take(ROWS)
                .collect();
            if let [first, second, third] = alike[..] {
                let sums = [first, second, third].map(|index| row(&instructions[index]));
                let (outs, rows) = (sums.map(|(out, _)| out), sums.map(|(_, row)| row));
                instructions[first] = Instruction::Matrix { outs, ins: registers, rows };
                instructions.remove(third);
                instructions.remove(second);
            }
        }
        index += 1;
    }
}

/// The registers of a sum of three, in their order.
fn three_terms(instruction: &Instruction) -> Option<[Register; ROWS]> {
    let Instruction::Affine { terms, .. } = instruction else { return None };
    let terms: &[(Register, f32); ROWS] = terms.as_slice().try_into().ok()?;
    let mut registers = terms.map(|(register, _)| register);
    registers.sort_unstable();
    Some(registers)
}

/// The register a sum is written to, and the sum with its terms in the order of their registers.
fn row(instruction: &Instruction) -> (Register, Row) {
    let Instruction::Affine { out, terms, offset, bounds } = instruction else { return (0, Row::default()) };
    let mut terms = terms.clone();
    terms.sort_by_key(|(register, _)| *register);
    let factors = std::array::from_fn(|index| terms.get(index).map_or(0.0, |(_, factor)| *factor));
    (*out, Row { factors, offset: *offset, bounds: *bounds })
}

/// Gives registers that are no longer read to later results.
pub(super) fn reuse_registers(program: &mut Program) {
    let mut last_read = vec![0; program.registers];
    for (index, instruction) in program.instructions.iter().enumerate() {
        for register in reads(instruction) {
            last_read[register] = index;
        }
    }
    for output in program.outputs {
        if let Output::Register(register) = output {
            last_read[register] = usize::MAX;
        }
    }
    let mut places: Vec<Register> = (0..program.registers).collect();
    let mut free: Vec<Register> = Vec::new();
    let mut used = INPUTS;
    for (index, instruction) in program.instructions.iter_mut().enumerate() {
        let read: Vec<Register> = reads(instruction).collect();
        for out in writes(instruction) {
            let place = free.pop().unwrap_or_else(|| {
                used += 1;
                used - 1
            });
            places[*out] = place;
        }
        for register in &read {
            if last_read[*register] == index && *register >= INPUTS && !free.contains(&places[*register]) {
                free.push(places[*register]);
            }
        }
        rename(instruction, &places);
    }
    for output in &mut program.outputs {
        if let Output::Register(register) = output {
            *register = places[*register];
        }
    }
    program.registers = used;
}

/// Registers of the inputs; they are loaded anew for every block and never given away.
pub(super) const INPUTS: usize = 6;

fn reads(instruction: &Instruction) -> impl Iterator<Item = Register> {
    let all: Vec<Register> = match instruction {
        Instruction::Affine { terms, .. } => terms.iter().map(|(register, _)| *register).collect(),
        Instruction::Matrix { ins, .. } => ins.to_vec(),
        Instruction::Curve { from, .. } => vec![*from],
        Instruction::Tape { ins, .. } => ins.clone(),
    };
    all.into_iter()
}

fn writes(instruction: &mut Instruction) -> Vec<&mut Register> {
    match instruction {
        Instruction::Affine { out, .. } | Instruction::Curve { out, .. } => vec![out],
        Instruction::Matrix { outs, .. } => outs.iter_mut().collect(),
        Instruction::Tape { outs, .. } => outs.iter_mut().collect(),
    }
}

fn rename(instruction: &mut Instruction, places: &[Register]) {
    match instruction {
        Instruction::Affine { terms, .. } => {
            terms.iter_mut().for_each(|(register, _)| *register = places[*register]);
        }
        Instruction::Matrix { ins, .. } => ins.iter_mut().for_each(|register| *register = places[*register]),
        Instruction::Curve { from, .. } => *from = places[*from],
        Instruction::Tape { ins, .. } => ins.iter_mut().for_each(|register| *register = places[*register]),
    }
    for out in writes(instruction) {
        *out = places[*out];
    }
}
