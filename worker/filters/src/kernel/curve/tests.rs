use super::*;

fn check(build: impl Fn(&mut Context, Node) -> Node, function: impl Fn(f32) -> f32, low: f32, high: f32) {
    let mut context = Context::new();
    let x = context.x();
    let node = build(&mut context, x);
    let polynomial = Polynomial::of(&context, node, low, high).map(Curve::Polynomial);
    let table = Table::of(&context, node, low, high).map(Curve::Table).expect("a table is near enough");
    let at = even(low, high, 100_003);
    let segments =
        Segments::of(&context, node, low, high).map(|segments| Curve::Segments(Box::new(segments)));
    for curve in polynomial.into_iter().chain(segments).chain([table]) {
        let mut found = vec![0.0; at.len()];
        curve.evaluate(&at, &mut found);
        for (found, at) in found.iter().zip(&at) {
            assert!((found - function(*at)).abs() < 1.5 * TOLERANCE, "at {at}: {found}");
        }
    }
}

fn power(context: &mut Context, x: Node, power: f32) -> Node {
    let logarithm = context.ln(x).unwrap();
    let scaled = context.mul(logarithm, power).unwrap();
    context.exp(scaled).unwrap()
}

#[test]
fn curves_are_near_their_functions() {
    check(|context, x| context.sin(x).unwrap(), f32::sin, -3.0, 4.0);
    for exponent in [0.1f32, 1.0 / 2.2, 0.9, 1.1, 2.2, 10.0] {
        check(|context, x| power(context, x, exponent), |x| x.powf(exponent), 0.0, 1.0);
    }
}

#[test]
fn usual_powers_are_polynomials() {
    for exponent in [0.4, 1.0 / 2.2, 1.0 / 1.2, 1.0 / 0.8, 2.2, 5.0] {
        let mut context = Context::new();
        let x = context.x();
        let node = power(&mut context, x, exponent);
        assert!(Polynomial::of(&context, node, 0.0, 1.0).is_some(), "{exponent}");
    }
}

#[test]
fn jumps_and_poles_have_no_curve() {
    let mut context = Context::new();
    let x = context.x();
    let scaled = context.mul(x, 10.3).unwrap();
    let steps = context.floor(scaled).unwrap();
    let pole = context.recip(x).unwrap();
    let domain = Domain { low: 0.0, high: 1.0, count: None };
    for function in [steps, pole] {
        for kind in [Kind::Polynomial, Kind::Table] {
            assert!(Curve::find(&context, function, domain, kind).is_none());
        }
    }
    // Where the values are known beforehand, jumps are no matter.
    let known = Domain { count: Some(256), ..domain };
    let exact = Curve::find(&context, steps, known, Kind::Table).unwrap();
    let mut out = [0.0; 2];
    exact.evaluate(&[100.0 / 255.0, 255.0 / 255.0], &mut out);
    assert_eq!(out, [4.0, 10.0]);
}
