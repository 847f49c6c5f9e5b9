//! Requests to the object store.

use std::time::Instant;

use super::family::{About, Counter, Family, Histogram, Label, QUICK, WORKER};
use crate::store::StoreError;

const OPERATION: Label = Label::of("operation", &["get", "put", "delete", "list", "head"]);

static ERRORS: Counter<1> = Counter::new(About::new(
    "imgfilter_store_errors_total",
    WORKER,
    &[OPERATION],
    "Requests to the object store that failed, after its client has tried again.",
    "Not 0: look at the store. While `head` fails, too, no task is claimed.",
));

static SECONDS: Histogram<1> = Histogram::new(
    QUICK,
    About::new(
        "imgfilter_store_seconds",
        WORKER,
        &[OPERATION],
        "Seconds of a request to the object store, with all its bytes.",
        "How quick the store is.",
    ),
);

pub(super) static ALL: &[&dyn Family] = &[&ERRORS, &SECONDS];

/// What the store is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// To give an object.
    Get,
    /// To take one.
    Put,
    /// To delete some.
    Delete,
    /// To list them.
    List,
    /// Whether it is there.
    Head,
}

/// Asks the store for something, and counts it.
pub async fn asked<T>(
    operation: Operation,
    request: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let name = match operation {
        Operation::Get => "get",
        Operation::Put => "put",
        Operation::Delete => "delete",
        Operation::List => "list",
        Operation::Head => "head",
    };
    let begun = Instant::now();
    let answer = request.await;
    SECONDS.took([name], begun.elapsed());
    if answer.is_err() {
        ERRORS.one([name]);
    }
    answer
}
