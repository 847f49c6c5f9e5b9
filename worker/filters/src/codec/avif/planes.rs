//! Red, green and blue to luma and chroma, in the full range. (ITU-R BT.601, as in JFIF 1.02.)

use crate::context::Context;
use crate::refusal::Refusal;

/// Bits behind the point of the weights.
const BITS: u32 = 16;
/// Chroma without colour.
const MIDDLE: i32 = 128;
/// The weights of red, green and blue; each row is rounded so that grey stays grey.
const LUMA: [i32; 3] = [19_595, 38_470, 7_471];
const BLUE: [i32; 3] = [-11_059, -21_709, 32_768];
const RED: [i32; 3] = [32_768, -27_439, -5_329];

/// The planes of a picture.
pub(super) struct Planes {
    /// A sample for each pixel.
    pub luma: Vec<u8>,
    /// Blue difference.
    pub blue: Vec<u8>,
    /// Red difference.
    pub red: Vec<u8>,
}

/// The planes of samples of three or four channels; alpha is left out. With `halved`, chroma is the mean of two by two
/// pixels.
pub(super) fn planes(
    samples: &[u8],
    (width, channels): (usize, usize),
    halved: bool,
    context: &Context<'_>,
) -> Result<Planes, Refusal> {
    if channels == 4 {
        Source { pixels: samples.as_chunks::<4>().0, width }.planes(halved, context)
    } else {
        Source { pixels: samples.as_chunks::<3>().0, width }.planes(halved, context)
    }
}

/// Pixels of `N` samples, in rows of `width`.
struct Source<'a, const N: usize> {
    pixels: &'a [[u8; N]],
    width: usize,
}

impl<const N: usize> Source<'_, N> {
    fn planes(&self, halved: bool, context: &Context<'_>) -> Result<Planes, Refusal> {
        let mut luma = vec![0; self.pixels.len()];
        context.for_each_band(&mut luma, self.width, |first, band| {
            full_row(&self.pixels[first * self.width..], LUMA, 0, band);
            Ok(())
        })?;
        let blue = self.chroma(BLUE, halved, context)?;
        Ok(Planes { luma, blue, red: self.chroma(RED, halved, context)? })
    }

    fn chroma(&self, weights: [i32; 3], halved: bool, context: &Context<'_>) -> Result<Vec<u8>, Refusal> {
        let side = if halved { 2 } else { 1 };
        let height = self.pixels.len() / self.width.max(1);
        let width = self.width.div_ceil(side);
        let mut plane = vec![0; width * height.div_ceil(side)];
        context.for_each_band(&mut plane, width, |first, band| {
            for (index, values) in band.chunks_exact_mut(width).enumerate() {
                let row = |y: usize| &self.pixels[y.min(height - 1) * self.width..][..self.width];
                let y = (first + index) * side;
                if halved {
                    halved_row(row(y), row(y + 1), weights, values);
                } else {
                    full_row(row(y), weights, MIDDLE, values);
                }
            }
            Ok(())
        })?;
        Ok(plane)
    }
}

fn full_row<const N: usize>(pixels: &[[u8; N]], weights: [i32; 3], middle: i32, values: &mut [u8]) {
    for (value, pixel) in values.iter_mut().zip(pixels) {
        *value = weighed([0, 1, 2].map(|channel| i32::from(pixel[channel])), weights, BITS, middle);
    }
}

/// Chroma of two rows of pixels; at the right end a column without a neighbour counts twice.
fn halved_row<const N: usize>(top: &[[u8; N]], below: &[[u8; N]], weights: [i32; 3], values: &mut [u8]) {
    for ((value, top), below) in values.iter_mut().zip(top.chunks(2)).zip(below.chunks(2)) {
        let last = top.len() - 1;
        let sum = [0, 1, 2].map(|channel| {
            let four = [top[0][channel], top[last][channel], below[0][channel], below[last][channel]];
            four.into_iter().map(i32::from).sum()
        });
        *value = weighed(sum, weights, BITS + 2, MIDDLE);
    }
}

/// The weighed sum of a power of two of pixels, divided by 2 to the power of `bits`, from `middle` on.
fn weighed(sum: [i32; 3], weights: [i32; 3], bits: u32, middle: i32) -> u8 {
    let total = sum[0] * weights[0] + sum[1] * weights[1] + sum[2] * weights[2];
    (((total + (1 << (bits - 1))) >> bits) + middle).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula of the standard in floating point.
    fn plain([red, green, blue]: [f64; 3]) -> [f64; 3] {
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        [luma, 128.0 + (blue - luma) / 1.772, 128.0 + (red - luma) / 1.402]
    }

    #[test]
    fn planes_are_those_of_the_standard() {
        for (width, height, channels) in [(7, 5, 3), (4, 4, 4), (1, 1, 3), (1, 6, 4), (300, 90, 3)] {
            let samples: Vec<u8> =
                (0..width * height * channels).map(|i| (i * i * 31 + i * 7) as u8).collect();
            let context = Context::unlimited(2);
            let full = planes(&samples, (width, channels), false, &context).unwrap();
            let half = planes(&samples, (width, channels), true, &context).unwrap();
            let pixel = |x: usize, y: usize| {
                let at = (y * width + x) * channels;
                [samples[at], samples[at + 1], samples[at + 2]].map(f64::from)
            };
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let wanted = plain(pixel(x, y));
                let at = y * width + x;
                for (got, wanted) in [full.luma[at], full.blue[at], full.red[at]].into_iter().zip(wanted) {
                    assert!((f64::from(got) - wanted.min(255.0)).abs() <= 0.51, "{got}, not {wanted}");
                }
                let (right, below) = ((x | 1).min(width - 1), (y | 1).min(height - 1));
                let corner = [(x & !1, y & !1), (right, y & !1), (x & !1, below), (right, below)];
                let four = corner.map(|(x, y)| plain(pixel(x, y)));
                let mean = [1, 2].map(|plane| four.iter().map(|values| values[plane]).sum::<f64>() / 4.0);
                let at = y / 2 * width.div_ceil(2) + x / 2;
                for (got, wanted) in [half.blue[at], half.red[at]].into_iter().zip(mean) {
                    assert!((f64::from(got) - wanted.min(255.0)).abs() <= 0.51, "{got}, not {wanted}");
                }
            }
        }
    }
}
