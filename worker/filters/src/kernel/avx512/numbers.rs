//! Tables of 256 numbers in sixteen registers: 16 look-ups take about twenty instructions and no load.

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_castps_si512, _mm512_mask_blend_ps, _mm512_max_ps, _mm512_min_ps,
    _mm512_mul_ps, _mm512_permutex2var_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_sub_ps, _mm512_test_epi32_mask,
};

use bytemuck::{bytes_of, cast, cast_slice, cast_slice_mut, pod_read_unaligned};

use super::super::curve::ROUNDER;

/// Numbers of a register.
const NUMBERS: usize = 16;

/// Looks whole registers of values up; see [`super::numbers`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
pub(super) fn look_up(table: &[f32; 256], low: f32, scale: f32, values: &[f32], out: &mut [f32]) -> usize {
    let table: [[__m512; 2]; 8] = cast(*table);
    let (low, scale, zero) = (_mm512_set1_ps(low), _mm512_set1_ps(scale), _mm512_setzero_ps());
    let (top, rounder) = (_mm512_set1_ps(255.0), _mm512_set1_ps(ROUNDER));
    let bits = [5, 6, 7].map(|bit| _mm512_set1_epi32(1 << bit));
    let registers = values.chunks_exact(NUMBERS);
    let done = registers.len() * NUMBERS;
    for (values, out) in registers.zip(out.chunks_exact_mut(NUMBERS)) {
        let value: __m512 = pod_read_unaligned(cast_slice(values));
        // The greater of NaN and 0 is 0.
        let exact = _mm512_max_ps(_mm512_mul_ps(_mm512_sub_ps(value, low), scale), zero);
        let place = _mm512_castps_si512(_mm512_add_ps(_mm512_min_ps(exact, top), rounder));
        // Five bits of the place choose among two registers, each of the other three between two of what is found.
        let found = table.map(|[first, second]| _mm512_permutex2var_ps(first, place, second));
        let [fifth, sixth, seventh] = bits.map(|bit| _mm512_test_epi32_mask(place, bit));
        let [a, b, c, d] = [0, 2, 4, 6].map(|at| _mm512_mask_blend_ps(fifth, found[at], found[at + 1]));
        let (lower, upper) = (_mm512_mask_blend_ps(sixth, a, b), _mm512_mask_blend_ps(sixth, c, d));
        let number = _mm512_mask_blend_ps(seventh, lower, upper);
        let out: &mut [u8] = cast_slice_mut(out);
        out.copy_from_slice(bytes_of(&number));
    }
    done
}
