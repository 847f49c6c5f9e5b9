//! Chains that keep to every limit and are made to hurt: they are planned in time and on a small stack.

use std::time::{Duration, Instant};

use super::*;
use crate::chain::check;
use crate::equation::Program;
use crate::estimate::estimate;
use crate::format::Format;
use crate::kernel::Means;
use crate::limits::ChainLimits;
use crate::probe::ImageInfo;

/// The stack of a thread in Rust, and what the deepest of ours have.
const STACK: usize = 2 << 20;
/// Far more than any of them takes, even without optimisation, and far less than what has no bound.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `work` on a small stack; it must end in time.
fn small_and_quick(name: &str, work: impl FnOnce() + Send) {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap();
    });
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
}

/// Plans a chain by all means and by the plainest, as for a photograph.
fn plans(name: &str, text: &str) {
    small_and_quick(name, || {
        let chain = check(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
        let image = ImageInfo { format: Format::Png, width: 640, height: 480, frames: 1, palette: false };
        estimate(&chain, &image, &Format::Png.into(), &Limits::default()).unwrap();
        for all in [true, false] {
            let shape = Shape { size: (640, 480), alpha: true, wide: all };
            let means = move |_| Means { tables: all, functions: all, sums: all, jit: all };
            Plan::with_means(chain.links(), shape, all, &Limits::default(), means).unwrap();
        }
    });
}

/// As many bindings as a chain may have, each of the one before: `step` has `#` for it.
fn bindings(step: &str, last: &str) -> String {
    let text = |count: usize| {
        let lines: String = (1..=count)
            .map(|index| format!(",v{index}={}", step.replace('#', &format!("v{}", index - 1))))
            .collect();
        format!("equation(v0=r+g{lines},r={})", last.replace('#', &format!("v{count}")))
    };
    let counts: Vec<usize> = (1..1024).collect();
    let most = counts.partition_point(|count| check(&text(*count)).is_ok());
    assert!(most >= 40, "{step}: {most} bindings are few");
    text(most)
}

#[test]
fn what_is_shared_is_not_computed_again_and_again() {
    for (name, step) in [
        ("squares", "#*#"),
        ("sums", "#+(#-g)"),
        ("differences", "#-(g-#)"),
        ("halves", "0.5*#+0.5*(#-b)"),
        ("products", "#*(#-g)"),
        ("fractions", "#/(#+1)"),
        ("choices", "#>g?#-b:#+b"),
        ("clamped sums", "clamp(#+(#-g))"),
    ] {
        plans(name, &bindings(step, "#"));
    }
}

#[test]
fn what_is_long_or_deep_does_not_eat_the_stack() {
    for (name, step) in [
        ("clamps", "min(2*#-x,1)"),
        ("clamps of two", "clamp(#+b-y)"),
        ("roots", "sqrt(#+x)"),
        ("roots of one", "sqrt(#)"),
        ("waves", "sin(#*9)"),
        ("powers", "#^1.1"),
        ("logarithms of two", "log(#+y+2)"),
    ] {
        plans(name, &bindings(step, "#"));
        plans(name, &bindings(step, "sqrt(#+b)"));
    }
    let long = |sign: &str| format!("equation(r=g{})", format!("{sign}b").repeat(511));
    for sign in ["+", "-", "*", "/", "<", "||"] {
        plans(sign, &long(sign));
    }
    for chain in ["sepia|", "hue(10)|", "vignette|", "equation(r=sqrt(g+x),g=b^r)|"] {
        plans(chain, chain.repeat(64).trim_end_matches('|'));
    }
    plans("temperature", "temperature(9000)|".repeat(64).trim_end_matches('|'));
}

#[test]
fn depth_is_refused_before_it_is_walked() {
    small_and_quick("depth", || {
        let limits = ChainLimits {
            max_equation_length: 60_000,
            max_equation_depth: 256,
            max_equation_operations: 4096,
            ..ChainLimits::default()
        };
        for (open, close) in
            [("(", ")"), ("-", ""), ("+", ""), ("!", ""), ("abs(", ")"), ("r^", ""), ("r?r:", "")]
        {
            // The expression itself is the first level; a condition has two.
            let source = |depth: usize| format!("r = {}g{}", open.repeat(depth), close.repeat(depth));
            assert!(Program::parse_within(&source(255), &limits).is_ok(), "{open}");
            for depth in [256, 10_000] {
                let error = Program::parse_within(&source(depth), &limits).unwrap_err();
                let code = error.passed.map(|passed| passed.code);
                assert_eq!(code, Some(crate::RefusalCode::EquationTooDeep), "{open} {depth}");
            }
        }
    });
}
