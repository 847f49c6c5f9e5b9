//! The eight ways in which a picture can lie: turned by quarters, mirrored or both.

use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// One of the eight symmetries of a rectangle.
///
/// Pixel (x, y) of the result is pixel (u, v) of the input, where (u, v) is (y, x) if `transposed` and (x, y)
/// otherwise, and then counted from the other side where `from_right` or `from_bottom` says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orientation {
    /// Rows become columns.
    pub transposed: bool,
    /// Columns of the input are counted from the right.
    pub from_right: bool,
    /// Rows of the input are counted from the bottom.
    pub from_bottom: bool,
}

/// Pixels on a side of the square blocks in which a picture is transposed, so that both sides stay in the cache.
const BLOCK: usize = 32;

impl Orientation {
    /// The picture as it is stored.
    pub const UPRIGHT: Self = Self::new(false, false, false);
    /// Left and right exchanged.
    pub const MIRRORED: Self = Self::new(false, true, false);
    /// Top and bottom exchanged.
    pub const FLIPPED: Self = Self::new(false, false, true);
    /// Turned by a half.
    pub const HALF_TURN: Self = Self::new(false, true, true);
    /// Turned clockwise by a quarter.
    pub const QUARTER_TURN: Self = Self::new(true, false, true);
    /// Turned counter-clockwise by a quarter.
    pub const QUARTER_TURN_BACK: Self = Self::new(true, true, false);

    const fn new(transposed: bool, from_right: bool, from_bottom: bool) -> Self {
        Self { transposed, from_right, from_bottom }
    }

    /// The turn that makes a picture upright whose Exif `Orientation` tag has this value; anything but 2 to 8 is
    /// taken as upright, as browsers do. (Exif 2.32, tag 0x0112.)
    pub fn from_exif_value(value: u16) -> Self {
        match value {
            2 => Self::MIRRORED,
            3 => Self::HALF_TURN,
            4 => Self::FLIPPED,
            5 => Self::new(true, false, false),
            6 => Self::QUARTER_TURN,
            7 => Self::new(true, true, true),
            8 => Self::QUARTER_TURN_BACK,
            _ => Self::UPRIGHT,
        }
    }

    /// What an Exif block (a TIFF file in the small, without the `Exif\0\0` before it) says; upright where it says
    /// nothing or cannot be read.
    pub fn from_exif(exif: &[u8]) -> Self {
        orientation_tag(exif).map_or(Self::UPRIGHT, Self::from_exif_value)
    }

    /// The size of the result for a picture of `width` × `height`.
    pub fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transposed { (height, width) } else { (width, height) }
    }

    /// Lays the picture anew.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn apply(self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self == Self::UPRIGHT {
            return Ok(frame);
        }
        let (width, height) = self.size(frame.width, frame.height);
        let samples = match (&frame.samples, frame.alpha) {
            (Samples::U8(samples), false) => Samples::U8(self.lay::<u8, 3>(samples, &frame, context)?),
            (Samples::U8(samples), true) => Samples::U8(self.lay::<u8, 4>(samples, &frame, context)?),
            (Samples::U16(samples), false) => Samples::U16(self.lay::<u16, 3>(samples, &frame, context)?),
            (Samples::U16(samples), true) => Samples::U16(self.lay::<u16, 4>(samples, &frame, context)?),
        };
        Ok(Frame { width, height, alpha: frame.alpha, samples })
    }

    fn lay<T: Copy + Default + Send + Sync, const N: usize>(
        self,
        input: &[T],
        frame: &Frame,
        context: &Context<'_>,
    ) -> Result<Vec<T>, Refusal> {
        let (input, _) = input.as_chunks::<N>();
        let mut output = vec![T::default(); input.len() * N];
        let (width, height) = (frame.width as usize, frame.height as usize);
        let row = self.size(frame.width, frame.height).0 as usize;
        context.for_each_band(&mut output, row * N, |first, band| {
            let (band, _) = band.as_chunks_mut::<N>();
            if self.transposed {
                self.lay_transposed(input, (width, height), first, band);
            } else {
                self.lay_straight(input, (width, height), first, band);
            }
            Ok(())
        })?;
        Ok(output)
    }

    fn lay_straight<P: Copy>(
        self,
        input: &[P],
        (width, height): (usize, usize),
        first: usize,
        band: &mut [P],
    ) {
        for (index, row) in band.chunks_mut(width).enumerate() {
            let y = first + index;
            let v = if self.from_bottom { height - 1 - y } else { y };
            row.copy_from_slice(&input[v * width..(v + 1) * width]);
            if self.from_right {
                row.reverse();
            }
        }
    }

    /// The result has rows of `height` pixels here.
    fn lay_transposed<P: Copy>(
        self,
        input: &[P],
        (width, height): (usize, usize),
        first: usize,
        band: &mut [P],
    ) {
        let rows = band.len() / height;
        for top in (0..rows).step_by(BLOCK) {
            for left in (0..height).step_by(BLOCK) {
                for row in top..(top + BLOCK).min(rows) {
                    let u = if self.from_right { width - 1 - (first + row) } else { first + row };
                    let pixels = &mut band[row * height + left..row * height + (left + BLOCK).min(height)];
                    for (x, pixel) in (left..).zip(pixels) {
                        let v = if self.from_bottom { height - 1 - x } else { x };
                        *pixel = input[v * width + u];
                    }
                }
            }
        }
    }
}

