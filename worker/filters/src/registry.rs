//! The list of filters: one line each.

use crate::filter::Filter;

/// Every filter, in the order in which the catalogue shows them.
pub(crate) const FILTERS: &[&Filter] = &[];

/// The filter of a name.
pub(crate) fn find(name: &str) -> Option<&'static Filter> {
    FILTERS.iter().copied().find(|filter| filter.name == name)
}
