//! Whole forms, with files in a spool: one account of each, in whatever pieces it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| imgfilter_multipart::fuzzing::form(input));
