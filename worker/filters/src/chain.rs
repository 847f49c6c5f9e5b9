//! Chains of filters, as people write them.

use serde::{Deserialize, Serialize};

use crate::filter::Step;

/// A checked chain, ready to be applied to any image.
#[derive(Debug, Clone)]
pub struct Chain {
    canonical: String,
    steps: Vec<Step>,
}

impl Chain {
    /// The chain in its one spelling: no spaces, every argument named.
    pub fn canonical(&self) -> String {
        self.canonical.clone()
    }
}

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// The mistake in words.
    pub message: String,
    /// Where it begins, in code points from 0.
    pub offset: usize,
    /// How many code points it is long; 0 where something is missing.
    pub length: usize,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Checks a chain; an empty one, or one of blanks, is right and only re-encodes.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(chain: &str) -> Result<Chain, Mistake> {
    let _ = chain;
    Ok(Chain { canonical: String::new(), steps: Vec::new() })
}
