//! The steps of a chain, gathered into what runs as one and put into the order that costs least.

use std::sync::Arc;

use crate::chain::{Chain, Link};
use crate::filter::{PointFilter, Step};
use crate::format::Format;
use crate::probe::ImageInfo;
use crate::stage::Stage;

/// What runs as one: a run of point filters, or a stage.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// Point filters that become one kernel, if they are not too many.
    Points(Vec<Named<PointFilter>>),
    /// A stage.
    Stage(Named<Arc<dyn Stage>>),
}

/// A step and how it is spelled in chains.
#[derive(Debug, Clone)]
pub(crate) struct Named<T> {
    /// The step.
    pub step: T,
    /// The filter with its arguments.
    pub spelling: String,
}

/// The segments of a chain, in the order in which they run.
///
/// What only moves pixels (a crop, a flip, a quarter turn) goes before point filters that do not ask where a pixel is:
/// the result is the same, a crop leaves less to compute, and point filters on both sides become one kernel.
pub(crate) fn segments(links: &[Link]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for link in links {
        append(&mut segments, link);
    }
    segments
}

/// Whether a chain filters the palette of an image in place of its pixels, and the result is the same.
///
/// GIF has no alpha between all and nothing, and a transparent pixel of it shows what was painted before, so there
/// alpha must stay as it is.
pub(crate) fn filters_palette(chain: &Chain, image: &ImageInfo, output: Format) -> bool {
    let links = chain.links();
    let fits = match (image.format, output) {
        (Format::Gif, Format::Gif) => keeps_alpha(links),
        (Format::Png, Format::Png) => true,
        _ => false,
    };
    image.palette && fits && is_of_colours(links)
}

/// Whether a chain is of point filters alone that ask for nothing but a pixel's colour and alpha.
fn is_of_colours(links: &[Link]) -> bool {
    points_only(links, PointFilter::is_placeless)
}

/// Whether a chain is of point filters alone that leave alpha as it is.
fn keeps_alpha(links: &[Link]) -> bool {
    points_only(links, PointFilter::keeps_alpha)
}

fn points_only(links: &[Link], holds: fn(&PointFilter) -> bool) -> bool {
    links.iter().all(|link| match &link.step {
        Step::Chain(links) => points_only(links, holds),
        Step::Point(point) => holds(point),
        Step::Stage(_) => false,
    })
}

fn append(segments: &mut Vec<Segment>, link: &Link) {
    let spelling = link.canonical.clone();
    match &link.step {
        Step::Chain(links) => links.iter().for_each(|link| append(segments, link)),
        Step::Point(point) => push_point(segments, Named { step: point.clone(), spelling }),
        Step::Stage(stage) => push_stage(segments, Named { step: Arc::clone(stage), spelling }),
    }
}

fn push_point(segments: &mut Vec<Segment>, point: Named<PointFilter>) {
    match segments.last_mut() {
        Some(Segment::Points(points)) => points.push(point),
        _ => segments.push(Segment::Points(vec![point])),
    }
}

fn push_stage(segments: &mut Vec<Segment>, stage: Named<Arc<dyn Stage>>) {
    let placeless = |points: &[Named<PointFilter>]| points.iter().all(|point| point.step.is_placeless());
    let before = match segments.pop() {
        Some(Segment::Points(points)) if stage.step.commutes_with_points() && placeless(&points) => {
            Some(points)
        }
        Some(other) => {
            segments.push(other);
            None
        }
        None => None,
    };
    segments.push(Segment::Stage(stage));
    segments.extend(before.map(Segment::Points));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::check;

    fn order(chain: &str) -> Vec<String> {
        segments(check(chain).unwrap().links())
            .into_iter()
            .map(|segment| match segment {
                Segment::Points(points) => {
                    let names: Vec<&str> = points.iter().map(|point| name(&point.spelling)).collect();
                    names.join("+")
                }
                Segment::Stage(stage) => name(&stage.spelling).to_owned(),
            })
            .collect()
    }

    fn name(spelling: &str) -> &str {
        spelling.split('(').next().unwrap_or_default()
    }

    #[test]
    fn moves_go_before_what_does_not_ask_where_it_is() {
        assert_eq!(order("sepia|crop(10, 10)|invert"), ["crop", "sepia+invert"]);
        assert_eq!(
            order("sepia|flip|rotate(90)|blur(2)|invert"),
            ["flip", "rotate", "sepia", "blur", "invert"]
        );
        assert_eq!(order("sepia|rotate(30)"), ["sepia", "rotate"]);
        assert_eq!(order("sepia|resize(width=10)|crop(4, 4)|gamma(2)"), ["sepia", "resize", "crop", "gamma"]);
    }

    #[test]
    fn what_asks_where_it_is_stays_where_it_is() {
        let equations =
            ["r = x", "g = g*y", "b = 10/w", "b = b*h", "r = w > 2000 ? 0 : r", "g = max(g, x*w - 1500)"];
        for equation in equations {
            let chain = format!("equation({equation})|flip");
            assert_eq!(order(&chain), ["equation", "flip"], "{chain}");
        }
        assert_eq!(order("equation(r = g)|flip"), ["flip", "equation"]);
    }

    #[test]
    fn chains_of_colours_are_told_from_others() {
        let kind = |chain: &str| {
            let chain = check(chain).unwrap();
            (is_of_colours(chain.links()), keeps_alpha(chain.links()))
        };
        assert_eq!(kind(""), (true, true));
        assert_eq!(kind("sepia|hue(20)|equation(r = g)"), (true, true));
        assert_eq!(kind("sepia|opacity(0.5)"), (true, false));
        assert_eq!(kind("vignette"), (false, true));
        assert_eq!(kind("sepia|flip"), (false, false));
    }
}
