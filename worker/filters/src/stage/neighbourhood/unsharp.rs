//! Unsharp masking with a threshold.

use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::stage::sharpen::Sharpen;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "unsharp",
    summary: "Sharpens by an unsharp mask: adds amount of the difference to a Gaussian blur of sigma where that \
              difference reaches the threshold, so that grain stays as it is",
    example: "unsharp(2, amount=80, threshold=3)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("sigma", 0.1, 50.0).unit("px").or(1.0),
        Parameter::number("amount", 0.0, 1000.0).unit("%").or(100.0),
        Parameter::number("threshold", 0.0, 100.0).unit("%").or(0.0),
    ],
    build: |arguments| {
        Ok(Step::stage(Sharpen {
            amount: (arguments.number("amount") / 100.0) as f32,
            sigma: arguments.number("sigma"),
            threshold: (arguments.number("threshold") / 100.0) as f32,
        }))
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_near, assert_sound, bytes, filtered, rough};

    #[test]
    fn it_is_sound() {
        assert_sound("unsharp(1.5, 90)", 2);
    }

    #[test]
    fn differences_below_the_threshold_stay() {
        let frame = rough(60, 40, false);
        assert_near("sharpen", &filtered("unsharp(2, 100)", &frame), &filtered("sharpen(1, 2)", &frame), 0);
        assert!(filtered("unsharp(2, 100, 100)", &frame) == frame);
        let (blurred, sharp) = (bytes(&filtered("blur(2)", &frame)), bytes(&frame));
        let got = bytes(&filtered("unsharp(2, 100, 10)", &frame));
        let small = sharp.iter().zip(&blurred).map(|(sharp, blurred)| sharp.abs_diff(*blurred) < 25);
        let mut counts = [0, 0];
        for (index, small) in small.enumerate() {
            counts[usize::from(small)] += 1;
            assert!(!small || got[index] == sharp[index], "sample {index}");
        }
        assert!(counts[0] > 100 && counts[1] > 100 && got != sharp, "{counts:?}");
    }
}
