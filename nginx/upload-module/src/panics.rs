//! No panic may cross into nginx: it would end the worker, and with it every other request.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returns, or `otherwise` if it panics.
///
/// What a panic leaves half-done is seen by nobody: the request it belongs to is failed, and its upload discarded.
pub(crate) fn caught<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}
