//! Functions of one value, by faster means than computing them: each checked against the function it stands for.
//!
//! Polynomials, in segments or in one, are the fastest, because they need no memory; a table takes functions that bend
//! or jump too much.
//! Where neither is near enough, or the argument is not bounded, the usual functions have vector code of their own.

use fidget_core::context::{Context, Node};

use super::tape::sample;
use polynomial::Polynomial;
use segments::Segments;
use table::Table;
pub(super) use vector::Function;

mod polynomial;
pub(super) mod segments;
mod table;
mod vector;

/// The largest difference from the function: a sixteenth of a level of 255.
const TOLERANCE: f32 = 1.0 / 4096.0;
/// Adding it to a number from 0 to 2²² leaves the number, rounded, in the low bits.
pub(super) const ROUNDER: f32 = 8_388_608.0;

/// A function of one value.
#[derive(Debug, Clone)]
pub(super) enum Curve {
    Segments(Box<Segments>),
    Polynomial(Polynomial),
    Table(Table),
    Function(Function),
}

/// Which means to look for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// One, or one for each of several segments.
    Polynomial,
    Table,
}

/// The values that an argument can have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Domain {
    pub low: f32,
    pub high: f32,
    /// Only this many, evenly spaced: then a table is exact.
    pub count: Option<usize>,
}

impl Curve {
    /// A curve that is near the function of one variable in all of the domain, if there is one of this kind.
    pub fn find(context: &Context, function: Node, domain: Domain, kind: Kind) -> Option<Self> {
        let Domain { low, high, count } = domain;
        match (kind, count) {
            (Kind::Polynomial, _) => match Segments::of(context, function, low, high) {
                Some(segments) => Some(Self::Segments(Box::new(segments))),
                None => Polynomial::of(context, function, low, high).map(Self::Polynomial),
            },
            (Kind::Table, None) => Table::of(context, function, low, high).map(Self::Table),
            (Kind::Table, Some(count)) => {
                let entries = sample(context, function, &even(low, high, count))?;
                Some(Self::Table(Table::even(entries, low, high)))
            }
        }
    }

    /// Bytes of its table.
    pub fn table_bytes(&self) -> usize {
        match self {
            Self::Table(table) => table.bytes(),
            Self::Segments(_) | Self::Polynomial(_) | Self::Function(_) => 0,
        }
    }

    /// Finds every value's.
    pub fn evaluate(&self, values: &[f32], out: &mut [f32]) {
        match self {
            Self::Segments(segments) => segments.evaluate(values, out),
            Self::Polynomial(polynomial) => polynomial.evaluate(values, out),
            Self::Table(table) => table.look_up(values, out),
            Self::Function(function) => function.evaluate(values, out),
        }
    }
}

/// Whether what `find` finds differs nowhere by more than [`TOLERANCE`].
fn is_near(find: impl Fn(&[f32], &mut [f32]), at: &[f32], right: &[f32]) -> bool {
    let mut found = vec![0.0; at.len()];
    find(at, &mut found);
    found.iter().zip(right).all(|(found, right)| (found - right).abs() <= TOLERANCE)
}

/// `count` evenly spaced values, both ends among them.
fn even(low: f32, high: f32, count: usize) -> Vec<f32> {
    let step = (f64::from(high) - f64::from(low)) / (count.max(2) - 1) as f64;
    (0..count).map(|index| (f64::from(low) + step * index as f64) as f32).collect()
}

#[cfg(test)]
mod tests;
