//! Cubics whose coefficients are picked from registers.

use std::arch::x86_64::{
    __m512, _mm512_castps_si512, _mm512_fmadd_ps, _mm512_max_epi32, _mm512_max_ps, _mm512_min_ps,
    _mm512_permutex2var_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_srlv_epi32,
};

use bytemuck::{cast, cast_slice, cast_slice_mut, pod_read_unaligned};

use super::super::curve::segments::{ALMOST_ONE, Segments};

/// Numbers of a register.
const NUMBERS: usize = 16;

/// Evaluates for whole registers of values; see [`super::segments`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
pub(super) fn evaluate(segments: &Segments, values: &[f32], out: &mut [f32]) -> usize {
    let tables: [[__m512; 2]; 4] = segments.coefficients.map(cast);
    let (zero, top) = (_mm512_setzero_ps(), _mm512_set1_ps(ALMOST_ONE));
    let (shift, first) = (_mm512_set1_epi32(segments.shift as i32), _mm512_set1_epi32(segments.first as i32));
    let registers = values.chunks_exact(NUMBERS);
    let done = registers.len() * NUMBERS;
    for (values, out) in registers.zip(out.chunks_exact_mut(NUMBERS)) {
        let value: __m512 = pod_read_unaligned(cast_slice(values));
        // The greater of NaN and 0 is 0.
        let value = _mm512_min_ps(_mm512_max_ps(value, zero), top);
        let place = _mm512_max_epi32(_mm512_srlv_epi32(_mm512_castps_si512(value), shift), first);
        let [constant, linear, square, cube] =
            tables.map(|[low, high]| _mm512_permutex2var_ps(low, place, high));
        let sum = _mm512_fmadd_ps(cube, value, square);
        let sum = _mm512_fmadd_ps(sum, value, linear);
        let sum = _mm512_fmadd_ps(sum, value, constant);
        let out: &mut [u8] = cast_slice_mut(out);
        out.copy_from_slice(bytemuck::bytes_of(&sum));
    }
    done
}