/// The value of the `Orientation` tag in the first directory of a TIFF structure. (TIFF 6.0, section 2.)
fn orientation_tag(tiff: &[u8]) -> Option<u16> {
    const TAG: u16 = 0x0112;
    const SHORT: u16 = 3;
    let big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let offset: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory = if big { u32::from_be_bytes(offset) } else { u32::from_le_bytes(offset) } as usize;
    let entries = usize::from(short(directory)?);
    (0..entries)
        .map(|index| directory + 2 + index * 12)
        .take_while(|at| at + 12 <= tiff.len())
        .find(|&at| short(at) == Some(TAG) && short(at + 2) == Some(SHORT))
        .and_then(|at| short(at + 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 × 2 pixels whose red is 0 1 2 / 3 4 5.
    fn numbered(alpha: bool) -> Frame {
        let channels = if alpha { 4 } else { 3 };
        let samples = (0..6).flat_map(|i| [i, 100 + i, 200 + i, 50 + i].into_iter().take(channels));
        Frame::from_u8(3, 2, alpha, samples.collect()).unwrap()
    }

    fn reds(frame: &Frame) -> Vec<u8> {
        frame.bytes().unwrap().chunks(frame.channels()).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn each_exif_value_lies_as_the_standard_says() {
        let expected: [(u16, (u32, u32), [u8; 6]); 9] = [
            (1, (3, 2), [0, 1, 2, 3, 4, 5]),
            (2, (3, 2), [2, 1, 0, 5, 4, 3]),
            (3, (3, 2), [5, 4, 3, 2, 1, 0]),
            (4, (3, 2), [3, 4, 5, 0, 1, 2]),
            (5, (2, 3), [0, 3, 1, 4, 2, 5]),
            (6, (2, 3), [3, 0, 4, 1, 5, 2]),
            (7, (2, 3), [5, 2, 4, 1, 3, 0]),
            (8, (2, 3), [2, 5, 1, 4, 0, 3]),
            (9, (3, 2), [0, 1, 2, 3, 4, 5]),
        ];
        for (value, size, wanted) in expected {
            for alpha in [false, true] {
                for wide in [false, true] {
                    let frame = numbered(alpha);
                    let frame = if wide { frame.widened() } else { frame };
                    let turn = Orientation::from_exif_value(value);
                    let got = turn.apply(frame, &Context::unlimited(1)).unwrap().narrowed();
                    assert_eq!(got.size(), size, "orientation {value}");
                    assert_eq!(reds(&got), wanted, "orientation {value}");
                }
            }
        }
    }

    #[test]
    fn large_pictures_are_laid_in_blocks_without_a_seam() {
        let (width, height) = (301u32, 77u32);
        let samples: Vec<u8> = (0..width * height * 3).map(|i| (i * 7 % 251) as u8).collect();
        let frame = Frame::from_u8(width, height, false, samples).unwrap();
        for threads in [1, 2] {
            let context = Context::unlimited(threads);
            let turned = Orientation::QUARTER_TURN.apply(frame.clone(), &context).unwrap();
            let back = Orientation::QUARTER_TURN_BACK.apply(turned, &context).unwrap();
            assert_eq!(back, frame);
        }
    }

    #[test]
    fn broken_exif_is_upright() {
        let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".to_vec();
        assert_eq!(Orientation::from_exif(&exif), Orientation::QUARTER_TURN);
        for length in 0..exif.len() {
            let _ = Orientation::from_exif(&exif[..length]);
        }
        exif[4..8].copy_from_slice(&[0xff; 4]);
        assert_eq!(Orientation::from_exif(&exif), Orientation::UPRIGHT);
    }
}
