//! Gaussian blur, by libblur.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use libblur::{
    BlurImage, BlurImageMut, ConvolutionMode, EdgeMode, EdgeMode2D, FastBlurChannels, GaussianBlurParams,
    ThreadingPolicy, gaussian_blur, gaussian_blur_u16,
};

use crate::scale::scale;
use crate::{Error, Interpolation, Plane, Sample, Spread, Window};

const EDGES: EdgeMode2D = EdgeMode2D::new(EdgeMode::Clamp);
/// Numbers of weights for which libblur's fixed point is close enough: of fewer it keeps 7 bits each, which is off by
/// up to 9 levels; more are too small for the 15 bits that it keeps otherwise.
const FIXED_WEIGHTS: RangeInclusive<u32> = 13..=61;

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

    fn gaussian(
        input: Plane<'_, Self>,
        across: Spread,
        down: Spread,
        threads: NonZeroUsize,
    ) -> Result<Vec<Self>, Error> {
        let parameters = parameters(across, down);
        let fixed =
            FIXED_WEIGHTS.contains(&parameters.x_kernel) && FIXED_WEIGHTS.contains(&parameters.y_kernel);
        let mode = if fixed { ConvolutionMode::FixedPoint } else { ConvolutionMode::Exact };
        blur(input, |source, target| {
            gaussian_blur(source, target, parameters, EDGES, policy(threads), mode)
                .map_err(|error| failed(&error))
        })
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

    fn gaussian(
        input: Plane<'_, Self>,
        across: Spread,
        down: Spread,
        threads: NonZeroUsize,
    ) -> Result<Vec<Self>, Error> {
        let parameters = parameters(across, down);
        blur(input, |source, target| {
            gaussian_blur_u16(source, target, parameters, EDGES, policy(threads), ConvolutionMode::Exact)
                .map_err(|error| failed(&error))
        })
    }
}

fn parameters(across: Spread, down: Spread) -> GaussianBlurParams {
    let taps = |spread: Spread| 2 * spread.reach + 1;
    GaussianBlurParams::new_asymmetric(taps(across), across.sigma, taps(down), down.sigma)
}

fn policy(threads: NonZeroUsize) -> ThreadingPolicy {
    if threads.get() > 1 { ThreadingPolicy::Fixed(threads) } else { ThreadingPolicy::Single }
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error { library: "libblur", reason: error.to_string() }
}

fn blur<T: Sample>(
    input: Plane<'_, T>,
    apply: impl FnOnce(&BlurImage<'_, T>, &mut BlurImageMut<'_, T>) -> Result<(), Error>,
) -> Result<Vec<T>, Error> {
    let channels = if input.alpha { FastBlurChannels::Channels4 } else { FastBlurChannels::Channels3 };
    let (width, height) = input.size;
    let source = BlurImage::borrow(input.samples, width, height, channels);
    let mut samples = vec![T::default(); input.samples.len()];
    let mut target = BlurImageMut::borrow(&mut samples, width, height, channels);
    apply(&source, &mut target)?;
    Ok(samples)
}
