//! Kernels that were made before. Making one takes up to a millisecond, a tenth of what a photograph takes as a whole,
//! and a service is asked for the same few chains again and again.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use lru::LruCache;

use super::fuse;
use crate::filter::PointFilter;
use crate::graph::Graph;
use crate::kernel::{Kernel, Means, Source};
use crate::refusal::Refusal;
use crate::segments::Named;

/// Kernels that are kept; each takes some kilobytes.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not 0");

/// The kernels that were used last.
static KERNELS: LazyLock<Mutex<LruCache<Key, Made>>> = LazyLock::new(|| Mutex::new(LruCache::new(KEPT)));

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
}

/// The kernel of the first filters of a run.
///
/// # Errors
/// As [`Kernel::new`].
pub(super) fn kernel(points: &[Named<PointFilter>], source: &Source, means: Means) -> Result<Made, Refusal> {
    // Tables of 16-bit samples are too large to be kept.
    let key = (source.levels <= 256).then(|| Key {
        spellings: points.iter().map(|point| point.spelling.clone()).collect(),
        alpha: source.alpha,
        means,
    });
    let kept = || KERNELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = key.as_ref().and_then(|key| kept().get(key).cloned()) {
        return Ok(made);
    }
    let made = make(points, source, means)?;
    if let Some(key) = key
        && points[..made.taken].iter().all(|point| point.step.is_placeless())
    {
        kept().put(key, made.clone());
    }
    Ok(made)
}

fn make(points: &[Named<PointFilter>], source: &Source, means: Means) -> Result<Made, Refusal> {
    let mut graph = Graph::new();
    let (outputs, taken) = fuse(&mut graph, points, source.size, source.alpha);
    let kernel = Arc::new(Kernel::new(&mut graph, outputs, source, means)?);
    Ok(Made { kernel, taken })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::segments::{Segment, segments};

    fn made(chain: &str, size: (u32, u32), alpha: bool, levels: usize) -> Arc<Kernel> {
        let chain = check(chain).unwrap();
        let segments = segments(chain.links());
        let [Segment::Points(points)] = &segments[..] else { panic!("a run of point filters") };
        kernel(points, &Source { size, alpha, levels }, Means::best(1_000_000)).unwrap().kernel
    }

    #[test]
    fn frames_of_any_size_share_what_is_placeless() {
        let first = made("sepia(0.31)|gamma(1.7)", (400, 300), false, 256);
        assert!(Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (90, 80), false, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.32)|gamma(1.7)", (400, 300), false, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (400, 300), true, 256)));
        assert!(!Arc::ptr_eq(&first, &made("sepia(0.31)|gamma(1.7)", (400, 300), false, 65_536)));
    }

    #[test]
    fn what_asks_for_places_is_made_anew() {
        let first = made("vignette(61)", (400, 300), false, 256);
        assert!(!Arc::ptr_eq(&first, &made("vignette(61)", (90, 80), false, 256)));
    }
}
