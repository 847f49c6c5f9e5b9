//! Chains of filters, as people write them: `sepia(0.8)|blur(sigma=3)`.

use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Step};

mod arguments;
mod parser;
mod values;

/// A checked chain, ready to be applied to any image.
#[derive(Debug, Clone)]
pub struct Chain {
    links: Vec<Link>,
}

/// A filter of a chain with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// The filter's definition.
    pub filter: &'static Filter,
    /// The filter and its arguments in their one spelling.
    pub canonical: String,
    /// What it does.
    pub step: Step,
}

impl Chain {
    /// The chain in its one spelling: no spaces, every argument named, in the order of the filter's parameters.
    pub fn canonical(&self) -> String {
        self.links.iter().map(|link| link.canonical.as_str()).collect::<Vec<_>>().join("|")
    }

    /// The filters by themselves.
    pub(crate) fn into_links(self) -> Vec<Link> {
        self.links
    }

    /// The filters in the order in which they are applied.
    pub(crate) fn links(&self) -> &[Link] {
        &self.links
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
    parser::parse(chain).map(|links| Chain { links })
}

#[cfg(test)]
mod tests;
