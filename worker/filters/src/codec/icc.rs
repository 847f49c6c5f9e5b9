//! Embedded colour profiles: everything behind the decoders is sRGB.

use std::panic::catch_unwind;
use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, Transform16BitExecutor, TransformExecutor,
    TransformOptions,
};

use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// What the samples of a file were before they became red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// One channel of grey, written to all three.
    Grey,
    /// Red, green and blue.
    Rgb,
}

/// The longest profile that is kept, in bytes.
const LONGEST: usize = 4 << 20;

/// Whether a result may be written with this profile: it is one of red, green and blue, and no attempt to fill the
/// result with other things.
pub(super) fn can_stay(icc: &[u8]) -> bool {
    let is_rgb =
        || ColorProfile::new_from_slice(icc).is_ok_and(|known| known.color_space == DataColorSpace::Rgb);
    icc.len() <= LONGEST && catch_unwind(is_rgb).unwrap_or(false)
}

/// A profile that is not sRGB.
#[derive(Clone)]
pub(super) struct Profile {
    transform: Transform,
    source: Source,
}

/// The work, for one depth of samples.
#[derive(Clone)]
enum Transform {
    Bytes(Arc<Transform8BitExecutor>),
    Words(Arc<Transform16BitExecutor>),
}

impl Profile {
    /// Reads a profile for frames with or without alpha, of 16 bits if `wide`; `None` if it is sRGB, broken, or of
    /// another kind of picture: it is left out then, as browsers do.
    pub fn read(icc: &[u8], source: Source, alpha: bool, wide: bool) -> Option<Self> {
        // moxcms is safe code, but a stranger's profile may still find a panic in it.
        catch_unwind(|| Self::build(icc, source, alpha, wide)).ok().flatten()
    }

    fn build(icc: &[u8], source: Source, alpha: bool, wide: bool) -> Option<Self> {
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
        let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
        let bytes = profile.create_transform_8bit(layout, &srgb, output, options).ok()?;
        if changes_nothing(&*bytes, source, alpha)? {
            return None;
        }
        let transform = if wide {
            Transform::Words(profile.create_transform_16bit(layout, &srgb, output, options).ok()?)
        } else {
            Transform::Bytes(bytes)
        };
        Some(Self { transform, source })
    }

    /// Converts a frame if a file's profile asks for it.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn apply(
        icc: Option<&[u8]>,
        source: Source,
        frame: &mut Frame,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let wide = matches!(frame.samples, Samples::U16(_));
        let profile = icc.and_then(|icc| Self::read(icc, source, frame.alpha, wide));
        profile.map_or(Ok(()), |profile| profile.convert(frame, context))
    }

    /// As [`Profile::apply`], for a profile that was read before.
    pub fn convert(&self, frame: &mut Frame, context: &Context<'_>) -> Result<(), Refusal> {
        if context.keeps_profile {
            return Ok(());
        }
        let (row, alpha) = (frame.row(), frame.alpha);
        match (&self.transform, &mut frame.samples) {
            (Transform::Bytes(transform), Samples::U8(samples)) => {
                context.for_each_band(samples, row, |_, band| {
                    convert_band(&**transform, self.source, alpha, band).ok_or_else(cannot_be_applied)
                })
            }
            (Transform::Words(transform), Samples::U16(samples)) => {
                context.for_each_band(samples, row, |_, band| {
                    convert_band(&**transform, self.source, alpha, band).ok_or_else(cannot_be_applied)
                })
            }
            _ => Err(Refusal::internal("a colour profile was read for another depth")),
        }
    }
}

/// Inks to opaque red, green and blue by a profile of a press; `None` if it is no such profile.
///
/// `inks` are cyan, magenta, yellow and black, 255 for all of an ink.
pub(super) fn inks_to_rgb(
    icc: &[u8],
    inks: &[u8],
    width: u32,
    context: &Context<'_>,
) -> Option<Result<Vec<u8>, Refusal>> {
    let build = || {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
        let press = profile.color_space == DataColorSpace::Cmyk;
        // moxcms calls every layout of four samples RGBA.
        press.then(|| profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, options).ok())?
    };
    let transform = catch_unwind(build).ok()??;
    let mut rgb = vec![0; inks.len() / 4 * 3];
    let done = context.for_each_band(&mut rgb, width as usize * 3, |first, band| {
        let start = first * width as usize * 4;
        let inks = inks.get(start..start + band.len() / 3 * 4).unwrap_or_default();
        transform.transform(inks, band).map_err(|_| cannot_be_applied())
    });
    Some(done.map(|()| rgb))
}

fn cannot_be_applied() -> Refusal {
    Refusal::broken("the colour profile cannot be applied")
}

fn convert_band<T: Copy + Default>(
    transform: &(impl TransformExecutor<T> + ?Sized),
    source: Source,
    alpha: bool,
    band: &mut [T],
) -> Option<()> {
    match (source, alpha) {
        (Source::Rgb, _) => {
            let before = band.to_vec();
            transform.transform(&before, band).ok()
        }
        (Source::Grey, false) => {
            let grey: Vec<T> = band.chunks_exact(3).map(|pixel| pixel[0]).collect();
            transform.transform(&grey, band).ok()
        }
        (Source::Grey, true) => {
            let grey: Vec<T> = band.chunks_exact(4).map(|pixel| pixel[0]).collect();
            let mut colours = vec![T::default(); grey.len() * 3];
            transform.transform(&grey, &mut colours).ok()?;
            for (pixel, colour) in band.chunks_exact_mut(4).zip(colours.chunks_exact(3)) {
                pixel[..3].copy_from_slice(colour);
            }
            Some(())
        }
    }
}

/// Whether a grid of colours stays as it is, within a level: then the profile is sRGB by whatever name.
fn changes_nothing(transform: &Transform8BitExecutor, source: Source, alpha: bool) -> Option<bool> {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let grid: Vec<u8> = match source {
        Source::Grey => STEPS.iter().flat_map(|&v| [v, v, v]).collect(),
        Source::Rgb => STEPS
            .iter()
            .flat_map(|&r| STEPS.iter().flat_map(move |&g| STEPS.iter().flat_map(move |&b| [r, g, b])))
            .collect(),
    };
    let grid: Vec<u8> = if alpha {
        grid.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
    } else {
        grid
    };
    let mut converted = grid.clone();
    convert_band(transform, source, alpha, &mut converted)?;
    Some(grid.iter().zip(&converted).all(|(before, after)| before.abs_diff(*after) <= 1))
}
