//! What an image may be at most, as it comes in and after every step.

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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_dimension: 16_384,
            max_pixels: 100_000_000,
            max_frames: 1_000,
            max_total_pixels: 250_000_000,
        }
    }
}

impl Limits {
    /// Checks an input image of `frames` frames of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`RefusalCode::DimensionTooLarge`], [`RefusalCode::TooManyPixels`] or [`RefusalCode::TooManyFrames`], with
    /// the limit; [`RefusalCode::BrokenImage`] for an image without pixels.
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
        if pixels * u64::from(frames) > self.max_total_pixels {
            let detail = format!(
                "{frames} frames of {width} × {height} are more than {} pixels together",
                self.max_total_pixels
            );
            return Err(Refusal::limited(RefusalCode::TooManyPixels, detail, self.max_total_pixels));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(width: u32, height: u32, frames: u32) -> Option<RefusalCode> {
        Limits::default().check_input(width, height, frames).err().map(|refusal| refusal.code)
    }

    #[test]
    fn each_limit_answers_with_its_own_code() {
        assert_eq!(code(10_000, 10_000, 1), None);
        assert_eq!(code(16_385, 1, 1), Some(RefusalCode::DimensionTooLarge));
        assert_eq!(code(65_000, 65_000, 1), Some(RefusalCode::DimensionTooLarge));
        assert_eq!(code(16_384, 16_384, 1), Some(RefusalCode::TooManyPixels));
        assert_eq!(code(2, 2, 1_001), Some(RefusalCode::TooManyFrames));
        assert_eq!(code(10_000, 10_000, 3), Some(RefusalCode::TooManyPixels));
        assert_eq!(code(0, 1, 1), Some(RefusalCode::BrokenImage));
        let refusal = Limits::default().check_output(20_000, 1, 1).unwrap_err();
        assert_eq!((refusal.code, refusal.limit), (RefusalCode::OutputTooLarge, Some(16_384)));
    }
}
