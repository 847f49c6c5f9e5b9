//! One piece of code for both depths.

use imgfilter_raster as raster;
pub(super) use raster::Plane;

use super::blur::separable::Summed;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// A sample of a frame, of 8 or 16 bits.
pub(super) trait Sample: raster::Sample + Summed + Ord {
    /// Full intensity.
    const WHITE: Self;

    /// The nearest sample to a value, which is clamped; NaN is 0.
    fn rounded(value: f32) -> Self;

    /// The value as a number.
    fn value(self) -> f32;

    /// The value as a whole number.
    fn level(self) -> u32;

    /// The samples of a frame, if it is of this depth.
    fn of(frame: &Frame) -> Option<&[Self]>;
}

impl Sample for u8 {
    const WHITE: Self = Self::MAX;

    #[inline]
    fn rounded(value: f32) -> Self {
        whole(value, Self::WHITE.value()) as Self
    }

    #[inline]
    fn value(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    fn level(self) -> u32 {
        u32::from(self)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U8(samples) => Some(samples),
            Samples::U16(_) => None,
        }
    }
}

impl Sample for u16 {
    const WHITE: Self = Self::MAX;

    #[inline]
    fn rounded(value: f32) -> Self {
        whole(value, Self::WHITE.value()) as Self
    }

    #[inline]
    fn value(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    fn level(self) -> u32 {
        u32::from(self)
    }

    fn of(frame: &Frame) -> Option<&[Self]> {
        match &frame.samples {
            Samples::U16(samples) => Some(samples),
            Samples::U8(_) => None,
        }
    }
}

/// Adding it to a number from 0 to 65535 rounds the number and leaves it in the low bits: unlike a conversion, compilers
/// turn that into vector code.
const ROUNDER: f32 = 8_388_608.0;

/// The nearest whole number from 0 to `top`, in the low 16 bits; NaN is 0.
#[inline(always)]
fn whole(value: f32, top: f32) -> u32 {
    // The comparison fails for NaN.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < top { value } else { top };
    (value + ROUNDER).to_bits()
}

/// Work on the samples of a frame, whichever they are.
pub(super) trait ForSamples {
    /// Makes the samples and the size of the result.
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal>;
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

/// Work on the samples of a frame that stay where they are.
pub(super) trait InPlace {
    /// Changes the samples; `width` and `channels` are those of the frame.
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal>;
}

/// Does `work` on the frame's own samples in its own depth.
pub(super) fn in_place(mut frame: Frame, work: &impl InPlace) -> Result<Frame, Refusal> {
    let (width, channels) = (frame.width as usize, frame.channels());
    match &mut frame.samples {
        Samples::U8(samples) => work.on(samples, width, channels)?,
        Samples::U16(samples) => work.on(samples, width, channels)?,
    }
    Ok(frame)
}
