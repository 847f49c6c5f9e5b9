//! `grayscale`: the luma of each pixel.

use crate::filter::{Alpha, Animation, CostClass, Filter, Step};

/// Luma after ITU-R BT.709, of the encoded values.
pub(crate) const FILTER: Filter = Filter {
    name: "grayscale",
    summary: "Shades of grey, as light as the colours look (ITU-R BT.709 luma)",
    example: "grayscale",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[],
    build: |_| {
        Ok(Step::point(|graph, pixel| {
            let luma = graph.luma(pixel.channels);
            [luma, luma, luma, pixel.channels[3]]
        }))
    },
};
