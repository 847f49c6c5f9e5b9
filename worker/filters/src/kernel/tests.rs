//! Every kernel against the filters of a chain, run one by one in double precision.

use super::*;
use crate::chain::{check, check_within};
use crate::limits::{ChainLimits, Limits};
use crate::plan::{Plan, Shape};

mod references;

use references::FILTERS;

/// A frame of many colours: every sample occurs, in many combinations.
fn frame(alpha: bool, wide: bool) -> Frame {
    let (width, height) = (97u32, 61u32);
    let channels = 3 + usize::from(alpha);
    let count = (width * height) as usize * channels;
    // A multiplicative generator: spread well enough, the same everywhere.
    let mut state = 12_345u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16
    };
    let samples = if wide {
        Samples::U16((0..count).map(|_| next()).collect())
    } else {
        Samples::U8((0..count).map(|index| if index < 256 { index as u8 } else { next() as u8 }).collect())
    };
    Frame { width, height, alpha, samples }
}

fn numbers(frame: &Frame) -> Vec<f64> {
    match &frame.samples {
        Samples::U8(samples) => samples.iter().map(|sample| f64::from(*sample) / 255.0).collect(),
        Samples::U16(samples) => samples.iter().map(|sample| f64::from(*sample) / 65_535.0).collect(),
    }
}

/// The name of a chain of these filters.
fn named(filters: &[usize]) -> String {
    let names: Vec<&str> = filters.iter().map(|index| FILTERS[*index].0).collect();
    names.join("|")
}

/// How far values may be off between two filters, by floating point and by tables. Where a filter jumps, all that it may
/// be off is right.
const DRIFTS: [f64; 5] = [0.0, -4e-6, 4e-6, -2e-4, 2e-4];

/// What the references make of a frame: for each channel the least and the greatest value from 0 to 255, not rounded,
/// that drifts lead to. Filter by filter; between two, values are clamped and NaN is 0.
fn reference(filters: &[usize], frame: &Frame) -> Vec<[(f64, f64); 4]> {
    let width = frame.width as usize;
    let pixels = numbers(frame);
    let pixels = pixels.chunks(frame.channels()).enumerate().map(|(index, pixel)| {
        let x = ((index % width) as f64 + 0.5) / width as f64;
        let y = ((index / width) as f64 + 0.5) / f64::from(frame.height);
        let start = [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(1.0)];
        let ends = DRIFTS.map(|drift| {
            filters.iter().fold(start, |[r, g, b, a], filter| {
                let [r, g, b] = [r + drift, g + drift, b + drift].map(|value| value.clamp(0.0, 1.0));
                FILTERS[*filter].1([r, g, b, a, x, y])
                    .map(|value| if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
            })
        });
        std::array::from_fn(|channel| {
            let values = ends.map(|end| end[channel] * 255.0);
            (values.into_iter().fold(f64::INFINITY, f64::min), values.into_iter().fold(0.0, f64::max))
        })
    });
    pixels.collect()
}

const ALL_MEANS: [Means; 6] = [
    Means { tables: true, functions: true, sums: true, jit: true },
    Means { tables: true, functions: true, sums: true, jit: false },
    Means { tables: true, functions: true, sums: false, jit: true },
    Means { tables: false, functions: true, sums: true, jit: true },
    Means { tables: false, functions: false, sums: false, jit: true },
    Means { tables: false, functions: false, sums: false, jit: false },
];

/// Runs a chain by every means and compares with the reference; the tolerance is one level.
fn compare(filters: &[usize], frame: &Frame) {
    let (chain, right) = (named(filters), reference(filters, frame));
    let checked = check(&chain).unwrap();
    for means in ALL_MEANS {
        if means.jit && !tape::can_compile() {
            continue;
        }
        let mut plan =
            Plan::with_means(checked.links(), Shape::of(frame), false, &Limits::default(), |_| means)
                .unwrap();
        let found = plan.run(frame.clone(), &Context::unlimited(1)).unwrap();
        let four = Context::unlimited(4);
        assert_eq!(plan.run(frame.clone(), &four).unwrap(), found, "{chain}: threads matter");
        let channels = found.channels();
        let Samples::U8(samples) = &found.samples else { panic!("16 bits at the end") };
        for (index, (found, right)) in samples.chunks(channels).zip(&right).enumerate() {
            for (channel, found) in found.iter().enumerate() {
                let (least, most) = right[channel];
                // The colour of what is all but invisible is a quotient of two numbers that are all but 0.
                let seen = channel == 3 || right[3].1 >= 1.0;
                assert!(
                    !seen || (least - 1.0..=most + 1.0).contains(&f64::from(*found)),
                    "{chain} by {means:?} ({:?}): pixel {index}, channel {channel}: {found}, not {least} to {most}",
                    plan.parts(),
                );
            }
            if channels == 3 {
                assert!(right[3].1 > 254.9, "{chain}: alpha is lost");
            }
        }
    }
}

#[test]
fn every_filter_is_right_by_every_means() {
    for alpha in [false, true] {
        for wide in [false, true] {
            let frame = frame(alpha, wide);
            (0..FILTERS.len()).for_each(|filter| compare(&[filter], &frame));
        }
    }
}

#[test]
fn the_chain_of_five_is_right() {
    compare(&[3, 5, 7, 9, 1], &frame(false, false));
    compare(&[4, 6, 8, 10, 0, 2], &frame(true, false));
}

#[test]
fn a_steep_function_of_an_approximated_one_is_right() {
    compare(&[13, 14], &frame(false, false));
    compare(&[9, 7, 9, 8, 9], &frame(false, false));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    #[test]
    fn any_chain_is_right(
        filters in proptest::collection::vec(0..FILTERS.len(), 1..5),
        alpha in proptest::bool::ANY,
        wide in proptest::bool::ANY,
    ) {
        compare(&filters, &frame(alpha, wide));
    }
}

/// The kinds of kernels of a chain on an opaque 8-bit frame.
fn kinds(chain: &str) -> Vec<&'static str> {
    let chain = check(chain).unwrap();
    let means = |_| Means { tables: true, functions: true, sums: true, jit: true };
    let plan =
        Plan::with_means(chain.links(), Shape::of(&frame(false, false)), false, &Limits::default(), means);
    plan.unwrap().parts().into_iter().map(|part| part.means).collect()
}

