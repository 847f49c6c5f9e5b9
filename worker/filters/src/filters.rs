//! The filters that see one pixel at a time: one file each.

pub(crate) mod brightness;
pub(crate) mod contrast;
pub(crate) mod equation;
pub(crate) mod gamma;
pub(crate) mod grayscale;
pub(crate) mod hue;
pub(crate) mod invert;
pub(crate) mod look;
pub(crate) mod saturation;
pub(crate) mod sepia;
