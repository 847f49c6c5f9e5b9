//! The grammar of chains: any text is refused with its place or has one spelling.
#![no_main]

libfuzzer_sys::fuzz_target!(|chain: &str| imgfilter_filters::fuzzing::chain(chain));
