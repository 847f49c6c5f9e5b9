//! Scaling of 8- and 16-bit pictures.
//!
//! A thin skin over fast_image_resize for the four kinds of pixels that are in use here, so that their
//! generic code is compiled once, apart from everything that calls it.

mod scale;

/// The samples of a picture with its layout: rows from the top, pixels from the left, channels interleaved.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a, T> {
    /// `width × height ×` [`Plane::channels`] samples.
    pub samples: &'a [T],
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Whether there is a fourth channel.
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

/// A part of a picture, in pixels and fractions of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Pixels left of it.
    pub left: f64,
    /// Pixels above it.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
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
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// The mean of the pixels that are covered.
    Box,
    /// A triangle of one pixel to each side.
    Linear,
    /// Catmull-Rom.
    Cubic,
    /// Mitchell-Netravali, softer than Catmull-Rom.
    Mitchell,
    /// Lanczos with three lobes.
    Lanczos,
}

/// The libraries refused; with pictures of the right length that would be our own mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{library}: {reason}")]
pub struct Error {
    library: &'static str,
    reason: String,
}

/// A sample of a picture, of 8 or 16 bits.
pub trait Sample: bytemuck::Pod + Default + std::fmt::Debug + Send + Sync {
    /// Scales a window of a picture to `size`; colours weigh by their alpha unless they are multiplied with it already.
    ///
    /// # Errors
    /// When the samples do not fit the size, or the window lies outside of the picture.
    fn scale(
        input: Plane<'_, Self>,
        window: Window,
        size: (u32, u32),
        interpolation: Interpolation,
        premultiplied: bool,
    ) -> Result<Vec<Self>, Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_picture_stays_plain() {
        let samples = [9u16, 90, 200].repeat(20 * 10);
        let plane = Plane { samples: &samples, size: (20, 10), alpha: false };
        for interpolation in [Interpolation::Nearest, Interpolation::Box, Interpolation::Lanczos] {
            let scaled = u16::scale(plane, Window::of((20, 10)), (7, 30), interpolation, false).unwrap();
            assert_eq!(scaled, [9u16, 90, 200].repeat(7 * 30));
        }
    }

    #[test]
    fn samples_that_do_not_fit_the_size_are_refused() {
        let plane = Plane { samples: &[0u8; 11], size: (2, 2), alpha: false };
        let scaled = u8::scale(plane, Window::of((2, 2)), (1, 1), Interpolation::Box, false);
        assert_eq!(scaled.unwrap_err().library, "fast_image_resize");
    }
}
