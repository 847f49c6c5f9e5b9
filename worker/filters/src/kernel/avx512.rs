//! What compilers do not find: permutations of whole registers as look-ups, on processors with AVX-512 VBMI.
//!
//! Every function does what its portable counterpart does, bit for bit, and says how many pixels or samples it did;
//! the counterpart does the rest. Other processors get 0.

use super::curve::segments::Segments;

#[cfg(target_arch = "x86_64")]
mod bytes;
#[cfg(target_arch = "x86_64")]
mod cubics;
#[cfg(target_arch = "x86_64")]
mod numbers;
#[cfg(target_arch = "x86_64")]
mod pixels;

/// Whether the processor has what is used here.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_there() -> bool {
    use std::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512dq") && has!("avx512vbmi")
}

/// Whether the processor has what is used here.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_there() -> bool {
    false
}

/// Replaces samples of interleaved pixels of `N` (3 or 4) samples, each by its channel's table.
pub(super) fn replace<const N: usize>(tables: [&[u8; 256]; N], samples: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_there() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { bytes::replace(tables, samples) };
    }
    let _ = (tables, samples);
    0
}

/// Splits pixels of three bytes into planes of numbers from 0 to 1.
pub(super) fn split(pixels: &[[u8; 3]], planes: &mut [&mut [f32]; 3]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_there() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { pixels::split(pixels, planes) };
    }
    let _ = (pixels, planes);
    0
}

/// Joins planes of numbers into pixels of three bytes.
pub(super) fn join(planes: [&[f32]; 3], pixels: &mut [[u8; 3]]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_there() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { pixels::join(planes, pixels) };
    }
    let _ = (planes, pixels);
    0
}

/// Evaluates cubics in segments.
pub(super) fn segments(segments: &Segments, values: &[f32], out: &mut [f32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_there() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { cubics::evaluate(segments, values, out) };
    }
    let _ = (segments, values, out);
    0
}

/// Looks values up in a table of 256 numbers, `scale` of them in a unit, the first at `low`; the nearest holds.
pub(super) fn numbers(table: &[f32; 256], low: f32, scale: f32, values: &[f32], out: &mut [f32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_there() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { numbers::look_up(table, low, scale, values, out) };
    }
    let _ = (table, low, scale, values, out);
    0
}
