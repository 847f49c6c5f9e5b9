use super::*;
use crate::chain::check;

fn plan(chain: &str, frame: &Frame) -> Plan {
    Plan::new(check(chain).unwrap().links(), frame, &Limits::default()).unwrap()
}

fn frame() -> Frame {
    let samples = (0..64 * 48 * 3).map(|index| (index * 7 % 256) as u8).collect();
    Frame { width: 64, height: 48, alpha: false, samples: Samples::U8(samples) }
}

#[test]
fn point_filters_meet_in_one_kernel() {
    let works = plan("brightness(5)|invert|gamma(2)|contrast(4)|brightness(1)", &frame()).describe();
    assert_eq!(works, ["tables"]);
}

#[test]
fn values_are_not_rounded_between_steps() {
    let works = plan("sepia|blur(3)|saturation(10)", &frame()).describe();
    assert_eq!(works, ["sums to 16 bits", "stage in 16 bits", "sums"]);
    // What a stage only moves may be rounded before.
    assert_eq!(plan("sepia|flip", &frame()).describe(), ["sums", "stage"]);
    assert_eq!(plan("flip|sepia", &frame()).describe(), ["stage", "sums"]);
    assert_eq!(plan("blur(3)", &frame()).describe(), ["stage"]);
    assert_eq!(plan("blur(3)|flip", &frame()).describe(), ["stage", "stage"]);
}

#[test]
fn halving_and_doubling_about_a_stage_loses_nothing() {
    let chain = "equation(r = r/16, g = g/16, b = b/16)|blur(0)|equation(r = r*16, g = g*16, b = b*16)";
    let result = plan(chain, &frame()).run(frame(), &Context::unlimited(1)).unwrap();
    assert_eq!(result, frame());
}

#[test]
fn alpha_comes_where_an_equation_makes_it() {
    let result = plan("equation(a = x)", &frame()).run(frame(), &Context::unlimited(1)).unwrap();
    assert!(result.alpha);
    let Samples::U8(samples) = &result.samples else { panic!("16 bits at the end") };
    assert_eq!((samples[3], samples[63 * 4 + 3]), (2, 253));
    let mut opaque = plan("equation(a = 0.25)|equation(a = 1)", &frame());
    assert!(!opaque.run(frame(), &Context::unlimited(1)).unwrap().alpha);
}

#[test]
fn sizes_are_those_of_the_stages() {
    assert_eq!(plan("rotate(90)|sepia|crop(10, 20)", &frame()).size(), (10, 20));
}
