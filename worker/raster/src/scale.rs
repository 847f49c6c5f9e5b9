//! Scaling, by fast_image_resize.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4, U16x3, U16x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::{Error, Interpolation, Plane, Sample, Window};

/// The pixels of a kind of samples, as fast_image_resize knows them.
trait Pixels: Sample {
    /// Without alpha.
    type Opaque: PixelTrait;
    /// With alpha.
    type WithAlpha: PixelTrait;
}

impl Pixels for u8 {
    type Opaque = U8x3;
    type WithAlpha = U8x4;
}

impl Pixels for u16 {
    type Opaque = U16x3;
    type WithAlpha = U16x4;
}

impl Sample for u8 {
    fn scale(
        input: Plane<'_, Self>,
        window: Window,
        size: (u32, u32),
        interpolation: Interpolation,
        premultiplied: bool,
    ) -> Result<Vec<Self>, Error> {
        scale(input, window, size, interpolation, premultiplied)
    }
}

impl Sample for u16 {
    fn scale(
        input: Plane<'_, Self>,
        window: Window,
        size: (u32, u32),
        interpolation: Interpolation,
        premultiplied: bool,
    ) -> Result<Vec<Self>, Error> {
        scale(input, window, size, interpolation, premultiplied)
    }
}

fn algorithm(interpolation: Interpolation) -> ResizeAlg {
    let filter = match interpolation {
        Interpolation::Nearest => return ResizeAlg::Nearest,
        Interpolation::Box => FilterType::Box,
        Interpolation::Linear => FilterType::Bilinear,
        Interpolation::Cubic => FilterType::CatmullRom,
        Interpolation::Mitchell => FilterType::Mitchell,
        Interpolation::Lanczos => FilterType::Lanczos3,
    };
    ResizeAlg::Convolution(filter)
}

fn scale<T: Pixels>(
    input: Plane<'_, T>,
    window: Window,
    size: (u32, u32),
    interpolation: Interpolation,
    premultiplied: bool,
) -> Result<Vec<T>, Error> {
    let mut samples = vec![T::default(); size.0 as usize * size.1 as usize * input.channels()];
    let options = ResizeOptions::new()
        .resize_alg(algorithm(interpolation))
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
) -> Result<(), Error> {
    let failed =
        |error: &dyn std::fmt::Display| Error { library: "fast_image_resize", reason: error.to_string() };
    let source = TypedImageRef::<P>::from_buffer(width, height, from).map_err(|error| failed(&error))?;
    let mut target = TypedImage::<P>::from_buffer(size.0, size.1, to).map_err(|error| failed(&error))?;
    Resizer::new().resize_typed(&source, &mut target, options).map_err(|error| failed(&error))
}
