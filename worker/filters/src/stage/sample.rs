//! One piece of code for both depths.

use std::ops::RangeInclusive;

use fast_image_resize::PixelTrait;
use fast_image_resize::pixels::{U8x3, U8x4, U16x3, U16x4};
use libblur::{
    BlurError, BlurImage, BlurImageMut, ConvolutionMode, EdgeMode, EdgeMode2D, GaussianBlurParams,
    ThreadingPolicy, gaussian_blur, gaussian_blur_u16,
};

use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// A sample of a frame, of 8 or 16 bits.
pub(super) trait Sample: bytemuck::Pod + Default + std::fmt::Debug + Send + Sync {
    /// Three of them, as fast_image_resize knows them.
    type Opaque: PixelTrait;
    /// Four of them.
    type WithAlpha: PixelTrait;

    /// The nearest sample to a value, which is clamped; NaN is 0.
    fn rounded(value: f32) -> Self;

    /// The value as a number.
    fn value(self) -> f32;

    /// Convolves with a Gaussian; the edge pixels go on outside of the picture.
    fn gaussian(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        parameters: GaussianBlurParams,
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError>;

    /// The samples of a frame, if it is of this depth.
    fn of(frame: &Frame) -> Option<&[Self]>;
}

const EDGES: EdgeMode2D = EdgeMode2D::new(EdgeMode::Clamp);
/// Numbers of weights for which libblur's fixed point is close enough: of fewer it keeps 7 bits each, which is off by
/// up to 9 levels; more are too small for the 15 bits that it keeps otherwise.
const FIXED_WEIGHTS: RangeInclusive<u32> = 13..=61;

impl Sample for u8 {
    type Opaque = U8x3;
    type WithAlpha = U8x4;

    fn rounded(value: f32) -> Self {
        (value + 0.5) as Self
    }

    fn value(self) -> f32 {
        f32::from(self)
    }

    fn gaussian(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        parameters: GaussianBlurParams,
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError> {
        let fixed =
            FIXED_WEIGHTS.contains(&parameters.x_kernel) && FIXED_WEIGHTS.contains(&parameters.y_kernel);
        let mode = if fixed { ConvolutionMode::FixedPoint } else { ConvolutionMode::Exact };
        gaussian_blur(input, output, parameters, EDGES, threads, mode)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U8(samples) => Some(samples),
            Samples::U16(_) => None,
        }
    }
}

impl Sample for u16 {
    type Opaque = U16x3;
    type WithAlpha = U16x4;

    fn rounded(value: f32) -> Self {
        (value + 0.5) as Self
    }

    fn value(self) -> f32 {
        f32::from(self)
    }

    fn gaussian(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        parameters: GaussianBlurParams,
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError> {
        gaussian_blur_u16(input, output, parameters, EDGES, threads, ConvolutionMode::Exact)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U16(samples) => Some(samples),
            Samples::U8(_) => None,
        }
    }
}

/// Work on the samples of a frame, whichever they are.
pub(super) trait ForSamples {
    /// Makes the samples and the size of the result.
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal>;
}

/// The samples of a frame with its layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane<'a, T> {
    pub samples: &'a [T],
    pub size: (u32, u32),
    pub alpha: bool,
}

impl<T> Plane<'_, T> {
    /// Samples of a pixel.
    pub fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    /// Samples of a row.
    pub fn row(&self) -> usize {
        self.size.0 as usize * self.channels()
    }
}

/// Does `work` in the frame's own depth.
pub(super) fn in_its_depth(frame: &Frame, work: &impl ForSamples) -> Result<Frame, Refusal> {
    let (size, alpha) = (frame.size(), frame.alpha);
    let (samples, (width, height)) = match &frame.samples {
        Samples::U8(samples) => {
            let (samples, size) = work.on(Plane { samples, size, alpha })?;
            (Samples::U8(samples), size)
        }
        Samples::U16(samples) => {
            let (samples, size) = work.on(Plane { samples, size, alpha })?;
            (Samples::U16(samples), size)
        }
    };
    Ok(Frame { width, height, alpha, samples })
}
