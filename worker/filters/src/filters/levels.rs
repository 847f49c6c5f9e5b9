//! `levels(black, white, gamma, out_black, out_white)`: which values become black and white, and how the middle bends.

use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};

/// `t = clamp((v − black) / (white − black))`, then `out_black + (out_white − out_black) · t^(1 / gamma)`.
pub(crate) const FILTER: Filter = Filter {
    name: "levels",
    summary: "Spreads what lies from black to white over the whole scale, bends it by gamma, and fits it between \
              out_black and out_white",
    example: "levels(5, 90, gamma=1.2)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("black", 0.0, 100.0).unit("%").or(0.0),
        Parameter::number("white", 0.0, 100.0).unit("%").or(100.0),
        Parameter::number("gamma", 0.1, 10.0).or(1.0),
        Parameter::number("out_black", 0.0, 100.0).unit("%").or(0.0),
        Parameter::number("out_white", 0.0, 100.0).unit("%").or(100.0),
    ],
    build: |arguments| {
        let share = |name| arguments.number(name) / 100.0;
        let (black, white) = (share("black"), share("white"));
        if white - black < LEAST_WIDTH {
            return Err(ArgumentError::new("white", "`white` must be above `black`, by 0.1 % at least"));
        }
        let (out_black, out_white) = (share("out_black"), share("out_white"));
        let slope = 1.0 / (white - black);
        let power = 1.0 / arguments.number("gamma");
        Ok(Step::point(move |graph, pixel| {
            let power = graph.constant(power as f32);
            graph.each(pixel.channels, |graph, value| {
                let spread = graph.affine(&[(value, slope)], -black * slope);
                let spread = graph.unit(spread);
                let bent = graph.pow(spread, power);
                graph.affine(&[(bent, out_white - out_black)], out_black)
            })
        }))
    },
};

/// The least difference of white and black; less is a threshold.
const LEAST_WIDTH: f64 = 0.001;
