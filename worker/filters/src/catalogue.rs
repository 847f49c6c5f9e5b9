//! The catalogue of filters, for machines and for people.

use serde::Serialize;

use crate::filter::{Alpha, Animation, CostClass};

/// A filter as `GET /filters` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct FilterInfo {
    /// The name in chains.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// A chain that shows it.
    pub example: &'static str,
    /// Roughly what it costs.
    pub cost: CostClass,
    /// What it does to animations.
    pub animation: Animation,
    /// What it does to transparency.
    pub alpha: Alpha,
    /// Its parameters, in the order of positional arguments.
    pub parameters: Vec<ParameterInfo>,
}

/// A parameter as `GET /filters` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ParameterInfo {
    /// The name in named arguments.
    pub name: &'static str,
    /// `number`, `integer`, `choice` or `equations`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `px`, `°`, `%`; nothing for plain numbers.
    pub unit: Option<&'static str>,
    /// Least value of a number.
    pub min: Option<f64>,
    /// Greatest value of a number.
    pub max: Option<f64>,
    /// What holds when it is left out; nothing where it is required or the filter does without.
    pub default: Option<serde_json::Value>,
    /// Whether it must be given.
    pub required: bool,
    /// The words of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<&'static str>,
}

/// Every filter.
pub fn catalogue() -> Vec<FilterInfo> {
    Vec::new()
}

/// The catalogue as a Markdown page.
pub fn catalogue_markdown() -> String {
    String::new()
}
