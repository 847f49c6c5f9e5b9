//! `equation(…)`: every channel as an equation that the user writes.

use crate::equation::Program;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};

/// Programs of r, g, b, a, x, y, w, h and luma.
pub(crate) const FILTER: Filter = Filter {
    name: "equation",
    summary: "Computes r, g, b and a of each pixel by equations of r, g, b, a, luma, x, y (0 to 1), w and h (pixels)",
    example: "equation(r = 0.9*r + 0.1*luma, b = b*smoothstep(0, 0.8, y))",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[Parameter::new("equations", Kind::Equations)],
    build: |arguments| {
        let source = arguments.text("equations");
        let program = Program::parse_within(source, arguments.limits()).map_err(|error| ArgumentError {
            parameter: "equations",
            message: error.message,
            within: Some((error.offset, error.length)),
            suggestion: error.suggestion,
            passed: error.passed,
        })?;
        let canonical = program.canonical().to_owned();
        Ok(Step::point(move |graph, pixel| program.lower(graph, pixel)).spelled(canonical))
    },
};
