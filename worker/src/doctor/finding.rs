//! What a check ends with.

use serde::Serialize;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It could not be looked at, or there is nothing to look at.
    Skipped,
    /// As it should be.
    Ok,
    /// The service works, but not as well as it could, or not for long.
    Warning,
    /// The service does not work, or not all of it.
    Wrong,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that is not as it should be. Neither text quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// [`Status::Warning`] or [`Status::Wrong`].
    pub status: Status,
    /// What it is.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Trouble {
    pub(super) fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Wrong, what: what.into(), mend: mend.into() }
    }

    pub(super) fn warning(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Warning, what: what.into(), mend: mend.into() }
    }
}

/// What a check has found.
#[derive(Debug, Clone)]
pub struct Finding {
    skipped: bool,
    note: String,
    troubles: Vec<Trouble>,
}

impl Finding {
    /// All is well; `note` says what was seen.
    pub(super) fn ok(note: impl Into<String>) -> Self {
        Self { skipped: false, note: note.into(), troubles: Vec::new() }
    }

    /// Nothing was looked at, and why.
    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: true, note: why.into(), troubles: Vec::new() }
    }

    pub(super) fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(vec![Trouble::wrong(what, mend)], "")
    }

    pub(super) fn warning(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(vec![Trouble::warning(what, mend)], "")
    }

    /// These, or with none of them all is well, and `note` says what was seen.
    pub(super) fn of(troubles: Vec<Trouble>, note: impl Into<String>) -> Self {
        Self { skipped: false, note: note.into(), troubles }
    }

    pub(super) fn report(self, name: &'static str) -> Report {
        let worst = self.troubles.iter().map(|trouble| trouble.status).max();
        let status = worst.unwrap_or(if self.skipped { Status::Skipped } else { Status::Ok });
        Report { name, status, note: self.note, troubles: self.troubles }
    }
}

/// A check and what it has found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The check's name.
    pub name: &'static str,
    /// The worst of its troubles.
    pub status: Status,
    /// What was seen, or why nothing was looked at; may be empty beside troubles.
    pub note: String,
    /// What is not as it should be.
    pub troubles: Vec<Trouble>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        let status = |finding: Finding| finding.report("x").status;
        assert_eq!(status(Finding::ok("")), Status::Ok);
        assert_eq!(status(Finding::skipped("")), Status::Skipped);
        let both = vec![Trouble::wrong("a", "b"), Trouble::warning("c", "d")];
        assert_eq!(status(Finding::of(both, "")), Status::Wrong);
    }
}
