//! Embedded colour profiles: everything behind the decoders is sRGB.

use std::panic::catch_unwind;
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use crate::context::Context;
use crate::refusal::Refusal;

/// What the samples of a file were before they became red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// One channel of grey, written to all three.
    Grey,
    /// Red, green and blue.
    Rgb,
}

/// A profile that is not sRGB.
#[derive(Clone)]
pub(super) struct Profile {
    transform: Arc<Transform8BitExecutor>,
    source: Source,
    alpha: bool,
}

impl Profile {
    /// Reads a profile; `None` if it is sRGB, broken, or of another kind of picture: it is left out then, as
    /// browsers do.
    pub fn read(icc: &[u8], source: Source, alpha: bool) -> Option<Self> {
        // moxcms is safe code, but a stranger's profile may still find a panic in it.
        catch_unwind(|| Self::build(icc, source, alpha)).ok().flatten()
    }

    fn build(icc: &[u8], source: Source, alpha: bool) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let (space, layout) = match source {
            Source::Grey => (DataColorSpace::Gray, Layout::Gray),
            Source::Rgb if alpha => (DataColorSpace::Rgb, Layout::Rgba),
            Source::Rgb => (DataColorSpace::Rgb, Layout::Rgb),
        };
        if profile.color_space != space {
            return None;
        }
        let output = if layout == Layout::Rgba { Layout::Rgba } else { Layout::Rgb };
        let srgb = ColorProfile::new_srgb();
        let transform =
            profile.create_transform_8bit(layout, &srgb, output, TransformOptions::default()).ok()?;
        let profile = Self { transform, source, alpha };
        (!profile.changes_nothing()?).then_some(profile)
    }

    /// Converts rows of `width` pixels, of 4 samples each with alpha and of 3 otherwise, if the profile asks for it.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn apply(
        icc: &[u8],
        source: Source,
        alpha: bool,
        samples: &mut [u8],
        width: u32,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        Self::read(icc, source, alpha).map_or(Ok(()), |profile| profile.convert(samples, width, context))
    }

    /// As [`Profile::apply`], for a profile that was read before.
    pub fn convert(&self, samples: &mut [u8], width: u32, context: &Context<'_>) -> Result<(), Refusal> {
        let row = width as usize * if self.alpha { 4 } else { 3 };
        context.for_each_band(samples, row, |_, band| {
            self.convert_band(band).ok_or_else(|| Refusal::broken("the colour profile cannot be applied"))
        })
    }

    fn convert_band(&self, band: &mut [u8]) -> Option<()> {
        match (self.source, self.alpha) {
            (Source::Rgb, _) => {
                let before = band.to_vec();
                self.transform.transform(&before, band).ok()
            }
            (Source::Grey, false) => {
                let grey: Vec<u8> = band.chunks_exact(3).map(|pixel| pixel[0]).collect();
                self.transform.transform(&grey, band).ok()
            }
            (Source::Grey, true) => {
                let grey: Vec<u8> = band.chunks_exact(4).map(|pixel| pixel[0]).collect();
                let mut colours = vec![0; grey.len() * 3];
                self.transform.transform(&grey, &mut colours).ok()?;
                for (pixel, colour) in band.chunks_exact_mut(4).zip(colours.chunks_exact(3)) {
                    pixel[..3].copy_from_slice(colour);
                }
                Some(())
            }
        }
    }

    /// Whether a grid of colours stays as it is, within a level: then the profile is sRGB by whatever name.
    fn changes_nothing(&self) -> Option<bool> {
        const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
        let grid: Vec<u8> = match self.source {
            Source::Grey => STEPS.iter().flat_map(|&v| [v, v, v]).collect(),
            Source::Rgb => STEPS
                .iter()
                .flat_map(|&r| STEPS.iter().flat_map(move |&g| STEPS.iter().flat_map(move |&b| [r, g, b])))
                .collect(),
        };
        let grid: Vec<u8> = if self.alpha {
            grid.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
        } else {
            grid
        };
        let mut converted = grid.clone();
        self.convert_band(&mut converted)?;
        Some(grid.iter().zip(&converted).all(|(before, after)| before.abs_diff(*after) <= 1))
    }
}
