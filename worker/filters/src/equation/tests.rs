use std::collections::HashMap;

use super::*;
use crate::graph::Graph;

/// Evaluates a program for one pixel of a frame of 200 × 100.
fn run(source: &str, channels: [f32; 4], x: f32, y: f32) -> [f32; 4] {
    let program = Program::parse(source).unwrap_or_else(|error| panic!("{source}: {error:?}"));
    let mut graph = Graph::new();
    let pixel = graph.pixel((200, 100), true);
    let outputs = program.lower(&mut graph, &pixel);
    let [r, g, b, a] = channels;
    let values: HashMap<_, _> = graph.inputs().vars.into_iter().zip([r, g, b, a, x, y]).collect();
    outputs.map(|node| graph.context().eval(node, &values).unwrap())
}

/// The value of an expression, as red, for r = 0.25, g = 0.5, b = 0.75, a = 1, x = 0.1, y = 0.9.
fn value(expression: &str) -> f32 {
    run(&format!("r = {expression}"), [0.25, 0.5, 0.75, 1.0], 0.1, 0.9)[0]
}

fn error(source: &str) -> EquationError {
    Program::parse(source).expect_err(source)
}

#[test]
fn precedence_is_that_of_arithmetic() {
    for (expression, right) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("2 ** 3", 8.0),
        ("10 - 4 - 3", 3.0),
        ("12 / 4 / 3", 1.0),
        ("7 % 4 + 1", 4.0),
        ("1 < 2 && 2 < 1 || 1", 1.0),
        ("1 + 1 == 2 ? 10 : 20", 10.0),
        ("0 ? 1 : 0 ? 2 : 3", 3.0),
        ("!0 + 1", 2.0),
        ("1e2 + .5", 100.5),
        ("- - 3", 3.0),
    ] {
        assert_eq!(value(expression), right, "{expression}");
    }
}

#[test]
fn inputs_and_functions_have_their_values() {
    for (expression, right) in [
        ("r + g + b + a", 2.5),
        ("w / h", 2.0),
        ("x + y", 1.0),
        ("luma", 0.2126 * 0.25 + 0.7152 * 0.5 + 0.0722 * 0.75),
        ("min(r, g, b)", 0.25),
        ("max(r, g, b)", 0.75),
        ("clamp(2)", 1.0),
        ("clamp(2, 0, 1.5)", 1.5),
        ("mix(r, b, 0.5)", 0.5),
        ("if(r > g, 1, 2)", 2.0),
        ("step(0.5, g)", 1.0),
        ("smoothstep(0, 1, g)", 0.5),
        ("abs(-g) + sign(-3) + floor(1.7) + ceil(1.2) + round(1.5)", 4.5),
        ("trunc(-1.7) + fract(1.25) + mod(-1, 4)", 2.25),
        ("sqrt(r) + pow(g, 2) + exp(0) + log(e)", 2.75),
        ("log2(8) + log10(100)", 5.0),
        ("sin(0) + cos(0) + tan(0)", 1.0),
        ("degrees(atan2(1, 1))", 45.0),
        ("hypot(3, 4) + radians(180) - pi", 5.0),
        ("asin(1) + acos(1) + atan(0)", std::f32::consts::FRAC_PI_2),
        ("cbrt(8) + cbrt(-27) + cbrt(0)", -1.0),
        ("exp2(3) + length(3, 4) + length(2, 3, 6)", 20.0),
        ("not(0) + (r != g) + (r <= 0.25) + (r >= 1)", 3.0),
        ("r > 0.2 and_not", f32::NAN),
    ] {
        if right.is_nan() {
            error(&format!("r = {expression}"));
        } else {
            assert!((value(expression) - right).abs() < 1e-5, "{expression}: {}", value(expression));
        }
    }
}

#[test]
fn every_output_reads_the_pixel_as_it_came_in() {
    assert_eq!(run("r = g, g = r", [0.25, 0.5, 0.75, 1.0], 0.0, 0.0), [0.5, 0.25, 0.75, 1.0]);
}

#[test]
fn locals_and_separators() {
    let right = [0.5, 0.25, 0.25, 1.0];
    for source in [
        "let m = r + 0.25, r = m; g = m / 2\nb = r",
        "m = r + 0.25\r\n\r\nr = m,\ng = (m\n / 2),,b = r;",
        "m=r+\n0.25,r=m,g=m/2,b=r",
    ] {
        assert_eq!(run(source, [0.25, 0.5, 0.75, 1.0], 0.0, 0.0), right, "{source}");
        assert_eq!(
            Program::parse(source).unwrap().canonical().replace(['(', ')'], ""),
            "m=r+0.25,r=m,g=m/2,b=r"
        );
    }
}