#[test]
fn the_simplest_kernel_is_chosen() {
    for (chain, kind) in [
        ("brightness(10)|contrast(20)|gamma(2)|invert", "tables"),
        ("equation(r = sin(r), g = 1, b = r > 0.5)", "tables"),
        ("sepia", "sums"),
        ("saturation(20)|sepia(0.5)|hue(30)", "sums"),
        ("saturation(20)|gamma(1.2)|sepia", "sums and tables"),
        ("grayscale|gamma(2)", "sums and tables"),
        ("equation(r = r*smoothstep(0.1, 0.9, g))", "code"),
        ("equation(r = r*g*exp(b))", "code and tables"),
        ("equation(r = r*exp(-4*x))", "code and tables"),
        ("sepia(0)", "nothing"),
        ("brightness(0)|saturation(0)", "nothing"),
        ("invert|invert", "tables"),
    ] {
        assert_eq!(kinds(chain), [kind], "{chain}");
    }
}

#[test]
fn the_sepia_equation_is_the_sepia_filter() {
    let equation = "equation(r = 0.393*r + 0.769*g + 0.189*b, g = 0.349*r + 0.686*g + 0.168*b, \
                    b = 0.272*r + 0.534*g + 0.131*b)";
    let frame = frame(false, false);
    let run = |chain: &str| {
        let chain = check(chain).unwrap();
        Plan::new(chain.links(), Shape::of(&frame), false, &Limits::default())
            .unwrap()
            .run(frame.clone(), &Context::unlimited(1))
            .unwrap()
    };
    assert_eq!(run(equation), run("sepia"));
}

#[test]
fn long_chains_are_cut_and_still_right() {
    let twice = "gamma(1.3)|saturation(10)|".repeat(100);
    let limits = ChainLimits { max_filters: 201, ..ChainLimits::default() };
    let chain = check_within(&format!("{twice}invert"), &limits).unwrap();
    let frame = frame(false, false);
    let mut plan = Plan::new(chain.links(), Shape::of(&frame), false, &Limits::default()).unwrap();
    assert!(plan.parts().len() > 1);
    plan.run(frame, &Context::unlimited(1)).unwrap();
}
