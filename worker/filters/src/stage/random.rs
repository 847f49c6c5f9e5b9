//! Random numbers that depend on nothing but a place, a seed and the number of a frame, so that a picture comes out the
//! same on every machine and by any number of threads.

/// Numbers for every place of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    key: u64,
}

impl Field {
    /// The numbers of a seed, anew for every frame of an animation.
    pub fn new(seed: u32, frame: u32) -> Self {
        Self { key: mixed((u64::from(seed) << 32) | u64::from(frame)) }
    }

    /// 64 random bits for a place, and for which of several values there.
    pub fn bits(self, x: usize, y: usize, which: usize) -> u64 {
        let place = (y as u64) << 32 | (x as u64) << 2 | which as u64;
        mixed(self.key ^ place.wrapping_mul(GOLDEN))
    }

    /// A number with a mean of 0 and a variance of 1, nearly of a normal distribution: the sum of four even ones.
    pub fn normal(self, x: usize, y: usize, which: usize) -> f32 {
        let bits = self.bits(x, y, which);
        let sum: u32 = [0, 16, 32, 48].iter().map(|shift| (bits >> shift) as u32 & 0xffff).sum();
        // Each is even from 0 to 65535, so the sum has a mean of 2 · 65535 and a deviation of 65536 · √(4 / 12).
        (sum as f32 - 131_070.0) * (1.0 / 37_837.0)
    }
}

/// 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64: G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014.
fn mixed(state: u64) -> u64 {
    let mut bits = state.wrapping_add(GOLDEN);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_mean_and_the_variance_they_should() {
        let field = Field::new(7, 0);
        let values: Vec<f64> =
            (0..40_000).map(|index| f64::from(field.normal(index % 200, index / 200, index % 3))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        let neighbours = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / values.len() as f64;
        assert!(neighbours.abs() < 0.02, "{neighbours}");
    }

    #[test]
    fn seeds_and_frames_give_other_numbers() {
        let at = |seed, frame| Field::new(seed, frame).bits(3, 4, 0);
        assert_eq!(at(1, 0), at(1, 0));
        assert!(at(1, 0) != at(2, 0) && at(1, 0) != at(1, 1));
    }
}
