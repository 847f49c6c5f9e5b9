//! Why an image, or a chain on an image, is not worked on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of refusal; each has one code in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The bytes are not an image of any kind we know.
    NotAnImage,
    /// An image, but of a format, or a variant of one, that is not read here.
    UnsupportedFormat,
    /// An image that is truncated or malformed.
    BrokenImage,
    /// More pixels in a frame than allowed.
    TooManyPixels,
    /// More pixels in all frames together than allowed.
    TooManyTotalPixels,
    /// A side longer than allowed.
    DimensionTooLarge,
    /// More frames than allowed.
    TooManyFrames,
    /// An animation into a format or through a filter that knows only stills.
    AnimationNotSupported,
    /// The result, or something on the way to it, would be larger than allowed.
    OutputTooLarge,
    /// A side of the result longer than allowed.
    OutputDimensionTooLarge,
    /// A chain of more characters than allowed.
    ChainTooLong,
    /// A chain of more filters than allowed.
    TooManyChainFilters,
    /// An equation of more characters than allowed.
    EquationTooLong,
    /// An equation nested deeper than allowed.
    EquationTooDeep,
    /// An equation of more operations than allowed.
    EquationTooComplex,
    /// An argument beyond the range of its parameter.
    ParameterOutOfRange,
    /// Something other than a preset, where the operator allows nothing else.
    PresetsOnly,
    /// The chain cannot be applied to this image, such as a crop outside of it.
    ImpossibleChain,
    /// The time for the job is over, or the job was cancelled.
    DeadlineExceeded,
    /// Our own mistake.
    #[serde(rename = "internal_error")]
    Internal,
}

impl RefusalCode {
    /// The code in the API, such as `broken_image`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnImage => "not_an_image",
            Self::UnsupportedFormat => "unsupported_format",
            Self::BrokenImage => "broken_image",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooManyTotalPixels => "too_many_total_pixels",
            Self::DimensionTooLarge => "dimension_too_large",
            Self::TooManyFrames => "too_many_frames",
            Self::AnimationNotSupported => "animation_not_supported",
            Self::OutputTooLarge => "output_too_large",
            Self::OutputDimensionTooLarge => "output_dimension_too_large",
            Self::ChainTooLong => "chain_too_long",
            Self::TooManyChainFilters => "too_many_chain_filters",
            Self::EquationTooLong => "equation_too_long",
            Self::EquationTooDeep => "equation_too_deep",
            Self::EquationTooComplex => "equation_too_complex",
            Self::ParameterOutOfRange => "parameter_out_of_range",
            Self::PresetsOnly => "presets_only",
            Self::ImpossibleChain => "impossible_chain",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Internal => "internal_error",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A limit that was passed, for mistakes in chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The code of this limit.
    pub code: RefusalCode,
    /// The limit, where it is one whole number.
    pub limit: Option<u64>,
}

impl Passed {
    /// A limit that is a whole number.
    pub(crate) fn new(code: RefusalCode, limit: usize) -> Self {
        Self { code, limit: u64::try_from(limit).ok() }
    }
}

/// A refusal with its reason in words for the person who sent the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// What kind of refusal.
    pub code: RefusalCode,
    /// The reason in words.
    pub detail: String,
    /// The limit that was passed, where one was.
    pub limit: Option<u64>,
}

impl Refusal {
    /// A refusal that has nothing to do with a limit.
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), limit: None }
    }

    /// A refusal because `limit` was passed.
    pub fn limited(code: RefusalCode, detail: impl Into<String>, limit: u64) -> Self {
        Self { code, detail: detail.into(), limit: Some(limit) }
    }

    /// Truncated or malformed input.
    pub fn broken(detail: impl Into<String>) -> Self {
        Self::new(RefusalCode::BrokenImage, detail)
    }

    /// A chain that cannot be applied to this image.
    pub fn impossible(detail: impl Into<String>) -> Self {
        Self::new(RefusalCode::ImpossibleChain, detail)
    }

    /// Our own mistake.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(RefusalCode::Internal, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_text_use_the_same_code() {
        for code in [
            RefusalCode::NotAnImage,
            RefusalCode::TooManyTotalPixels,
            RefusalCode::OutputDimensionTooLarge,
            RefusalCode::ChainTooLong,
            RefusalCode::TooManyChainFilters,
            RefusalCode::EquationTooLong,
            RefusalCode::EquationTooDeep,
            RefusalCode::EquationTooComplex,
            RefusalCode::ParameterOutOfRange,
            RefusalCode::PresetsOnly,
            RefusalCode::Internal,
            RefusalCode::DeadlineExceeded,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        assert_eq!(Refusal::broken("cut short").to_string(), "broken_image: cut short");
    }
}
