//! Chains of filters, as people write them: `sepia(0.8)|blur(sigma=3)`.

use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Step};
use crate::limits::ChainLimits;
use crate::refusal::{Passed, Refusal, RefusalCode};

mod arguments;
mod parser;
mod values;

/// A checked chain, ready to be applied to any image.
#[derive(Debug, Clone)]
pub struct Chain {
    links: Vec<Link>,
    expanded: Option<String>,
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

impl Link {
    /// How many filters it stands for.
    fn filters(&self) -> usize {
        match &self.step {
            Step::Chain(links) => links.iter().map(Self::filters).sum(),
            Step::Point(_) | Step::Stage(_) => 1,
        }
    }
}

impl Chain {
    /// The chain in its one spelling: no spaces, every argument named, in the order of the filter's parameters.
    pub fn canonical(&self) -> String {
        self.links.iter().map(|link| link.canonical.as_str()).collect::<Vec<_>>().join("|")
    }

    /// The chain with its presets written out, if it has any: this is what will run, whatever becomes of the
    /// operator's files.
    pub fn expanded(&self) -> Option<&str> {
        self.expanded.as_deref()
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
    /// The limit that was passed, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
}

/// Checks a chain by the usual limits; an empty one, or one of blanks, is right and only re-encodes.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(chain: &str) -> Result<Chain, Mistake> {
    check_within(chain, &ChainLimits::default())
}

/// Checks a chain by the limits of this service.
///
/// # Errors
/// The first [`Mistake`].
pub fn check_within(chain: &str, limits: &ChainLimits) -> Result<Chain, Mistake> {
    let length = chain.chars().count();
    if length > limits.max_length {
        return Err(too_long(length, length, limits, "a chain may have"));
    }
    let (links, expanded) = parser::parse(chain, limits)?;
    if let Some(expanded) = &expanded {
        let all = expanded.chars().count();
        if all > limits.max_length {
            return Err(too_long(length, all, limits, "with its presets written out a chain may have"));
        }
    }
    Ok(Chain { links, expanded })
}

/// The mistake of a chain as long as `found`, told of all `length` characters that were written.
fn too_long(length: usize, found: usize, limits: &ChainLimits, subject: &str) -> Mistake {
    let most = limits.max_length;
    Mistake {
        message: format!("{subject} at most {most} characters, not {found}"),
        offset: 0,
        length,
        suggestion: None,
        passed: Some(Passed::new(RefusalCode::ChainTooLong, most)),
    }
}

impl From<Mistake> for Refusal {
    /// A chain that is refused where it was to run: accepted elsewhere, by wider limits or other files.
    fn from(mistake: Mistake) -> Self {
        let code = mistake.passed.map_or(RefusalCode::ImpossibleChain, |passed| passed.code);
        Self { code, detail: mistake.message, limit: mistake.passed.and_then(|passed| passed.limit) }
    }
}

#[cfg(test)]
mod tests;
