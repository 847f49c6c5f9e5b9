//! The list of filters: one line each.

use crate::filter::Filter;
use crate::filters;
use crate::spelling;
use crate::stage;

/// Every filter, in the order in which the catalogue shows them.
pub(crate) const FILTERS: &[&Filter] = &[
    &filters::grayscale::FILTER,
    &filters::sepia::FILTER,
    &filters::invert::FILTER,
    &filters::brightness::FILTER,
    &filters::contrast::FILTER,
    &filters::saturation::FILTER,
    &filters::gamma::FILTER,
    &filters::hue::FILTER,
    &filters::equation::FILTER,
    &stage::blur::FILTER,
    &stage::sharpen::FILTER,
    &stage::resize::FILTER,
    &stage::crop::FILTER,
    &stage::rotate::FILTER,
    &stage::flip::FILTER,
    &stage::geometry::smartcrop::FILTER,
    &stage::geometry::trim::FILTER,
    &stage::geometry::pad::FILTER,
    &stage::geometry::shear::FILTER,
    &stage::geometry::perspective::FILTER,
    &filters::round::FILTER,
    &filters::mask::FILTER,
    &stage::overlay::watermark::FILTER,
    &stage::overlay::blend::FILTER,
    &stage::photon::oil::FILTER,
    &stage::photon::halftone::FILTER,
    &stage::photon::solarize::FILTER,
];

/// What other programs call a filter of ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("gray", "grayscale"),
    ("grey", "grayscale"),
    ("mono", "grayscale"),
    ("monochrome", "grayscale"),
    ("negate", "invert"),
    ("negative", "invert"),
    ("saturate", "saturation"),
    ("colorize", "hue"),
    ("fx", "equation"),
    ("expression", "equation"),
    ("scale", "resize"),
    ("thumbnail", "resize"),
    ("skew", "shear"),
    ("distort", "perspective"),
    ("extend", "pad"),
    ("extent", "pad"),
    ("padding", "pad"),
    ("autocrop", "trim"),
    ("attention", "smartcrop"),
    ("rounded", "round"),
    ("shape", "mask"),
    ("composite", "blend"),
    ("logo", "watermark"),
    ("mirror", "flip"),
    ("flop", "flip"),
    ("gaussian", "blur"),
    ("unsharp", "sharpen"),
];

/// The filter of a name.
pub(crate) fn find(name: &str) -> Option<&'static Filter> {
    FILTERS.iter().copied().find(|filter| filter.name == name)
}

/// The filter that a name which is none was probably meant to be.
pub(crate) fn meant(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    SYNONYMS
        .iter()
        .find(|(other, ours)| *other == lower && find(ours).is_some())
        .map(|(_, ours)| (*ours).to_owned())
        .or_else(|| spelling::nearest(name, FILTERS.iter().map(|filter| filter.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn names_are_unique_and_examples_are_right() {
        for (index, filter) in FILTERS.iter().enumerate() {
            assert!(FILTERS[..index].iter().all(|other| other.name != filter.name), "{}", filter.name);
            let chain =
                check(filter.example).unwrap_or_else(|mistake| panic!("{}: {mistake}", filter.example));
            assert!(chain.links().iter().any(|link| link.filter.name == filter.name));
            let again = check(&chain.canonical()).unwrap();
            assert_eq!(again.canonical(), chain.canonical());
        }
    }

    #[test]
    fn synonyms_lead_to_filters() {
        assert_eq!(meant("negate").as_deref(), Some("invert"));
        assert_eq!(meant("greyscale").as_deref(), Some("grayscale"));
        assert_eq!(meant("qqqqq"), None);
    }
}
