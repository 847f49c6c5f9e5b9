//! `preset(name)`: a chain of the operator's that has a name.

use crate::chain::check_within;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::limits::{ChainLimits, PresetUse};
use crate::presets;
use crate::spelling;

/// The presets of `IMGFILTER_PRESETS`.
pub(crate) const FILTER: Filter = Filter {
    name: "preset",
    summary: "A chain of the operator's by its name; `GET /filters` lists them",
    example: "preset(thumbnail)",
    cost: CostClass::Medium,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[Parameter::text("name", presets::MAX_NAME)],
    build: |arguments| {
        let name = arguments.text("name");
        let known = presets::current();
        let Some(preset) = known.iter().find(|preset| preset.name == name) else {
            let message = if known.is_empty() {
                "the operator has configured no presets".to_owned()
            } else {
                format!("the operator has no preset `{name}`")
            };
            return Err(ArgumentError {
                suggestion: spelling::nearest(name, known.iter().map(|preset| preset.name.as_str())),
                ..ArgumentError::new("name", message)
            });
        };
        let limits = ChainLimits { presets: PresetUse::Forbidden, ..*arguments.limits() };
        // It was right when it was read; a file that it names may be gone since.
        let chain = check_within(&preset.chain, &limits).map_err(|mistake| ArgumentError {
            passed: mistake.passed,
            ..ArgumentError::new("name", format!("the preset `{name}` cannot be used: {}", mistake.message))
        })?;
        Ok(Step::Chain(chain.into_links()))
    },
};
