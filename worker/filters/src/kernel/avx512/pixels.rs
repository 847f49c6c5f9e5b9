//! Between pixels of three bytes and planes of numbers, 64 pixels at a time: three registers of bytes, four registers
//! of numbers for each channel.

use std::arch::x86_64::{
    __m128i, __m512, __m512i, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_cvtps_epi32,
    _mm512_mask_permutexvar_epi8, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_permutex2var_epi8,
    _mm512_set1_ps, _mm512_setzero_ps,
};

use bytemuck::{bytes_of, cast, cast_slice, cast_slice_mut, pod_read_unaligned};

/// Pixels of a round, and bytes of a register.
const LANES: usize = 64;
/// Numbers of a register.
const NUMBERS: usize = 16;

/// Which bytes of the three registers of pixels are blue.
const BLUES: [u64; 3] = [blues(0), blues(1), blues(2)];

/// Splits whole rounds; see [`super::split`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
pub(super) fn split(pixels: &[[u8; 3]], planes: &mut [&mut [f32]; 3]) -> usize {
    let scale = _mm512_set1_ps(1.0 / 255.0);
    let places: [[__m512i; 2]; 3] =
        const { [gathering(0), gathering(1), gathering(2)] }.map(|places| places.map(cast));
    let rounds = pixels.chunks_exact(LANES);
    let done = rounds.len() * LANES;
    for (round, pixels) in rounds.enumerate() {
        let bytes: &[u8] = cast_slice(pixels);
        let [a, b, c]: [__m512i; 3] =
            std::array::from_fn(|index| pod_read_unaligned(&bytes[index * LANES..][..LANES]));
        for (plane, [from_two, from_third]) in planes.iter_mut().zip(places) {
            let some = _mm512_permutex2var_epi8(a, from_two, b);
            let all = _mm512_permutex2var_epi8(some, from_third, c);
            let numbers = &mut plane[round * LANES..][..LANES];
            for (numbers, bytes) in numbers.chunks_exact_mut(NUMBERS).zip(cast::<__m512i, [__m128i; 4]>(all))
            {
                let numbers: &mut [u8] = cast_slice_mut(numbers);
                let number = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)), scale);
                numbers.copy_from_slice(bytes_of(&number));
            }
        }
    }
    done
}

/// Joins whole rounds; see [`super::join`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
pub(super) fn join(planes: [&[f32]; 3], pixels: &mut [[u8; 3]]) -> usize {
    let narrowing = const { [every_fourth(), halves()] }.map(cast);
    let places: [[__m512i; 2]; 3] =
        const { [scattering(0), scattering(1), scattering(2)] }.map(|places| places.map(cast));
    let rounds = pixels.chunks_exact_mut(LANES);
    let done = rounds.len() * LANES;
    for (round, pixels) in rounds.enumerate() {
        let channel = |plane: &[f32]| narrowed(&plane[round * LANES..][..LANES], narrowing);
        let [red, green, blue] = planes.map(channel);
        let bytes: &mut [u8] = pixels.as_flattened_mut();
        for (register, (bytes, [from_two, from_third])) in
            bytes.chunks_exact_mut(LANES).zip(places).enumerate()
        {
            let some = _mm512_permutex2var_epi8(red, from_two, green);
            let all = _mm512_mask_permutexvar_epi8(some, BLUES[register], from_third, blue);
            bytes.copy_from_slice(bytes_of(&all));
        }
    }
    done
}

/// The samples nearest to 64 numbers. The lesser of the sample and NaN is the sample: NaN becomes 0.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
fn narrowed(numbers: &[f32], places: [__m512i; 2]) -> __m512i {
    let (top, zero) = (_mm512_set1_ps(255.0), _mm512_setzero_ps());
    let whole = |index: usize| {
        let number: __m512 = pod_read_unaligned(cast_slice(&numbers[index * NUMBERS..][..NUMBERS]));
        _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(_mm512_mul_ps(number, top), zero), top))
    };
    let [first, second] = places;
    let low = _mm512_permutex2var_epi8(whole(0), first, whole(1));
    let high = _mm512_permutex2var_epi8(whole(2), first, whole(3));
    _mm512_permutex2var_epi8(low, second, high)
}

/// Where 64 samples of a channel are: first in two registers of pixels, or anything; then in what came of that, or
/// in the third register.
const fn gathering(channel: usize) -> [[u8; LANES]; 2] {
    let mut places = [[0; LANES]; 2];
    let mut lane = 0;
    while lane < LANES {
        let source = 3 * lane + channel;
        if source < 2 * LANES {
            places[0][lane] = source as u8;
            places[1][lane] = lane as u8;
        } else {
            places[1][lane] = (source - LANES) as u8;
        }
        lane += 1;
    }
    places
}

/// Where the bytes of register number `register` of the pixels are: first in red and green, or anything; then in blue.
const fn scattering(register: usize) -> [[u8; LANES]; 2] {
    let mut places = [[0; LANES]; 2];
    let mut lane = 0;
    while lane < LANES {
        let byte = register * LANES + lane;
        let (pixel, channel) = ((byte / 3) as u8, byte % 3);
        if channel == 2 {
            places[1][lane] = pixel;
        } else {
            places[0][lane] = pixel + (channel * LANES) as u8;
        }
        lane += 1;
    }
    places
}

/// The bytes of a register of pixels that are blue.
const fn blues(register: usize) -> u64 {
    let mut mask = 0;
    let mut lane = 0;
    while lane < LANES {
        if (register * LANES + lane) % 3 == 2 {
            mask |= 1 << lane;
        }
        lane += 1;
    }
    mask
}

/// The low bytes of the numbers in two registers.
const fn every_fourth() -> [u8; LANES] {
    let mut places = [0; LANES];
    let mut lane = 0;
    while lane < LANES / 2 {
        places[lane] = 4 * lane as u8;
        lane += 1;
    }
    places
}

/// The lower halves of two registers.
const fn halves() -> [u8; LANES] {
    let mut places = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        places[lane] = (lane % 32 + lane / 32 * LANES) as u8;
        lane += 1;
    }
    places
}
