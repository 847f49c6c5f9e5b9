//! What images and chains may be at most: each limit with the code that an answer has beyond it.

use clap::Args;
use imgfilter_filters::{self as filters, PresetUse};

/// What an image may be. The edge refuses at the upload what the worker would refuse later.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits of images")]
pub struct ImageLimits {
    /// Longest side of an image and of what is made on the way to a result, in pixels; refused with
    /// dimension_too_large, and output_too_large on the way
    #[arg(long, env = "IMGFILTER_MAX_DIMENSION", value_name = "PIXELS", default_value_t = 16_384)]
    pub max_dimension: u32,
    /// Pixels of one frame, also on the way to a result; refused with too_many_pixels, and output_too_large on the way
    #[arg(long, env = "IMGFILTER_MAX_PIXELS", value_name = "PIXELS", default_value_t = 100_000_000)]
    pub max_pixels: u64,
    /// Frames of an animation; refused with too_many_frames
    #[arg(long, env = "IMGFILTER_MAX_FRAMES", value_name = "FRAMES", default_value_t = 1000)]
    pub max_frames: u32,
    /// Pixels of all frames together, and of all results of a task; refused with too_many_total_pixels, and results with
    /// output_too_large
    #[arg(long, env = "IMGFILTER_MAX_TOTAL_PIXELS", value_name = "PIXELS", default_value_t = 250_000_000)]
    pub max_total_pixels: u64,
    /// Longest side of a result, in pixels; refused with output_dimension_too_large
    #[arg(long, env = "IMGFILTER_MAX_OUTPUT_DIMENSION", value_name = "PIXELS", default_value_t = 16_384,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_output_dimension: u32,
    /// What a chain may be.
    #[command(flatten)]
    pub chains: ChainLimits,
}

/// What a chain of filters may be. The edge refuses at the upload what the worker would refuse later.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits of chains")]
pub struct ChainLimits {
    /// Length of one chain, its presets written out, in code points; a longer one is refused with chain_too_long
    #[arg(long, env = "IMGFILTER_MAX_CHAIN_LENGTH", value_name = "COUNT", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub max_chain_length: u32,
    /// Filters in one chain, where a look or a preset counts as those it is made of; refused with
    /// too_many_chain_filters
    #[arg(long, env = "IMGFILTER_MAX_CHAIN_FILTERS", value_name = "COUNT", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub max_chain_filters: u32,
    /// Length of what stands between the parentheses of `equation(…)`, in code points; refused with equation_too_long
    #[arg(long, env = "IMGFILTER_MAX_EQUATION_LENGTH", value_name = "COUNT", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub max_equation_length: u32,
    /// Depth to which parentheses, calls and signs are nested in an equation; refused with equation_too_deep
    #[arg(long, env = "IMGFILTER_MAX_EQUATION_DEPTH", value_name = "COUNT", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=256))]
    pub max_equation_depth: u32,
    /// Operations, numbers and names in one `equation(…)`; refused with equation_too_complex
    #[arg(long, env = "IMGFILTER_MAX_EQUATION_OPERATIONS", value_name = "COUNT", default_value_t = 1024,
          value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub max_equation_operations: u32,
}

impl From<&ImageLimits> for filters::Limits {
    fn from(limits: &ImageLimits) -> Self {
        Self {
            max_dimension: limits.max_dimension,
            max_pixels: limits.max_pixels,
            max_frames: limits.max_frames,
            max_total_pixels: limits.max_total_pixels,
            max_output_dimension: limits.max_output_dimension,
            chains: (&limits.chains).into(),
        }
    }
}

impl From<&ChainLimits> for filters::ChainLimits {
    fn from(limits: &ChainLimits) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            max_length: size(limits.max_chain_length),
            max_filters: size(limits.max_chain_filters),
            max_equation_length: size(limits.max_equation_length),
            max_equation_depth: size(limits.max_equation_depth),
            max_equation_operations: size(limits.max_equation_operations),
            presets: PresetUse::Allowed,
        }
    }
}
