//! One picture in memory.

use crate::refusal::Refusal;

/// Samples of a frame: rows from the top, pixels from the left, channels interleaved, no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Samples {
    /// 0 to 255.
    U8(Vec<u8>),
    /// 0 to 65535; 257 times the value of an 8-bit sample.
    U16(Vec<u16>),
}

/// A picture: red, green, blue and, where `alpha` says so, straight (not premultiplied) alpha; sRGB-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether there is a fourth channel.
    pub alpha: bool,
    /// `width × height ×` [`Frame::channels`] samples.
    pub samples: Samples,
}

impl Frame {
    /// A frame of 8-bit samples.
    ///
    /// # Errors
    /// `Internal` when the number of samples is not what the size asks for.
    pub fn from_u8(width: u32, height: u32, alpha: bool, samples: Vec<u8>) -> Result<Self, Refusal> {
        let frame = Self { width, height, alpha, samples: Samples::U8(samples) };
        frame.checked()
    }

    /// A frame of 16-bit samples.
    ///
    /// # Errors
    /// As [`Frame::from_u8`].
    pub fn from_u16(width: u32, height: u32, alpha: bool, samples: Vec<u16>) -> Result<Self, Refusal> {
        Self { width, height, alpha, samples: Samples::U16(samples) }.checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        let wanted = self.pixels() * self.channels();
        let got = match &self.samples {
            Samples::U8(samples) => samples.len(),
            Samples::U16(samples) => samples.len(),
        };
        if wanted == got && wanted > 0 {
            return Ok(self);
        }
        let size = format!("{} × {} × {}", self.width, self.height, self.channels());
        Err(Refusal::internal(format!("a frame of {size} samples was made with {got}")))
    }

    /// Samples a pixel: 3, or 4 with alpha.
    pub fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    /// Pixels of the frame.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Samples of one row.
    pub fn row(&self) -> usize {
        self.width as usize * self.channels()
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The same picture with 16-bit samples.
    pub fn widened(self) -> Self {
        let samples = match self.samples {
            Samples::U8(samples) => {
                Samples::U16(samples.into_iter().map(|sample| u16::from(sample) * 257).collect())
            }
            wide @ Samples::U16(_) => wide,
        };
        Self { samples, ..self }
    }

    /// The same picture with 8-bit samples, each rounded to the nearest.
    pub fn narrowed(self) -> Self {
        let samples = match self.samples {
            Samples::U16(samples) => Samples::U8(samples.into_iter().map(narrow).collect()),
            narrow @ Samples::U8(_) => narrow,
        };
        Self { samples, ..self }
    }

    /// The same picture with an alpha channel, opaque if there was none.
    pub fn with_alpha(self) -> Self {
        fn spread<T: Copy>(samples: &[T], opaque: T) -> Vec<T> {
            samples
                .as_chunks::<3>()
                .0
                .iter()
                .flat_map(|&[red, green, blue]| [red, green, blue, opaque])
                .collect()
        }
        if self.alpha {
            return self;
        }
        let samples = match &self.samples {
            Samples::U8(samples) => Samples::U8(spread(samples, u8::MAX)),
            Samples::U16(samples) => Samples::U16(spread(samples, u16::MAX)),
        };
        Self { alpha: true, samples, ..self }
    }

    /// The samples as bytes.
    ///
    /// # Errors
    /// `Internal` when they are 16 bits wide.
    pub fn bytes(&self) -> Result<&[u8], Refusal> {
        match &self.samples {
            Samples::U8(samples) => Ok(samples),
            Samples::U16(_) => Err(Refusal::internal("16-bit samples where bytes were expected")),
        }
    }

    /// The same picture over an opaque white ground, 8 bits and without alpha.
    pub fn over_white(self) -> Self {
        let Self { width, height, alpha, samples } = self.narrowed();
        let Samples::U8(samples) = samples else { unreachable!("narrowed() makes bytes") };
        if !alpha {
            return Self { width, height, alpha, samples: Samples::U8(samples) };
        }
        let mut opaque = Vec::with_capacity(samples.len() / 4 * 3);
        for pixel in samples.chunks_exact(4) {
            let clear = 255 - u32::from(pixel[3]);
            opaque.extend(pixel[..3].iter().map(|&sample| {
                let sum = u32::from(sample) * u32::from(pixel[3]) + 255 * clear;
                ((sum + 127) / 255) as u8
            }));
        }
        Self { width, height, alpha: false, samples: Samples::U8(opaque) }
    }
}

/// Rounds a 16-bit sample to 8 bits, exactly `(sample / 257).round()`.
pub(crate) fn narrow(sample: u16) -> u8 {
    ((u32::from(sample) * 255 + 32_895) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowing_rounds_to_the_nearest() {
        for sample in 0..=u16::MAX {
            assert_eq!(narrow(sample), (f64::from(sample) / 257.0).round() as u8, "{sample}");
        }
    }

    #[test]
    fn widening_and_narrowing_change_nothing() {
        let frame = Frame::from_u8(256, 1, false, (0..768).map(|i| (i / 3) as u8).collect()).unwrap();
        assert_eq!(frame.clone().widened().narrowed(), frame);
    }

    #[test]
    fn transparency_shows_white() {
        let samples = vec![10, 20, 30, 0, 10, 20, 30, 255, 0, 100, 255, 128];
        let frame = Frame::from_u8(3, 1, true, samples).unwrap().over_white();
        assert_eq!(frame.bytes().unwrap(), [255, 255, 255, 10, 20, 30, 127, 177, 255]);
    }

    #[test]
    fn a_frame_of_the_wrong_size_is_not_made() {
        assert!(Frame::from_u8(2, 2, false, vec![0; 11]).is_err());
        assert!(Frame::from_u8(0, 2, false, Vec::new()).is_err());
        assert!(Frame::from_u8(2, 2, true, vec![0; 16]).is_ok());
    }
}
