//! Header lines, Content-Disposition and Content-Type.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| imgfilter_multipart::fuzzing::header(input));
