//! The filters that see one pixel at a time: one file each.

pub(crate) mod brightness;
mod clip;
pub(crate) mod contrast;
pub(crate) mod equation;
pub(crate) mod gamma;
pub(crate) mod grayscale;
pub(crate) mod hue;
pub(crate) mod invert;
pub(crate) mod mask;
pub(crate) mod round;
pub(crate) mod saturation;
pub(crate) mod sepia;
