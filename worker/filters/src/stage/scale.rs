//! Scaling, by fast_image_resize.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::sample::{Plane, Sample};
use crate::refusal::Refusal;

/// A part of a picture, in pixels and fractions of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Window {
    /// The whole of a picture.
    pub fn of((width, height): (u32, u32)) -> Self {
        Self { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) }
    }
}

/// How samples between the pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    Nearest,
    Filter(FilterType),
}

/// Scales a window of a picture to `size`; colours weigh by their alpha unless they are multiplied with it already.
pub(super) fn scale<T: Sample>(
    input: Plane<'_, T>,
    window: Window,
    size: (u32, u32),
    kernel: Kernel,
    premultiplied: bool,
) -> Result<Vec<T>, Refusal> {
    let mut samples = vec![T::default(); size.0 as usize * size.1 as usize * input.channels()];
    let algorithm = match kernel {
        Kernel::Nearest => ResizeAlg::Nearest,
        Kernel::Filter(filter) => ResizeAlg::Convolution(filter),
    };
    let options = ResizeOptions::new()
        .resize_alg(algorithm)
        .crop(window.left, window.top, window.width, window.height)
        .use_alpha(input.alpha && !premultiplied);
    let from = bytemuck::cast_slice(input.samples);
    let to = bytemuck::cast_slice_mut(&mut samples);
    // Called by the type of the pixels, so that only the four types in use are compiled.
    if input.alpha {
        scale_typed::<T::WithAlpha>((from, input.size), (to, size), &options)?;
    } else {
        scale_typed::<T::Opaque>((from, input.size), (to, size), &options)?;
    }
    Ok(samples)
}

fn scale_typed<P: PixelTrait>(
    (from, (width, height)): (&[u8], (u32, u32)),
    (to, size): (&mut [u8], (u32, u32)),
    options: &ResizeOptions,
) -> Result<(), Refusal> {
    let failed = |error: &dyn std::fmt::Display| Refusal::internal(format!("fast_image_resize: {error}"));
    let source = TypedImageRef::<P>::from_buffer(width, height, from).map_err(|error| failed(&error))?;
    let mut target = TypedImage::<P>::from_buffer(size.0, size.1, to).map_err(|error| failed(&error))?;
    Resizer::new().resize_typed(&source, &mut target, options).map_err(|error| failed(&error))
}
