//! A fast program is tried out before it is used.
//!
//! Each table and polynomial is near its function, but what follows may magnify the little that is missing. So a
//! program that has some is compared with the plain one on a thousand pixels; if it strays, it is built without.

use fidget_core::context::Node;

use super::build::build;
use super::curve::Curve;
use super::program::{BLOCK, INPUTS, Instruction, Program};
use super::{Means, Source};
use crate::graph::Graph;

/// Blocks of pixels that are compared.
const BLOCKS: usize = 2;
/// The largest difference of a channel: half a level of 255.
const TOLERANCE: f32 = 0.5 / 255.0;

/// The fastest program that does what the expressions say.
pub(super) fn checked(
    graph: &mut Graph,
    outputs: [Node; 4],
    source: &Source,
    means: Means,
) -> Option<Program> {
    let program = build(graph, outputs, source, means)?;
    if !program.instructions.iter().any(is_approximate) {
        return Some(program);
    }
    let plain = Means { tables: false, functions: false, sums: false, jit: false };
    let right = build(graph, outputs, source, plain)?;
    if agree(&program, &right) {
        return Some(program);
    }
    build(graph, outputs, source, Means { tables: false, ..means })
}

fn is_approximate(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::Curve { curve, .. } if !matches!(curve, Curve::Function(_)))
}

fn agree(program: &Program, right: &Program) -> bool {
    let mut found = program.workspace();
    let mut wanted = right.workspace();
    (0..BLOCKS).all(|block| {
        for input in 0..INPUTS {
            for index in 0..BLOCK {
                let value = value(program, input, block * BLOCK + index);
                found.registers[input].values[index] = value;
                wanted.registers[input].values[index] = value;
            }
        }
        program.run(&mut found);
        right.run(&mut wanted);
        (0..4).all(|channel| {
            let found = &found.registers[program.output(channel)].values;
            let wanted = &wanted.registers[right.output(channel)].values;
            found.iter().zip(wanted).all(|(found, wanted)| (seen(*found) - seen(*wanted)).abs() <= TOLERANCE)
        })
    })
}

/// What is seen of a value in the end.
fn seen(value: f32) -> f32 {
    if value > 0.0 { value.min(1.0) } else { 0.0 }
}

/// The input of a number at one of the pixels that are tried: samples that spread evenly over all colours (a Kronecker
/// sequence of square roots of primes), every eighth of them dark, where curves are steepest.
fn value(program: &Program, input: usize, index: usize) -> f32 {
    const STEPS: [f64; INPUTS] =
        [0.414_213_56, 0.732_050_81, 0.236_067_98, 0.645_751_31, 0.316_624_79, 0.605_551_28];
    let share = (STEPS[input] * (index + 1) as f64).fract();
    match program.positions.get(input.wrapping_sub(4)) {
        Some(places) if !places.is_empty() => places[(share * places.len() as f64) as usize],
        _ => {
            let top = if index.is_multiple_of(8) { 16.0 } else { 256.0 };
            ((share * top).floor() / 255.0) as f32
        }
    }
}
