//! The filter engine: bytes in, bytes out; no network, no database, no clock but a deadline.
//!
//! [`check`] reads a chain of filters, [`probe`] looks at an image's headers, [`estimate`] tells what one will cost
//! on the other, and [`process`] decodes, filters and encodes.

mod assets;
mod catalogue;
mod chain;
mod codec;
mod context;
mod encoding;
mod equation;
mod estimate;
mod explain;
mod filter;
mod filters;
mod format;
mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod graph;
mod kernel;
mod limits;
mod looks;
mod orientation;
mod plan;
mod presets;
mod probe;
mod process;
mod refusal;
mod registry;
mod segments;
mod spelling;
mod stage;
mod timings;

pub use assets::{SYSTEM_FONT, set_assets_folder};
pub use catalogue::{
    Catalogue, FilterInfo, ParameterInfo, PresetInfo, catalogue, catalogue_markdown, catalogue_of,
};
pub use chain::{Chain, Mistake, check, check_within};
pub use encoding::Encoding;
pub use estimate::{Estimate, estimate};
pub use explain::{ExplainedStep, Explanation, explain};
pub use filter::{Alpha, Animation, CostClass};
pub use format::Format;
pub use limits::{ChainLimits, Limits, PresetUse};
pub use looks::Look;
pub use presets::{Preset, PresetMistake, read_presets, set_presets};
pub use probe::{ImageInfo, probe, probe_file};
pub use process::{Job, Output, process, process_timed};
pub use refusal::{Passed, Refusal, RefusalCode};
pub use timings::{FilterTiming, Timings};
