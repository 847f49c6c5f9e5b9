//! Scaling.

pub(super) use imgfilter_raster::{Interpolation, Window};

use super::sample::{Plane, Sample};
use crate::refusal::Refusal;

/// Scales a window of a picture to `size`; colours weigh by their alpha unless they are multiplied with it already.
pub(super) fn scale<T: Sample>(
    input: Plane<'_, T>,
    window: Window,
    size: (u32, u32),
    interpolation: Interpolation,
    premultiplied: bool,
) -> Result<Vec<T>, Refusal> {
    T::scale(input, window, size, interpolation, premultiplied)
        .map_err(|error| Refusal::internal(error.to_string()))
}
