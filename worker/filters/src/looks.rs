//! The looks: chains with a name, from one file of data.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A chain with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The name in `look(name)`.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The filters that make it.
    pub chain: String,
}

/// The file; a test reads it whole, so that a mistake in it never reaches a user.
static LOOKS: LazyLock<Vec<Look>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../looks.json")).unwrap_or_default());

/// Every look, in the order in which they are shown.
pub fn all() -> &'static [Look] {
    &LOOKS
}

/// The look of a name.
pub(crate) fn find(name: &str) -> Option<&'static Look> {
    LOOKS.iter().find(|look| look.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn there_are_many_looks_and_each_can_be_mixed() {
        let looks: Vec<Look> = serde_json::from_str(include_str!("../looks.json")).unwrap();
        assert!(looks.len() >= 40, "{} looks", looks.len());
        for (index, look) in looks.iter().enumerate() {
            assert!(
                looks[..index].iter().all(|other| other.name != look.name),
                "{} is there twice",
                look.name
            );
            check(&look.chain).unwrap_or_else(|mistake| panic!("{}: {mistake}", look.name));
            check(&format!("look({}, amount=50)", look.name))
                .unwrap_or_else(|mistake| panic!("{}: {mistake}", look.name));
        }
    }

    #[test]
    fn a_misspelled_look_is_told_from_one() {
        let mistake = check("look(noirr)").unwrap_err();
        assert_eq!((mistake.offset, mistake.length), (5, 5));
        assert_eq!(mistake.suggestion.as_deref(), Some("noir"));
    }
}
