//! What cleanups remove.

use super::family::{About, Counter, Family, Label, WORKER};
use crate::cleanup::Report;

static REMOVED: Counter<1> = Counter::new(About::new(
    "imgfilter_cleanup_removed_total",
    WORKER,
    &[Label::of("what", &["links", "originals", "erased", "orphans", "spooled", "uploads", "rows"])],
    "What this worker's cleanups have removed: expired links, spent originals, objects of what was erased, objects and \
     spooled files of no one, files of uploads in pieces, old rows.",
    "Grows with each cleanup while things end. What `imgfilter cleanup` does from cron is not told. Many `orphans` or \
     `spooled`: something is killed in the middle of uploads or tasks.",
));

pub(super) static ALL: &[&dyn Family] = &[&REMOVED];

/// A cleanup of this process has ended, or was broken off.
pub fn cleaned(report: &Report) {
    let Report { links, originals, erased, orphans, spooled, uploads, rows, .. } = report;
    for (what, count) in [
        ("links", links),
        ("originals", originals),
        ("erased", erased),
        ("orphans", orphans),
        ("spooled", spooled),
        ("uploads", uploads),
        ("rows", rows),
    ] {
        REMOVED.add([what], *count);
    }
}