#[test]
fn mistakes_have_their_place_and_a_hint() {
    for (source, offset, length, suggestion) in [
        ("r = lmua", 4, 4, Some("luma")),
        ("r = sqr(g)", 4, 3, Some("sqrt")),
        ("r = é", 4, 1, None),
        ("r = 1 − g", 6, 1, Some("-")),
        ("r = (g", 4, 1, None),
        ("r = g)", 5, 1, None),
        ("r = ", 4, 0, None),
        ("r = g = 2", 6, 1, Some("==")),
        ("q = 1", 5, 0, None),
        ("", 0, 0, None),
        ("x = 1, r = x", 0, 1, None),
        ("r = 1, r = 2", 7, 1, None),
        ("r = min(g)", 4, 3, None),
        ("r = clamp(g, 1)", 4, 5, None),
        ("r = max", 4, 3, None),
        ("r = g ? 1", 9, 0, None),
        ("r = 2 r", 6, 1, Some("*")),
        ("let r", 5, 0, None),
        ("let = 2", 4, 1, None),
        ("m = m, r = m", 4, 1, None),
    ] {
        let found = error(source);
        let expected = (offset, length, suggestion.map(str::to_owned));
        assert_eq!(
            (found.offset, found.length, found.suggestion.clone()),
            expected,
            "{source}: {}",
            found.message
        );
    }
}

#[test]
fn what_people_write_by_habit_is_answered_with_what_to_write() {
    for (source, offset, length, suggestion, words) in [
        ("r = 0,5", 4, 3, Some("0.5"), "point"),
        ("r = 1 - 0,05*g", 8, 4, Some("0.05"), "point"),
        ("r += 0.1", 2, 2, Some("r = r + …"), "not known"),
        ("g *= 2", 2, 2, Some("g = g * …"), "not known"),
        ("r == 1 - g", 2, 2, Some("="), "expected `=`"),
        ("r := g", 2, 1, Some("="), "expected `=`"),
        ("r = 2r", 5, 1, Some("*"), "operator"),
        ("r = (r + g)(b)", 11, 1, Some("*"), "operator"),
        ("r = min(2g, 1)", 9, 1, Some("*"), "operator"),
        ("r = g > 0.5 and b > 0.5", 12, 3, Some("&&"), "operator"),
        ("r = g > 0.5 or b > 0.5", 12, 2, Some("||"), "operator"),
        ("r = g => 0.5", 6, 1, Some(">="), "compare"),
        ("r = g = 0.5 ? 1 : 0", 6, 1, Some("=="), "compare"),
        ("r = pi(2)", 4, 2, Some("pi * ("), "no function"),
        ("r = g(2)", 4, 1, Some("g * ("), "no function"),
        ("r = sin g", 4, 3, None, "sin(radians)"),
        ("r = if g > b", 4, 2, None, "if(condition, yes, no)"),
        ("r = g² + b", 5, 1, Some("^2"), "means nothing"),
        ("r = sin(2*π*x)", 10, 1, Some("pi"), "means nothing"),
        ("R = 1 - g", 9, 0, Some("r"), "at least one of"),
        ("rgb = luma", 10, 0, None, "at least one of"),
        ("1 - r", 0, 1, None, "as in `r = 1 - r`"),
        ("r = clmap(g)", 4, 5, Some("clamp"), "no function"),
        ("r = [g]", 4, 1, None, "means nothing"),
    ] {
        let found = error(source);
        let place = (found.offset, found.length);
        assert_eq!(place, (offset, length), "{source}: {}", found.message);
        assert!(found.message.contains(words), "{source}: {}", found.message);
        assert_eq!(found.suggestion.as_deref(), suggestion, "{source}: {}", found.message);
    }
}

#[test]
fn size_depth_and_nodes_are_limited() {
    let deep = format!("r = {}g{}", "(".repeat(100), ")".repeat(100));
    assert!(error(&deep).message.contains("at most 64 deep"));
    let deep = format!("r = {}g", "-".repeat(100));
    assert!(error(&deep).message.contains("at most 64 deep"));
    let many = format!("r = g{}", "+g".repeat(1500));
    assert!(error(&many).message.contains("1024"));
    let long = format!("r = g{}", " ".repeat(5000));
    assert!(error(&long).message.contains("4096"));
    let fair = format!("r = {}g{}", "(".repeat(50), ")".repeat(50));
    assert!(Program::parse(&fair).is_ok());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in "[ -~\\n−é]{0,60}") {
        if let Err(error) = Program::parse(&source) {
            proptest::prop_assert!(error.offset + error.length <= source.chars().count());
        }
    }

    #[test]
    fn near_equations_are_read_or_refused(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "r", "g", "=", "(", ")", "+", "-", "*", "/", "^", "?", ":", ",", "min", "0.5", "m", "let", "\n",
                "<", "&&", "sqrt", ";",
            ]),
            0..30,
        )
    ) {
        let source = words.join(" ");
        if let Ok(program) = Program::parse(&source) {
            let again = Program::parse(program.canonical()).unwrap();
            proptest::prop_assert_eq!(again.canonical(), program.canonical());
        }
    }
}
