//! Filters that compute a pixel from its neighbours.
//!
//! Outside of the picture its edge pixels are taken to go on. Colours weigh by their alpha. Most filters make the
//! result [band by band](bands); what they have in common are [sums over weighted neighbours](taps), [rows as
//! numbers](rows), [means along paths](smear) and [blurs that grow across the picture](graded).

pub(super) mod bands;
pub(crate) mod bilateral;
pub(crate) mod boxblur;
pub(crate) mod convolve;
pub(crate) mod denoise;
pub(crate) mod dilate;
pub(crate) mod edge;
pub(crate) mod emboss;
pub(crate) mod erode;
mod graded;
pub(crate) mod median;
mod morphology;
pub(crate) mod motionblur;
pub(crate) mod pixelate;
pub(crate) mod progressiveblur;
pub(crate) mod redact;
pub(super) mod rows;
mod smear;
pub(crate) mod spinblur;
pub(super) mod taps;
#[cfg(test)]
pub(super) mod testing;
pub(crate) mod tiltshift;
pub(crate) mod unsharp;
pub(crate) mod zoomblur;
