//! The threads that work on one frame together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::refusal::Refusal;

/// Pools by their number of threads. A service asks for the same few numbers again and again, and starting threads
/// for every image would cost more than a small image does.
static POOLS: Mutex<Option<HashMap<usize, Arc<ThreadPool>>>> = Mutex::new(None);

/// The pool of `threads` threads.
///
/// # Errors
/// `Internal` if the system gives no more threads.
pub(super) fn pool(threads: usize) -> Result<Arc<ThreadPool>, Refusal> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let pools = pools.get_or_insert_default();
    if let Some(pool) = pools.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("filter-{index}"))
        .build()
        .map_err(|error| Refusal::internal(format!("no threads to work with: {error}")))?;
    let pool = Arc::new(pool);
    pools.insert(threads, Arc::clone(&pool));
    Ok(pool)
}
