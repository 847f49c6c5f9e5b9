//! The list of filters: one line each.

use crate::filter::Filter;
use crate::filters;
use crate::looks;
use crate::spelling;
use crate::stage;

/// Every filter, in the order in which the catalogue shows them.
pub(crate) const FILTERS: &[&Filter] = &[
    &filters::brightness::FILTER,
    &filters::contrast::FILTER,
    &filters::exposure::FILTER,
    &filters::gamma::FILTER,
    &filters::levels::FILTER,
    &filters::curves::FILTER,
    &filters::highlights::FILTER,
    &filters::shadows::FILTER,
    &stage::normalize::FILTER,
    &stage::autolevels::FILTER,
    &stage::equalize::FILTER,
    &stage::clahe::FILTER,
    &filters::saturation::FILTER,
    &filters::vibrance::FILTER,
    &filters::hue::FILTER,
    &filters::temperature::FILTER,
    &filters::tint::FILTER,
    &filters::gain::FILTER,
    &filters::mixer::FILTER,
    &filters::matrix::FILTER,
    &filters::linear::FILTER,
    &filters::replace::FILTER,
    &stage::lut::FILTER,
    &filters::grayscale::FILTER,
    &filters::sepia::FILTER,
    &filters::invert::FILTER,
    &filters::threshold::FILTER,
    &filters::posterize::FILTER,
    &filters::solarize::FILTER,
    &filters::duotone::FILTER,
    &filters::tritone::FILTER,
    &filters::colorize::FILTER,
    &filters::colorblind::FILTER,
    &filters::opacity::FILTER,
    &filters::vignette::FILTER,
    &filters::gradient::FILTER,
    &stage::noise::FILTER,
    &stage::grain::FILTER,
    &stage::dither::FILTER,
    &filters::equation::FILTER,
    &filters::look::FILTER,
    &filters::preset::FILTER,
    &stage::blur::FILTER,
    &stage::sharpen::FILTER,
    &stage::neighbourhood::unsharp::FILTER,
    &stage::neighbourhood::boxblur::FILTER,
    &stage::neighbourhood::motionblur::FILTER,
    &stage::neighbourhood::zoomblur::FILTER,
    &stage::neighbourhood::spinblur::FILTER,
    &stage::neighbourhood::tiltshift::FILTER,
    &stage::neighbourhood::progressiveblur::FILTER,
    &stage::neighbourhood::median::FILTER,
    &stage::neighbourhood::bilateral::FILTER,
    &stage::neighbourhood::denoise::FILTER,
    &stage::neighbourhood::convolve::FILTER,
    &stage::neighbourhood::edge::FILTER,
    &stage::neighbourhood::emboss::FILTER,
    &stage::neighbourhood::dilate::FILTER,
    &stage::neighbourhood::erode::FILTER,
    &stage::neighbourhood::pixelate::FILTER,
    &stage::neighbourhood::redact::FILTER,
    &stage::resize::FILTER,
    &stage::crop::FILTER,
    &stage::rotate::FILTER,
    &stage::flip::FILTER,
    &stage::style::oil::FILTER,
    &stage::style::halftone::FILTER,
    &stage::style::sketch::FILTER,
    &stage::style::cartoon::FILTER,
    &stage::style::glow::FILTER,
    &stage::style::aberration::FILTER,
    &stage::photon::look::FILTER,
    &stage::geometry::smartcrop::FILTER,
    &stage::geometry::trim::FILTER,
    &stage::geometry::pad::FILTER,
    &stage::geometry::shear::FILTER,
    &stage::geometry::perspective::FILTER,
    &filters::round::FILTER,
    &filters::mask::FILTER,
    &stage::overlay::watermark::FILTER,
    &stage::overlay::text::FILTER,
    &stage::overlay::blend::FILTER,
    &stage::overlay::border::FILTER,
    &stage::overlay::shadow::FILTER,
];

/// What other programs call a filter of ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("gray", "grayscale"),
    ("grey", "grayscale"),
    ("mono", "grayscale"),
    ("desaturate", "grayscale"),
    ("bw", "threshold"),
    ("blackwhite", "threshold"),
    ("autocontrast", "normalize"),
    ("auto_contrast", "normalize"),
    ("kelvin", "temperature"),
    ("warmth", "temperature"),
    ("white_balance", "temperature"),
    ("rgb", "gain"),
    ("recomb", "matrix"),
    ("tone_curve", "curves"),
    ("daltonize", "colorblind"),
    ("cvd", "colorblind"),
    ("alpha", "opacity"),
    ("replace_color", "replace"),
    ("clut", "lut"),
    ("hald_clut", "lut"),
    ("cube", "lut"),
    ("monochrome", "grayscale"),
    ("negate", "invert"),
    ("negative", "invert"),
    ("saturate", "saturation"),
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
    ("caption", "text"),
    ("annotate", "text"),
    ("frame", "border"),
    ("dropshadow", "shadow"),
    ("drop_shadow", "shadow"),
    ("mirror", "flip"),
    ("flop", "flip"),
    ("gaussian", "blur"),
    ("usm", "unsharp"),
    ("box", "boxblur"),
    ("radialblur", "spinblur"),
    ("rotationalblur", "spinblur"),
    ("despeckle", "median"),
    ("noise_reduction", "denoise"),
    ("convolution", "convolve"),
    ("sobel", "edge"),
    ("edges", "edge"),
    ("laplacian", "edge"),
    ("relief", "emboss"),
    ("pixelize", "pixelate"),
    ("pixellate", "pixelate"),
    ("mosaic", "pixelate"),
    ("pencil", "sketch"),
    ("bloom", "glow"),
    ("oilpaint", "oil"),
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
        .or_else(|| looks::find(&lower).map(|look| format!("look({})", look.name)))
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

    #[test]
    fn a_look_can_be_meant() {
        assert_eq!(meant("noir").as_deref(), Some("look(noir)"));
        assert_eq!(meant("vibrance").as_deref(), Some("vibrance"));
    }
}
