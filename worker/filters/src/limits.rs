//! What images and chains may be at most.
//!
//! Each limit is a setting (`IMGFILTER_MAX_…`), and each has a code of its own in answers.

use serde::{Deserialize, Serialize};

use crate::refusal::{Refusal, RefusalCode};

/// Limits on images; they hold for the input, for every intermediate and for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest width and height, in pixels.
    pub max_dimension: u32,
    /// Largest number of pixels of one frame.
    pub max_pixels: u64,
    /// Largest number of frames.
    pub max_frames: u32,
    /// Largest number of pixels of all frames together.
    pub max_total_pixels: u64,
    /// Largest width and height of a result, in pixels; what lies between is held against `max_dimension`.
    pub max_output_dimension: u32,
    /// Limits on chains.
    pub chains: ChainLimits,
}

/// Limits on a chain and on the equations in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLimits {
    /// Most characters (code points), also with its presets written out.
    pub max_length: usize,
    /// Most filters; a look or a preset counts as the filters that it is made of.
    pub max_filters: usize,
    /// Most characters of one equation filter.
    pub max_equation_length: usize,
    /// Deepest nesting of parentheses, calls and signs.
    pub max_equation_depth: usize,
    /// Most operations and values of one equation filter.
    pub max_equation_operations: usize,
    /// Where presets may stand.
    pub presets: PresetUse,
}

/// Where presets may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresetUse {
    /// Wherever a filter may.
    Allowed,
    /// A chain is made of presets alone.
    Only,
    /// Nowhere: within a preset.
    Forbidden,
}

impl Default for ChainLimits {
    fn default() -> Self {
        Self {
            max_length: 4096,
            max_filters: 64,
            max_equation_length: 4096,
            max_equation_depth: 64,
            max_equation_operations: 1024,
            presets: PresetUse::Allowed,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_dimension: 16_384,
            max_pixels: 100_000_000,
            max_frames: 1_000,
            max_total_pixels: 250_000_000,
            max_output_dimension: 16_384,
            chains: ChainLimits::default(),
        }
    }
}

