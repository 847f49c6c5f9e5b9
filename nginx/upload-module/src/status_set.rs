//! The statuses of `upload_cleanup`.

use std::ops::RangeInclusive;

/// Statuses an answer may have.
const STATUSES: RangeInclusive<u16> = 200..=599;

/// Statuses and ranges of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatusSet(Vec<RangeInclusive<u16>>);

impl StatusSet {
    /// Adds a status, `404`, or a range of them, `500-505`; false if the text is neither.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (status(first), status(last)) {
            (Some(first), Some(last)) if first <= last => {
                self.0.push(first..=last);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, status: usize) -> bool {
        u16::try_from(status).is_ok_and(|status| self.0.iter().any(|range| range.contains(&status)))
    }
}

fn status(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|status| digits && STATUSES.contains(status))
}
