//! Pictures without colour, which some formats hold in a third of the samples.

use multiversion::multiversion;

/// Samples that are looked at together: enough to keep the vector units busy, few enough to notice colour soon.
const BLOCK: usize = 384;
/// Of three neighbouring samples the first two are compared with their next.
const COMPARED: [bool; BLOCK] = {
    let mut compared = [true; BLOCK];
    let mut at = 2;
    while at < BLOCK {
        compared[at] = false;
        at += 3;
    }
    compared
};

/// A kind of sample.
pub(super) trait Grey: Copy + PartialEq {}
impl Grey for u8 {}
impl Grey for u16 {}

/// Whether there is no colour in any of these opaque RGB samples.
///
/// The samples themselves are asked, not the chain: so it is known of every grey picture, by whatever way it came.
pub(super) fn is_grey<T: Grey>(rgb: &[T]) -> bool {
    let same = |samples: &[T]| samples.iter().all(|sample| *sample == samples[0]);
    let whole = rgb.len().saturating_sub(1) / BLOCK * BLOCK;
    let (blocks, rest) = (&rgb[..(whole + 1).min(rgb.len())], &rgb[whole..]);
    blocks_are_grey(blocks) && rest.chunks(3).all(same)
}

/// Whether whole blocks, and a sample more, are grey.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn blocks_are_grey<T: Grey>(rgb: &[T]) -> bool {
    (0..rgb.len() / BLOCK).all(|block| {
        let samples = &rgb[block * BLOCK..][..BLOCK + 1];
        let mut grey = true;
        for at in 0..BLOCK {
            grey &= !COMPARED[at] | (samples[at] == samples[at + 1]);
        }
        grey
    })
}

/// One sample for each pixel of opaque RGB samples, if there is no colour in any of them.
pub(super) fn greys<T: Grey>(rgb: &[T]) -> Option<Vec<T>> {
    is_grey(rgb).then(|| rgb.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coloured_pixel_is_enough() {
        let mut rgb: Vec<u8> = (0..250u8).flat_map(|value| [value; 3]).collect();
        assert_eq!(greys(&rgb), Some((0..250).collect()));
        for at in [0, 1, 2, 382, 383, 384, 747, 748, 749] {
            rgb[at] ^= 1;
            assert_eq!(greys(&rgb), None, "{at}");
            rgb[at] ^= 1;
        }
        assert_eq!(greys(&[7u16, 7, 7]), Some(vec![7]));
        assert_eq!(greys(&[7u16, 7, 8]), None);
        // Neighbouring pixels may differ, also where blocks meet.
        let rgb: Vec<u16> = (0..1_000u16).flat_map(|value| [value; 3]).collect();
        assert!((1..=1_000).all(|pixels| is_grey(&rgb[..pixels * 3])));
    }
}
