//! Equations: every way of computing one agrees with a plain evaluation.
#![no_main]

libfuzzer_sys::fuzz_target!(|equations: &str| imgfilter_filters::fuzzing::equation(equations));
