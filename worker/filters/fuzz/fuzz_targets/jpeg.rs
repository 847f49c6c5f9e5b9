//! JPEG files: decoded or refused, within the limits and the time.
#![no_main]

use imgfilter_filters::{Format, fuzzing};

libfuzzer_sys::fuzz_target!(|file: &[u8]| fuzzing::image(Format::Jpeg, file));
