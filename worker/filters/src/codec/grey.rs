//! Pictures without colour, which some formats hold in a third of the samples.

/// Samples that are looked at together: enough to keep the vector units busy, few enough to notice colour soon.
const BLOCK: usize = 192;

/// One sample for each pixel of opaque RGB samples, if there is no colour in any of them.
///
/// The samples themselves are asked, not the chain: so it is known of every grey picture, by whatever way it came.
pub(super) fn greys<T: Copy + PartialEq>(rgb: &[T]) -> Option<Vec<T>> {
    let blocks = rgb.chunks(BLOCK);
    let grey = |block: &[T]| {
        let (pixels, _) = block.as_chunks::<3>();
        pixels.iter().fold(true, |grey, [red, green, blue]| grey & (red == green) & (green == blue))
    };
    blocks.into_iter().all(grey).then(|| rgb.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coloured_pixel_is_enough() {
        let mut rgb: Vec<u8> = (0..250u8).flat_map(|value| [value; 3]).collect();
        assert_eq!(greys(&rgb), Some((0..250).collect()));
        for at in [0, 1, 2, 191, 192, 749] {
            rgb[at] ^= 1;
            assert_eq!(greys(&rgb), None, "{at}");
            rgb[at] ^= 1;
        }
        assert_eq!(greys(&[7u16, 7, 7]), Some(vec![7]));
    }
}
