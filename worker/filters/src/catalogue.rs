//! The catalogue of filters, for machines and for people.

use serde::Serialize;

use crate::filter::{Alpha, Animation, CostClass, Default, Filter, Kind, Parameter};
use crate::limits::PresetUse;
use crate::looks::{self, Look};
use crate::presets::{self, Preset};
use crate::registry::FILTERS;

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
    /// `number`, `integer`, `numbers`, `choice`, `colour`, `text` or `equations`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `px`, `°`, `%`; nothing for plain numbers.
    pub unit: Option<&'static str>,
    /// Least value of a number, or of each of several.
    pub min: Option<f64>,
    /// Greatest value of a number, or of each of several.
    pub max: Option<f64>,
    /// What holds when it is left out; nothing where it is required or the filter does without.
    pub default: Option<serde_json::Value>,
    /// Whether it must be given.
    pub required: bool,
    /// The words of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<&'static str>,
}

/// Everything that a chain can name.
#[derive(Debug, Clone, Serialize)]
pub struct Catalogue {
    /// Every filter, in the order in which they are shown.
    pub filters: Vec<FilterInfo>,
    /// Every look of `look(name)`.
    pub looks: &'static [Look],
    /// Every preset of `preset(name)`: what the operator has configured.
    pub presets: Vec<PresetInfo>,
    /// Whether chains may be made of nothing but presets.
    pub presets_only: bool,
}

/// A preset as `GET /filters` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct PresetInfo {
    /// The name in `preset(name)`.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The filters that make it; not shown where nothing but presets is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
}

/// The filters, the looks and the presets.
pub fn catalogue() -> Catalogue {
    catalogue_of(PresetUse::Allowed)
}

/// The catalogue of a service that uses presets in this way.
pub fn catalogue_of(presets_are: PresetUse) -> Catalogue {
    let presets_only = presets_are == PresetUse::Only;
    let preset = |preset: &Preset| PresetInfo {
        name: preset.name.clone(),
        title: preset.title.clone(),
        chain: (!presets_only).then(|| preset.chain.clone()),
    };
    Catalogue {
        filters: FILTERS.iter().map(|filter| info(filter)).collect(),
        looks: looks::all(),
        presets: presets::current().iter().map(preset).collect(),
        presets_only,
    }
}

fn info(filter: &Filter) -> FilterInfo {
    FilterInfo {
        name: filter.name,
        summary: filter.summary,
        example: filter.example,
        cost: filter.cost,
        animation: filter.animation,
        alpha: filter.alpha,
        parameters: filter.parameters.iter().map(parameter_info).collect(),
    }
}

fn parameter_info(parameter: &Parameter) -> ParameterInfo {
    let (kind, min, max, choices) = match parameter.kind {
        Kind::Number { min, max } => ("number", Some(min), Some(max), Vec::new()),
        Kind::Integer { min, max } => ("integer", Some(min as f64), Some(max as f64), Vec::new()),
        Kind::Choice(choices) => ("choice", None, None, choices.to_vec()),
        Kind::Colour => ("colour", None, None, Vec::new()),
        Kind::Numbers { min, max, .. } => ("numbers", Some(min), Some(max), Vec::new()),
        Kind::Text { .. } => ("text", None, None, Vec::new()),
        Kind::Equations => ("equations", None, None, Vec::new()),
    };
    let default = match parameter.default {
        Default::Number(number) => Some(serde_json::Value::from(number)),
        Default::Word(word) => Some(serde_json::Value::from(word)),
        Default::Required | Default::Absent => None,
    };
    let unit = (!parameter.unit.is_empty()).then_some(parameter.unit);
    let required = matches!(parameter.default, Default::Required);
    ParameterInfo { name: parameter.name, kind, unit, min, max, default, required, choices }
}

/// The catalogue as a Markdown page.
pub fn catalogue_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for filter in catalogue().filters {
        page.push_str(&format!("\n## {}\n\n{}.\n\n    {}\n", filter.name, filter.summary, filter.example));
        if !filter.parameters.is_empty() {
            page.push_str("\n| parameter | type | range | default |\n|---|---|---|---|\n");
        }
        for parameter in &filter.parameters {
            page.push_str(&row(parameter));
        }
        page.push_str(&format!(
            "\nCost: {}. {} {}\n",
            word(filter.cost),
            alpha(filter.alpha),
            frames(filter.animation)
        ));
    }
    page.push_str(LOOKS);
    for look in looks::all() {
        page.push_str(&format!(
            "| `{}` | {} | `{}` |\n",
            look.name,
            look.title,
            look.chain.replace('|', "\\|")
        ));
    }
    page
}

const LOOKS: &str = "
## Looks

Each is a chain with a name, for `look(name)` and `look(name, amount=60)`.

| look | title | chain |
|---|---|---|
";

const INTRODUCTION: &str = "# Filters

A chain is `name(arguments)|name(arguments)…`, applied from left to right. Arguments are positional or named and separated
by commas. Colours are clamped to the range of the image after every filter and rounded once, at the end.
";

fn row(parameter: &ParameterInfo) -> String {
    let unit = parameter.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let range = match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => format!("{min} to {max}{unit}"),
        _ => parameter.choices.join(", "),
    };
    let default = match &parameter.default {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string()),
        None if parameter.required => "required".to_owned(),
        None => "none".to_owned(),
    };
    format!("| `{}` | {} | {range} | {default} |\n", parameter.name, parameter.kind)
}

fn word(cost: CostClass) -> &'static str {
    match cost {
        CostClass::Low => "low",
        CostClass::Medium => "medium",
        CostClass::High => "high",
    }
}

fn alpha(alpha: Alpha) -> &'static str {
    match alpha {
        Alpha::Kept => "Transparency is kept.",
        Alpha::Filtered => "Transparency is filtered with the colours.",
        Alpha::Computed => "Transparency is as the arguments say.",
    }
}

fn frames(animation: Animation) -> &'static str {
    match animation {
        Animation::Frames => "Every frame of an animation is filtered.",
        Animation::Refused => "Animations are refused.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_and_parameter_is_on_the_page() {
        let page = catalogue_markdown();
        for filter in catalogue().filters {
            assert!(page.contains(&format!("\n## {}\n", filter.name)));
            assert!(page.contains(filter.example));
            for parameter in filter.parameters {
                assert!(page.contains(&format!("| `{}` |", parameter.name)));
            }
        }
    }

    #[test]
    fn json_has_the_fields_of_the_api() {
        let all = serde_json::to_value(catalogue()).unwrap();
        let sepia =
            all["filters"].as_array().unwrap().iter().find(|filter| filter["name"] == "sepia").unwrap();
        assert_eq!(sepia["cost"], "low");
        assert_eq!(sepia["parameters"][0]["type"], "number");
        assert_eq!(sepia["parameters"][0]["max"], 1.0);
        assert_eq!(sepia["parameters"][0]["default"], 1.0);
        assert_eq!(all["presets_only"], false);
        assert_eq!(all["presets"][1]["name"], "thumbnail");
        assert!(all["presets"][1]["chain"].as_str().unwrap().starts_with("resize("));
        let hidden = serde_json::to_value(catalogue_of(PresetUse::Only)).unwrap();
        let thumbnail = serde_json::json!({"name": "thumbnail", "title": "Thumbnail of 320 pixels"});
        assert_eq!((&hidden["presets"][1], &hidden["presets_only"]), (&thumbnail, &true.into()));
    }
}
