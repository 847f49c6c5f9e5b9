//! Kernels that were made before. Making one takes up to a millisecond, a tenth of what a photograph takes as a whole,
//! and a service is asked for the same few chains again and again.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::fuse;
use crate::filter::PointFilter;
use crate::graph::Graph;
use crate::kernel::{Kernel, Means, Source};
use crate::refusal::Refusal;
use crate::segments::Named;

/// Kernels that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not 0");
/// Bytes of a kernel's tables up to which it is kept: all together take 16 MiB at most.
const MOST_BYTES: usize = 256 << 10;

/// The kernels of this process.
static KERNELS: LazyLock<Kernels> = LazyLock::new(Kernels::default);

/// What a kernel depends on, where that is not the size of the frame.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The filters of the run, also those that are left for the next kernel.
    spellings: Vec<String>,
    alpha: bool,
    means: Means,
}

/// A kernel, and how many filters of the run are in it.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub kernel: Arc<Kernel>,
    pub taken: usize,
    /// How long it took to make its machine code, where that was made just now.
    pub compiled: Option<Duration>,
}

/// The kernel of the first filters of a run; one that was made before, if there is one.
///
/// # Errors
/// As [`Kernel::new`].
pub(super) fn kernel(points: &[Named<PointFilter>], source: &Source, means: Means) -> Result<Made, Refusal> {
    KERNELS.get(points, source, means)
}

/// The kernels that were used last.
struct Kernels {
    made: Mutex<LruCache<Key, Made>>,
    /// Bytes of a kernel's tables up to which it is kept.
    most_bytes: usize,
}

impl Default for Kernels {
    fn default() -> Self {
        Self { made: Mutex::new(LruCache::new(KEPT)), most_bytes: MOST_BYTES }
    }
}

impl Kernels {
    fn get(&self, points: &[Named<PointFilter>], source: &Source, means: Means) -> Result<Made, Refusal> {
        // Tables of 16-bit samples are too large to be kept.
        let key = (source.levels <= 256).then(|| Key {
            spellings: points.iter().map(|point| point.spelling.clone()).collect(),
            alpha: source.alpha,
            means,
        });
        if let Some(made) = key.as_ref().and_then(|key| self.kept().get(key).cloned()) {
            return Ok(made);
        }
        let made = make(points, source, means)?;
        let small = made.kernel.table_bytes() <= self.most_bytes;
        if let Some(key) = key
            && small
            && points[..made.taken].iter().all(|point| point.step.is_placeless())
        {
            self.kept().put(key, Made { compiled: None, ..made.clone() });
        }
        Ok(made)
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<Key, Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make(points: &[Named<PointFilter>], source: &Source, means: Means) -> Result<Made, Refusal> {
    let begun = Instant::now();
    let mut graph = Graph::new();
    let (outputs, taken) = fuse(&mut graph, points, source.size, source.alpha);
    let kernel = Arc::new(Kernel::new(&mut graph, outputs, source, means)?);
    let compiled = (means.jit && kernel.has_code()).then(|| begun.elapsed());
    Ok(Made { kernel, taken, compiled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::segments::{Segment, segments};

    /// A kernel for a frame of this size, with or without alpha, and of this many levels.
    fn made(kernels: &Kernels, chain: &str, size: (u32, u32), alpha: bool, levels: usize) -> Arc<Kernel> {
        let chain = check(chain).unwrap();
        let segments = segments(chain.links());
        let [Segment::Points(points)] = &segments[..] else { panic!("a run of point filters") };
        let source = Source { size, alpha, levels };
        kernels.get(points, &source, Means::best(1_000_000)).unwrap().kernel
    }

    #[test]
    fn frames_of_any_size_share_what_is_placeless() {
        let kernels = Kernels::default();
        let made = |chain: &str, size, alpha, levels| made(&kernels, chain, size, alpha, levels);
        let first = made("sepia(0.31)|gamma(1.7)", (400, 300), false, 256);
        assert!(Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (90, 80), false, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.32)|gamma(1.7)", (400, 300), false, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (400, 300), true, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (400, 300), false, 65_536)));
    }

    #[test]
    fn what_asks_for_places_or_the_size_is_made_anew() {
        let kernels = Kernels::default();
        // The last two fold to nothing in small frames.
        for chain in ["vignette(61)", "equation(r = w > 2000 ? 0 : r)", "equation(r = max(r, x*w - 1500))"] {
            let first = made(&kernels, chain, (400, 300), false, 256);
            assert!(!Arc::ptr_eq(&first, &made(&kernels, chain, (4000, 3000), false, 256)), "{chain}");
        }
    }

    #[test]
    fn large_tables_are_not_kept() {
        let made = |kernels: &Kernels| made(kernels, "gamma(1.7)", (400, 300), false, 256);
        let bytes = made(&Kernels::default()).table_bytes();
        assert!(bytes > 0);
        for (most_bytes, kept) in [(bytes, true), (bytes - 1, false)] {
            let kernels = Kernels { most_bytes, ..Kernels::default() };
            assert_eq!(Arc::ptr_eq(&made(&kernels), &made(&kernels)), kept);
        }
    }
}
