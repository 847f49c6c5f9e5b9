//! Between interleaved samples and planes of numbers from 0 to 1.

use multiversion::multiversion;

use super::avx512;

/// A depth of samples.
pub(super) trait Depth: Copy + Send + Sync + 'static {
    /// The greatest sample, which stands for 1.
    const TOP: f32;

    /// As a number from 0 to [`Depth::TOP`].
    fn to_number(self) -> f32;

    /// The low bits of a whole number that is no greater than [`Depth::TOP`].
    fn from_bits(bits: u32) -> Self;

    /// The place in a table of all samples.
    fn index(self) -> usize;

    /// Of two tables the one of this depth.
    fn pick<'a>(bytes: &'a [u8], words: &'a [u16]) -> &'a [Self];

    /// Splits the first pixels by the processor's own means, and says how many.
    fn split<const N: usize>(_: &[[Self; N]], _: &mut [&mut [f32]; N]) -> usize {
        0
    }

    /// Joins the first pixels by the processor's own means, and says how many.
    fn join<const N: usize>(_: [&[f32]; N], _: &mut [[Self; N]]) -> usize {
        0
    }

    /// Replaces the first samples by the processor's own means, and says how many.
    fn replace<const N: usize>(_: [&[Self]; N], _: &mut [Self]) -> usize {
        0
    }
}

impl Depth for u8 {
    const TOP: f32 = 255.0;

    #[inline(always)]
    fn to_number(self) -> f32 {
        f32::from(self)
    }

    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        bits as Self
    }

    #[inline(always)]
    fn index(self) -> usize {
        usize::from(self)
    }

    fn pick<'a>(bytes: &'a [u8], _: &'a [u16]) -> &'a [Self] {
        bytes
    }

    fn split<const N: usize>(pixels: &[[Self; N]], planes: &mut [&mut [f32]; N]) -> usize {
        let Ok(planes) = planes.as_mut_slice().try_into() else { return 0 };
        avx512::split(pixels.as_flattened().as_chunks().0, planes)
    }

    fn join<const N: usize>(planes: [&[f32]; N], pixels: &mut [[Self; N]]) -> usize {
        let Ok(planes) = planes.as_slice().try_into() else { return 0 };
        avx512::join(planes, pixels.as_flattened_mut().as_chunks_mut().0)
    }

    fn replace<const N: usize>(tables: [&[Self]; N], samples: &mut [Self]) -> usize {
        let tables = tables.map(|table| table.try_into().ok());
        if tables.contains(&None) {
            return 0;
        }
        avx512::replace(tables.map(|table| table.unwrap_or(&[0; 256])), samples)
    }
}

impl Depth for u16 {
    const TOP: f32 = 65_535.0;

    #[inline(always)]
    fn to_number(self) -> f32 {
        f32::from(self)
    }

    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        bits as Self
    }

    #[inline(always)]
    fn index(self) -> usize {
        usize::from(self)
    }

    fn pick<'a>(_: &'a [u8], words: &'a [u16]) -> &'a [Self] {
        words
    }
}

/// Adding it to a number from 0 to 65535 rounds the number and leaves it in the low bits.
const ROUNDER: f32 = 8_388_608.0;

/// The sample nearest to a number; what lies outside of 0 to 1 is clamped, NaN is 0.
#[inline(always)]
pub(super) fn quantized<D: Depth>(value: f32) -> D {
    let scaled = value * D::TOP;
    // The comparison fails for NaN.
    let scaled = if scaled > 0.0 { scaled } else { 0.0 };
    let scaled = if scaled < D::TOP { scaled } else { D::TOP };
    D::from_bits((scaled + ROUNDER).to_bits())
}

/// Splits interleaved pixels of `N` samples into planes.
pub(super) fn split<D: Depth, const N: usize>(pixels: &[D], mut planes: [&mut [f32]; N]) {
    let (pixels, _) = pixels.as_chunks::<N>();
    let done = D::split(pixels, &mut planes);
    split_each(&pixels[done..], planes.map(|plane| &mut plane[done..]));
}

/// Joins planes into interleaved pixels of `N` samples.
pub(super) fn join<D: Depth, const N: usize>(planes: [&[f32]; N], pixels: &mut [D]) {
    let (pixels, _) = pixels.as_chunks_mut::<N>();
    let done = D::join(planes, pixels);
    join_each(planes.map(|plane| &plane[done..]), &mut pixels[done..]);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn split_each<D: Depth, const N: usize>(pixels: &[[D; N]], planes: [&mut [f32]; N]) {
    let scale = 1.0 / D::TOP;
    let count = pixels.len();
    let planes = planes.map(|plane| &mut plane[..count]);
    for (index, pixel) in pixels.iter().enumerate() {
        for channel in 0..N {
            planes[channel][index] = pixel[channel].to_number() * scale;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn join_each<D: Depth, const N: usize>(planes: [&[f32]; N], pixels: &mut [[D; N]]) {
    let count = pixels.len();
    let planes = planes.map(|plane| &plane[..count]);
    for (index, pixel) in pixels.iter_mut().enumerate() {
        for channel in 0..N {
            pixel[channel] = quantized(planes[channel][index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_survive_the_way_there_and_back() {
        fn round_trip<D: Depth + PartialEq + std::fmt::Debug, const N: usize>(samples: Vec<D>) {
            let count = samples.len() / N;
            let mut planes = [(); N].map(|()| vec![0.0f32; count]);
            split::<D, N>(&samples, planes.each_mut().map(Vec::as_mut_slice));
            let mut back = samples.clone();
            back.reverse();
            join::<D, N>(planes.each_ref().map(Vec::as_slice), &mut back);
            assert_eq!(back, samples);
        }
        let bytes: Vec<u8> = (0..=255u8).cycle().take(768).collect();
        round_trip::<u8, 3>(bytes.clone());
        round_trip::<u8, 4>(bytes);
        let words: Vec<u16> = (0..=65_535u16).cycle().take(65_536 * 3).collect();
        round_trip::<u16, 3>(words.clone());
        round_trip::<u16, 4>(words);
    }

    #[test]
    fn what_is_no_sample_becomes_one() {
        for (value, sample) in [(f32::NAN, 0), (-1.0, 0), (f32::INFINITY, 255), (1.1, 255), (0.5, 128)] {
            assert_eq!(quantized::<u8>(value), sample);
        }
    }
}