impl Limits {
    /// Checks an input image of `frames` frames of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`RefusalCode::DimensionTooLarge`], [`RefusalCode::TooManyPixels`], [`RefusalCode::TooManyFrames`] or
    /// [`RefusalCode::TooManyTotalPixels`], with the limit; [`RefusalCode::BrokenImage`] for an image without pixels.
    pub fn check_input(&self, width: u32, height: u32, frames: u32) -> Result<(), Refusal> {
        if width == 0 || height == 0 || frames == 0 {
            return Err(Refusal::new(RefusalCode::BrokenImage, "the image has no pixels"));
        }
        if width.max(height) > self.max_dimension {
            let detail =
                format!("{width} × {height}: no side may have more than {} pixels", self.max_dimension);
            return Err(Refusal::limited(
                RefusalCode::DimensionTooLarge,
                detail,
                u64::from(self.max_dimension),
            ));
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.max_pixels {
            let detail = format!("{width} × {height} are more than {} pixels", self.max_pixels);
            return Err(Refusal::limited(RefusalCode::TooManyPixels, detail, self.max_pixels));
        }
        if frames > self.max_frames {
            let detail = format!("{frames} frames are more than {}", self.max_frames);
            return Err(Refusal::limited(RefusalCode::TooManyFrames, detail, u64::from(self.max_frames)));
        }
        if u128::from(pixels) * u128::from(frames) > u128::from(self.max_total_pixels) {
            let detail = format!(
                "{frames} frames of {width} × {height} are more than {} pixels together",
                self.max_total_pixels
            );
            return Err(Refusal::limited(RefusalCode::TooManyTotalPixels, detail, self.max_total_pixels));
        }
        Ok(())
    }

    /// Checks what a step or an encoder would make.
    ///
    /// # Errors
    /// [`RefusalCode::OutputTooLarge`] with the limit that would be passed.
    pub fn check_output(&self, width: u32, height: u32, frames: u32) -> Result<(), Refusal> {
        self.check_input(width, height, frames).map_err(|refusal| Refusal {
            code: RefusalCode::OutputTooLarge,
            detail: format!("the result would be too large: {}", refusal.detail),
            limit: refusal.limit,
        })
    }

    /// Checks the size of a result.
    ///
    /// # Errors
    /// [`RefusalCode::OutputDimensionTooLarge`] with the limit.
    pub fn check_result(&self, width: u32, height: u32) -> Result<(), Refusal> {
        if width.max(height) <= self.max_output_dimension {
            return Ok(());
        }
        let detail = format!(
            "the result would be {width} × {height}: no side may have more than {} pixels",
            self.max_output_dimension
        );
        let limit = u64::from(self.max_output_dimension);
        Err(Refusal::limited(RefusalCode::OutputDimensionTooLarge, detail, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::check_within;

    const SMALL: Limits = Limits {
        max_dimension: 20,
        max_pixels: 300,
        max_frames: 4,
        max_total_pixels: 600,
        max_output_dimension: 10,
        chains: ChainLimits {
            max_length: 24,
            max_filters: 2,
            max_equation_length: 10,
            max_equation_depth: 3,
            max_equation_operations: 5,
            presets: PresetUse::Allowed,
        },
    };

    fn input(width: u32, height: u32, frames: u32) -> Option<(RefusalCode, Option<u64>)> {
        let refusal = SMALL.check_input(width, height, frames).err()?;
        Some((refusal.code, refusal.limit))
    }

    #[test]
    fn each_limit_of_images_is_its_last_good_value_and_has_its_own_code() {
        assert_eq!(input(20, 15, 1), None);
        assert_eq!(input(21, 1, 1), Some((RefusalCode::DimensionTooLarge, Some(20))));
        assert_eq!(input(1, 21, 1), Some((RefusalCode::DimensionTooLarge, Some(20))));
        assert_eq!(input(20, 16, 1), Some((RefusalCode::TooManyPixels, Some(300))));
        assert_eq!(input(10, 15, 4), None);
        assert_eq!(input(1, 1, 5), Some((RefusalCode::TooManyFrames, Some(4))));
        assert_eq!(input(10, 16, 4), Some((RefusalCode::TooManyTotalPixels, Some(600))));
        assert_eq!(input(0, 1, 1), Some((RefusalCode::BrokenImage, None)));
    }

    #[test]
    fn sizes_beyond_any_number_are_refused() {
        let huge = Limits { max_dimension: u32::MAX, ..Limits::default() };
        assert_eq!(huge.check_input(u32::MAX, u32::MAX, 1).unwrap_err().code, RefusalCode::TooManyPixels);
        let endless =
            Limits { max_pixels: u64::MAX, max_frames: u32::MAX, max_total_pixels: u64::MAX - 1, ..huge };
        let refusal = endless.check_input(u32::MAX, u32::MAX, u32::MAX).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::TooManyTotalPixels);
    }

    #[test]
    fn what_lies_between_is_not_a_result() {
        assert!(SMALL.check_output(20, 15, 1).is_ok());
        let refusal = SMALL.check_output(21, 1, 1).unwrap_err();
        assert_eq!((refusal.code, refusal.limit), (RefusalCode::OutputTooLarge, Some(20)));
        assert!(SMALL.check_result(10, 10).is_ok());
        for (width, height) in [(11, 1), (1, 11)] {
            let refusal = SMALL.check_result(width, height).unwrap_err();
            assert_eq!((refusal.code, refusal.limit), (RefusalCode::OutputDimensionTooLarge, Some(10)));
        }
    }

    /// The code of a chain that is refused by these limits.
    fn chain(text: &str) -> Option<(RefusalCode, Option<u64>)> {
        let passed = check_within(text, &SMALL.chains).err()?.passed.unwrap_or_else(|| panic!("{text}"));
        Some((passed.code, passed.limit))
    }

    #[test]
    fn each_limit_of_chains_is_its_last_good_value_and_has_its_own_code() {
        for (good, bad, code, limit) in [
            ("invert|             flip", "invert|              flip", RefusalCode::ChainTooLong, 24),
            ("flip|flip", "flip|flip|flip", RefusalCode::TooManyChainFilters, 2),
            ("equation(r =    g+1)", "equation(r =     g+1)", RefusalCode::EquationTooLong, 10),
            ("equation(r=--g)", "equation(r=---g)", RefusalCode::EquationTooDeep, 3),
            ("equation(r=((g)))", "equation(r=(((g))))", RefusalCode::EquationTooDeep, 3),
            ("equation(r=g+g+g)", "equation(r=g+g+g+g)", RefusalCode::EquationTooComplex, 5),
        ] {
            assert_eq!(chain(good), None, "{good}");
            assert_eq!(chain(bad), Some((code, Some(limit))), "{bad}");
        }
    }

    #[test]
    fn arguments_beyond_their_range_have_a_code() {
        for bad in ["sepia(1.01)", "sepia(-0.01)", "gamma(1e30)", "blur(1e9)"] {
            assert_eq!(chain(bad).map(|(code, _)| code), Some(RefusalCode::ParameterOutOfRange), "{bad}");
        }
        for good in ["sepia(1)", "sepia(0)"] {
            assert_eq!(chain(good), None, "{good}");
        }
        assert_eq!(check_within("sepia(a)", &SMALL.chains).unwrap_err().passed, None);
    }
}
