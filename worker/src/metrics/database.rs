//! Calls of the database.

use std::time::Duration;

use super::family::{About, BOTH, Counter, Family, Histogram, Label, QUICK};
use crate::db::DbError;

static ERRORS: Counter<1> = Counter::new(About::new(
    "imgfilter_database_errors_total",
    BOTH,
    &[Label::of("kind", &["timeout", "connection", "refused", "deadlock", "lock_timeout"])],
    "Calls of the database that failed.",
    "`connection`, `timeout`: PostgreSQL is away or overloaded; `refused`: the log says why, often a schema that is not \
     this program's (`imgfilter doctor`); the others pass, and should be rare.",
));

static SECONDS: Histogram<0> = Histogram::new(
    QUICK,
    About::new(
        "imgfilter_database_seconds",
        BOTH,
        &[],
        "Seconds of a call of the database, the wait for a connection included.",
        "Above some milliseconds: PostgreSQL is slow, or its disk.",
    ),
);

pub(super) static ALL: &[&dyn Family] = &[&ERRORS, &SECONDS];

/// The database was called.
pub fn called<T>(outcome: &Result<T, DbError>, took: Duration) {
    SECONDS.took([], took);
    if let Err(error) = outcome {
        ERRORS.one([match error {
            DbError::Timeout(_) => "timeout",
            DbError::Url(..) | DbError::Connection(_) => "connection",
            DbError::Refused(_) if error.is_deadlock() => "deadlock",
            DbError::Refused(_) if error.is_lock_timeout() => "lock_timeout",
            DbError::Refused(_) => "refused",
        }]);
    }
}
