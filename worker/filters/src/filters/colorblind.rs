//! `colorblind(type, severity)`: what people see whose cones differ.

use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::graph::LUMA;

mod machado;

/// A matrix in linear light: that of Machado, Oliveira and Fernandes for missing or shifted cones, luminance for none.
pub(crate) const FILTER: Filter = Filter {
    name: "colorblind",
    summary: "Shows colours as they look to people with a colour vision deficiency; those on -opia lack a kind of \
              cone, those on -anomaly have it shifted by the severity (50 % if none is given)",
    example: "colorblind(deuteranopia)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::choice("type", &TYPES),
        Parameter::number("severity", 0.0, 100.0).unit("%").optional(),
    ],
    build: |arguments| {
        let kind = arguments.text("type");
        let anomaly = kind.ends_with("anomaly");
        let severity = arguments.optional("severity");
        if !anomaly && severity.is_some_and(|severity| severity != 100.0) {
            return Err(ArgumentError {
                suggestion: TYPES
                    .iter()
                    .find(|other| other.ends_with("anomaly") && other.get(..5) == kind.get(..5))
                    .map(ToString::to_string),
                ..ArgumentError::new("type", format!("`{kind}` has no degrees; the -anomaly has"))
            });
        }
        let severity = severity.unwrap_or(if anomaly { 50.0 } else { 100.0 }) / 100.0;
        let rows = match kind.get(..5) {
            Some("prota") => machado::at(&machado::PROTAN, severity),
            Some("deute") => machado::at(&machado::DEUTAN, severity),
            Some("trita") => machado::at(&machado::TRITAN, severity),
            _ => towards_grey(severity),
        };
        Ok(Step::point(move |graph, pixel| graph.matrix_in_light(pixel.channels, rows)))
    },
};

/// The deficiencies; those of a kind begin with the same five letters.
const TYPES: [&str; 8] = [
    "protanopia",
    "deuteranopia",
    "tritanopia",
    "achromatopsia",
    "protanomaly",
    "deuteranomaly",
    "tritanomaly",
    "achromatanomaly",
];

/// A straight line from all colours to their luminance.
fn towards_grey(severity: f64) -> [[f64; 3]; 3] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let identity = if row == column { 1.0 - severity } else { 0.0 };
            LUMA[column] * severity + identity
        })
    })
}
