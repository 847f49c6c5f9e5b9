//! Scaling, by fast_image_resize.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

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
    let failed = |error: &dyn std::fmt::Display| Refusal::internal(format!("fast_image_resize: {error}"));
    let kind = T::pixel_type(input.alpha);
    let source = ImageRef::new(input.size.0, input.size.1, bytemuck::cast_slice(input.samples), kind)
        .map_err(|error| failed(&error))?;
    let mut samples = vec![T::default(); size.0 as usize * size.1 as usize * input.channels()];
    let mut target = Image::from_slice_u8(size.0, size.1, bytemuck::cast_slice_mut(&mut samples), kind)
        .map_err(|error| failed(&error))?;
    let algorithm = match kernel {
        Kernel::Nearest => ResizeAlg::Nearest,
        Kernel::Filter(filter) => ResizeAlg::Convolution(filter),
    };
    let options = ResizeOptions::new()
        .resize_alg(algorithm)
        .crop(window.left, window.top, window.width, window.height)
        .use_alpha(input.alpha && !premultiplied);
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(samples)
}
