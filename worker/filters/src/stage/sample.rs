//! One piece of code for both depths.

use std::ops::RangeInclusive;

use fast_image_resize::PixelType;
use libblur::{
    BlurError, BlurImage, BlurImageMut, EdgeMode, EdgeMode2D, Scalar, ThreadingPolicy, filter_1d_approx,
    filter_1d_exact,
};

use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// A sample of a frame, of 8 or 16 bits.
pub(super) trait Sample: bytemuck::Pod + Default + std::fmt::Debug + Send + Sync {
    /// What fast_image_resize calls pixels of three or four of these samples.
    fn pixel_type(alpha: bool) -> PixelType;

    /// The nearest sample to a value, which is clamped; NaN is 0.
    fn rounded(value: f32) -> Self;

    /// The value as a number.
    fn value(self) -> f32;

    /// Convolves rows with the first and columns with the second kernel, each of an odd number of weights; the edge
    /// pixels go on outside of the picture. 8-bit samples are convolved in fixed point if the weights allow it.
    fn convolve<const N: usize>(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        kernels: (&[f32], &[f32]),
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError>;

    /// The samples of a frame, if it is of this depth.
    fn of(frame: &Frame) -> Option<&[Self]>;
}

const EDGES: EdgeMode2D = EdgeMode2D::new(EdgeMode::Clamp);
/// Numbers of weights for which fixed point is close enough: of fewer libblur keeps 7 bits each, which is off by up
/// to 9 levels; more are too small for the 15 bits that it keeps otherwise.
const FIXED_WEIGHTS: RangeInclusive<usize> = 9..=61;
/// 1 in libblur's fixed point.
const FIXED_ONE: i32 = 1 << 15;

/// Weights that libblur's fixed point holds exactly and that sum up to 1: it truncates each, so that a blur with
/// the weights themselves would darken the picture by some levels.
fn fixed_weights(weights: &[f32]) -> Vec<f32> {
    let mut fixed: Vec<i32> = weights.iter().map(|weight| (weight * FIXED_ONE as f32).round() as i32).collect();
    let missing = FIXED_ONE - fixed.iter().sum::<i32>();
    // The greatest weight is the middle one; it must stay below 1, and there 1/32768 does not show.
    let middle = &mut fixed[weights.len() / 2];
    *middle = (*middle + missing).min(FIXED_ONE - 1);
    fixed.into_iter().map(|weight| weight as f32 / FIXED_ONE as f32).collect()
}

impl Sample for u8 {
    fn pixel_type(alpha: bool) -> PixelType {
        if alpha { PixelType::U8x4 } else { PixelType::U8x3 }
    }

    fn rounded(value: f32) -> Self {
        (value + 0.5) as Self
    }

    fn value(self) -> f32 {
        f32::from(self)
    }

    fn convolve<const N: usize>(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        (row, column): (&[f32], &[f32]),
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError> {
        if !FIXED_WEIGHTS.contains(&row.len()) || !FIXED_WEIGHTS.contains(&column.len()) {
            return filter_1d_exact::<Self, f32, N>(
                input,
                output,
                row,
                column,
                EDGES,
                Scalar::default(),
                threads,
            );
        }
        let (row, column) = (fixed_weights(row), fixed_weights(column));
        filter_1d_approx::<Self, f32, i32, N>(input, output, &row, &column, EDGES, Scalar::default(), threads)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U8(samples) => Some(samples),
            _ => None,
        }
    }
}

impl Sample for u16 {
    fn pixel_type(alpha: bool) -> PixelType {
        if alpha { PixelType::U16x4 } else { PixelType::U16x3 }
    }

    fn rounded(value: f32) -> Self {
        (value + 0.5) as Self
    }

    fn value(self) -> f32 {
        f32::from(self)
    }

    fn convolve<const N: usize>(
        input: &BlurImage<'_, Self>,
        output: &mut BlurImageMut<'_, Self>,
        (row, column): (&[f32], &[f32]),
        threads: ThreadingPolicy,
    ) -> Result<(), BlurError> {
        filter_1d_exact::<Self, f32, N>(input, output, row, column, EDGES, Scalar::default(), threads)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U16(samples) => Some(samples),
            _ => None,
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
