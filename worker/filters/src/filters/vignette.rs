//! `vignette(amount, radius, softness, colour)`: darker corners.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// The colour, as far as `smoothstep(radius, radius + softness, d)` says times the amount, where d is the distance from
/// the middle: 0 there, 1 at the corners, the same along ellipses of the picture's proportions.
pub(crate) const FILTER: Filter = Filter {
    name: "vignette",
    summary: "Fades the corners into a colour: from radius on, in hundredths of the way to the corner, over softness",
    example: "vignette(60, radius=40)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 100.0).unit("%").or(50.0),
        Parameter::number("radius", 0.0, 100.0).unit("%").or(40.0),
        Parameter::number("softness", 1.0, 100.0).unit("%").or(60.0),
        Parameter::colour("colour").or_word("#000000"),
    ],
    build: |arguments| {
        let share = |name| arguments.number(name) / 100.0;
        let (radius, softness) = (share("radius"), share("softness"));
        let colour = arguments.colour_unit("colour");
        let amount = share("amount") * colour[3];
        Ok(Step::point(move |graph, pixel| {
            // Half the square of each distance from the middle, so that corners are at 1.
            let [across, down] = [pixel.x, pixel.y].map(|place| {
                let distance = graph.affine(&[(place, 2.0)], -1.0);
                let square = graph.square(distance);
                graph.affine(&[(square, 0.5)], 0.0)
            });
            let square = graph.add(across, down);
            let distance = graph.sqrt(square);
            let (start, end) = (graph.constant(radius as f32), graph.constant((radius + softness) as f32));
            let weight = graph.smoothstep(start, end, distance);
            let weight = graph.affine(&[(weight, amount)], 0.0);
            let mut colours = colour.iter();
            graph.each(pixel.channels, |graph, value| {
                let colour = graph.constant(colours.next().copied().unwrap_or_default() as f32);
                graph.mix(value, colour, weight)
            })
        }))
    },
};
