//! Cutting to a shape around what draws attention.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::stage::resize::Resize;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "smartcrop",
    summary: "Scales and cuts to a box, and keeps the part that draws attention by edges and colours; the first frame of an animation decides for all",
    example: "smartcrop(400, 400)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("width", 1, 65_535).unit("px"),
        Parameter::integer("height", 1, 65_535).unit("px"),
    ],
    build: |arguments| {
        let side = |name| arguments.number(name) as u32;
        Ok(Step::stage(Resize::smart(side("width"), side("height"))))
    },
};
