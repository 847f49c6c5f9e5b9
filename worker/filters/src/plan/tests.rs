use super::*;
use crate::chain::check;

fn plan(chain: &str, frame: &Frame) -> Plan {
    Plan::new(check(chain).unwrap().links(), Shape::of(frame), false, &Limits::default()).unwrap()
}

/// The means of each part, and whether it answers with 16 bits.
fn describe(plan: &Plan) -> Vec<String> {
    let wide = |part: &Part| if part.wide { " in 16 bits" } else { "" };
    plan.parts().iter().map(|part| format!("{}{}", part.means, wide(part))).collect()
}

fn frame() -> Frame {
    let samples = (0..64 * 48 * 3).map(|index| (index * 7 % 256) as u8).collect();
    Frame { width: 64, height: 48, alpha: false, samples: Samples::U8(samples) }
}

#[test]
fn point_filters_meet_in_one_kernel() {
    let works = describe(&plan("brightness(5)|invert|gamma(2)|contrast(4)|brightness(1)", &frame()));
    assert_eq!(works, ["tables"]);
}

#[test]
fn values_are_not_rounded_between_steps() {
    let works = describe(&plan("sepia|blur(3)|saturation(10)", &frame()));
    assert_eq!(works, ["sums in 16 bits", "stage in 16 bits", "sums"]);
    // What a stage only moves may be rounded before.
    assert_eq!(describe(&plan("equation(r = x)|flip", &frame())), ["sums", "stage"]);
    assert_eq!(describe(&plan("sepia|flip", &frame())), ["stage", "sums"]);
    assert_eq!(describe(&plan("blur(3)", &frame())), ["stage"]);
    assert_eq!(describe(&plan("blur(3)|flip", &frame())), ["stage", "stage"]);
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

#[test]
fn sixteen_bits_are_kept_to_the_end_where_they_are_wanted() {
    let wide = frame().widened();
    let plan = |chain: &str, deep| {
        Plan::new(check(chain).unwrap().links(), Shape::of(&wide), deep, &Limits::default()).unwrap()
    };
    assert_eq!(describe(&plan("sepia|blur(3)", true)), ["sums in 16 bits", "stage in 16 bits"]);
    assert_eq!(describe(&plan("sepia|flip", true)), ["stage in 16 bits", "sums in 16 bits"]);
    for chain in ["", "sepia", "flip", "blur(1)"] {
        let run = |deep| plan(chain, deep).run(wide.clone(), &Context::unlimited(1)).unwrap();
        assert!(matches!(run(true).samples, Samples::U16(_)), "{chain}");
        assert_eq!(run(true).narrowed(), run(false), "{chain}");
    }
    // A picture of 8 bits gains nothing by 16.
    let mut narrow =
        Plan::new(check("sepia").unwrap().links(), Shape::of(&frame()), true, &Limits::default()).unwrap();
    assert!(matches!(narrow.run(frame(), &Context::unlimited(1)).unwrap().samples, Samples::U8(_)));
}
