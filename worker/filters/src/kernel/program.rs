//! A run of point filters as a short program over blocks of pixels.

use multiversion::multiversion;

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
    Affine { out: Register, terms: Vec<(Register, f32)>, offset: f32, low: f32, high: f32 },
    /// `out = curve(from)`.
    Curve { out: Register, from: Register, curve: Curve },
    /// `outs = tape(ins)`.
    Tape { outs: Vec<Register>, ins: Vec<Register>, tape: Tape },
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

/// What a thread needs to run a program.
#[derive(Debug)]
pub(super) struct Workspace {
    pub registers: Vec<Vec<f32>>,
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

    /// Registers for a block, those of constant outputs filled.
    pub fn workspace(&self) -> Workspace {
        let mut registers = vec![vec![0.0; BLOCK]; self.registers + 4];
        for (channel, output) in self.outputs.iter().enumerate() {
            if let Output::Constant(value) = output {
                registers[self.registers + channel].fill(*value);
            }
        }
        Workspace { registers, evaluator: Evaluator::default() }
    }

    /// The register that holds a channel of the result.
    pub fn output(&self, channel: usize) -> Register {
        match self.outputs[channel] {
            Output::Register(register) => register,
            Output::Constant(_) => self.registers + channel,
        }
    }

    /// Runs the program on the first `count` pixels of a block whose inputs are loaded.
    pub fn run(&self, workspace: &mut Workspace, count: usize) {
        let registers = &mut workspace.registers;
        for instruction in &self.instructions {
            match instruction {
                Instruction::Affine { out, terms, offset, low, high } => {
                    let mut target = std::mem::take(&mut registers[*out]);
                    run_affine(registers, terms, *offset, [*low, *high], &mut target[..count]);
                    registers[*out] = target;
                }
                Instruction::Curve { out, from, curve } => {
                    let mut target = std::mem::take(&mut registers[*out]);
                    curve.evaluate(&registers[*from][..count], &mut target[..count]);
                    registers[*out] = target;
                }
                Instruction::Tape { outs, ins, tape } => {
                    let mut targets: Vec<Vec<f32>> =
                        outs.iter().map(|out| std::mem::take(&mut registers[*out])).collect();
                    let values: Vec<&[f32]> = ins.iter().map(|from| &registers[*from][..count]).collect();
                    tape.run(&mut workspace.evaluator, &values, |index, output| {
                        targets[index][..count].copy_from_slice(output);
                    });
                    for (out, target) in outs.iter().zip(targets) {
                        registers[*out] = target;
                    }
                }
            }
        }
    }
}

/// Sums in the order of the terms, so that every machine finds the same.
fn run_affine(
    registers: &[Vec<f32>],
    terms: &[(Register, f32)],
    offset: f32,
    bounds: [f32; 2],
    out: &mut [f32],
) {
    let plane = |register: Register| &registers[register][..out.len()];
    match *terms {
        [(a, fa)] => sum_one(plane(a), fa, offset, bounds, out),
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

#[inline(always)]
fn bounded(value: f32, [low, high]: [f32; 2]) -> f32 {
    let value = if value > low { value } else { low };
    if value < high { value } else { high }
}

#[inline(always)]
fn sum<const N: usize>(
    planes: [&[f32]; N],
    factors: [f32; N],
    offset: f32,
    bounds: [f32; 2],
    out: &mut [f32],
) {
    let planes = planes.map(|plane| &plane[..out.len()]);
    for (index, out) in out.iter_mut().enumerate() {
        let mut total = offset;
        for term in 0..N {
            total += factors[term] * planes[term][index];
        }
        *out = bounded(total, bounds);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_one(a: &[f32], factor: f32, offset: f32, bounds: [f32; 2], out: &mut [f32]) {
    sum([a], [factor], offset, bounds, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_two(planes: [&[f32]; 2], factors: [f32; 2], offset: f32, bounds: [f32; 2], out: &mut [f32]) {
    sum(planes, factors, offset, bounds, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_three(planes: [&[f32]; 3], factors: [f32; 3], offset: f32, bounds: [f32; 2], out: &mut [f32]) {
    sum(planes, factors, offset, bounds, out);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_four(planes: [&[f32]; 4], factors: [f32; 4], offset: f32, bounds: [f32; 2], out: &mut [f32]) {
    sum(planes, factors, offset, bounds, out);
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
        Instruction::Curve { from, .. } => vec![*from],
        Instruction::Tape { ins, .. } => ins.clone(),
    };
    all.into_iter()
}

fn writes(instruction: &mut Instruction) -> Vec<&mut Register> {
    match instruction {
        Instruction::Affine { out, .. } | Instruction::Curve { out, .. } => vec![out],
        Instruction::Tape { outs, .. } => outs.iter_mut().collect(),
    }
}

fn rename(instruction: &mut Instruction, places: &[Register]) {
    match instruction {
        Instruction::Affine { terms, .. } => {
            terms.iter_mut().for_each(|(register, _)| *register = places[*register]);
        }
        Instruction::Curve { from, .. } => *from = places[*from],
        Instruction::Tape { ins, .. } => ins.iter_mut().for_each(|register| *register = places[*register]),
    }
    for out in writes(instruction) {
        *out = places[*out];
    }
}
