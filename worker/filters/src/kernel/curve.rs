//! Functions of one value, by faster means than computing them: each checked against the function it stands for.
//!
//! A polynomial is the fastest, because it needs no memory; a table takes functions that bend or jump too much.
//! Where neither is near enough, or the argument is not bounded, the usual functions have vector code of their own.

use fidget_core::context::{Context, Node};

use super::tape::sample;
use polynomial::Polynomial;
use table::Table;
pub(super) use vector::Function;

mod polynomial;
mod table;
mod vector;

/// The largest difference from the function: a sixteenth of a level of 255.
const TOLERANCE: f32 = 1.0 / 4096.0;

/// A function of one value.
#[derive(Debug, Clone)]
pub(super) enum Curve {
    Polynomial(Polynomial),
    Table(Table),
    Function(Function),
}

impl Curve {
    /// For an argument that is one of `count` evenly spaced values from `low` to `high`. Exact, or faster where near
    /// is enough.
    pub fn known(
        context: &Context,
        node: Node,
        (low, high, count): (f32, f32, usize),
        near_is_enough: bool,
    ) -> Option<Self> {
        let at = even(low, high, count);
        let right = sample(context, node, &at)?;
        if near_is_enough
            && let Some(polynomial) = Polynomial::of(context, node, low, high)
            && is_near(|values, out| polynomial.evaluate(values, out), &at, &right)
        {
            return Some(Self::Polynomial(polynomial));
        }
        Some(Self::Table(Table::even(right, low, high)))
    }

    /// For any argument from `low` to `high`, if a polynomial or a table of a fair size is near enough everywhere.
    pub fn approximate(context: &Context, node: Node, low: f32, high: f32) -> Option<Self> {
        if let Some(polynomial) = Polynomial::of(context, node, low, high) {
            return Some(Self::Polynomial(polynomial));
        }
        Table::of(context, node, low, high).map(Self::Table)
    }

    /// Finds every value's.
    pub fn evaluate(&self, values: &[f32], out: &mut [f32]) {
        match self {
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
