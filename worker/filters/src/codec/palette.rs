//! Pictures of few colours.

/// Colours of a palette, at most.
const MOST: usize = 256;
/// Slots of the table in which colours are looked up; a power of two, large enough to be mostly empty.
const SLOTS: usize = 2_048;
/// A slot without a colour, which has 24 bits.
const EMPTY: u32 = u32::MAX;

/// A picture as numbers of its own colours, without loss.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExactPalette {
    /// Red, green and blue of each colour, in the order of first use.
    pub colours: Vec<u8>,
    /// The number of each pixel's colour.
    pub indices: Vec<u8>,
}

impl ExactPalette {
    /// The palette of RGB samples; `None` if there are more than 256 colours.
    pub fn of(rgb: &[u8]) -> Option<Self> {
        let mut table = Table::new();
        let mut indices = Vec::with_capacity(rgb.len() / 3);
        for pixel in rgb.as_chunks::<3>().0 {
            indices.push(table.number(*pixel, MOST)?);
        }
        Some(Self { colours: table.colours, indices })
    }
}

/// Colours and their numbers, by open addressing.
pub(super) struct Table {
    slots: Box<[(u32, u8); SLOTS]>,
    last: (u32, u8),
    /// Red, green and blue of each colour, in the order of first use.
    pub colours: Vec<u8>,
}

impl Table {
    /// A table without colours.
    pub fn new() -> Self {
        Self { slots: Box::new([(EMPTY, 0); SLOTS]), last: (EMPTY, 0), colours: Vec::new() }
    }

    /// The number of a colour, new or known; `None` if it would be the one after `most` (at most 256).
    pub fn number(&mut self, [red, green, blue]: [u8; 3], most: usize) -> Option<u8> {
        let colour = u32::from_be_bytes([0, red, green, blue]);
        if self.last.0 == colour {
            return Some(self.last.1);
        }
        // Fibonacci hashing: the multiplier is 2^32 divided by the golden ratio.
        let mut at = (colour.wrapping_mul(0x9e37_79b9) >> 21) as usize % SLOTS;
        while self.slots[at].0 != colour {
            if self.slots[at].0 == EMPTY {
                let number = self.colours.len() / 3;
                if number >= most.min(MOST) {
                    return None;
                }
                self.colours.extend([red, green, blue]);
                self.slots[at] = (colour, number as u8);
                break;
            }
            at = (at + 1) % SLOTS;
        }
        self.last = self.slots[at];
        Some(self.last.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_256_colours_are_kept_exactly() {
        let pixel = |i: usize| [(i * 7) as u8, (i * 3) as u8, (i % 256) as u8];
        let few: Vec<u8> = (0..5_000).flat_map(|i| pixel(i % 256)).collect();
        let palette = ExactPalette::of(&few).unwrap();
        assert_eq!(palette.colours.len(), 768);
        let back: Vec<u8> = palette
            .indices
            .iter()
            .flat_map(|&i| palette.colours[usize::from(i) * 3..][..3].to_vec())
            .collect();
        assert_eq!(back, few);
        let mut many = few;
        many.extend([1, 1, 255]);
        assert_eq!(ExactPalette::of(&many), None);
    }
}
