//! Multipart bodies: split in the same way, or refused, in whatever pieces they arrive.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| imgfilter_multipart::fuzzing::body(input));
