//! Tables of 256 bytes in four registers each: 64 look-ups take three instructions.

use std::arch::x86_64::{
    __m512i, _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_permutex2var_epi8, _mm512_setzero_si512,
};

use bytemuck::{bytes_of, pod_read_unaligned};

/// Bytes of a register.
const LANES: usize = 64;

/// A table, and the samples of each of `N` registers in a row that it is for.
#[derive(Clone, Copy)]
struct Share<const N: usize> {
    quarters: [__m512i; 4],
    masks: [u64; N],
}

/// Replaces the samples of whole registers; see [`super::replace`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
pub(super) fn replace<const N: usize>(tables: [&[u8; 256]; N], samples: &mut [u8]) -> usize {
    let empty = Share { quarters: [_mm512_setzero_si512(); 4], masks: [0; N] };
    let mut shares = [empty; N];
    for (channel, table) in tables.into_iter().enumerate() {
        // Channels of the same table share one look-up.
        let first = tables.iter().position(|other| *other == table).unwrap_or(channel);
        let share = &mut shares[first];
        share.quarters =
            std::array::from_fn(|quarter| pod_read_unaligned(&table[quarter * LANES..][..LANES]));
        for (register, mask) in share.masks.iter_mut().enumerate() {
            *mask |= lanes_of(channel, register, N);
        }
    }
    let mut used = shares.iter().copied().filter(|share| share.masks != [0; N]);
    let Some(first) = used.next() else { return 0 };
    let others: Vec<Share<N>> = used.collect();
    let mut done = 0;
    for run in samples.chunks_exact_mut(LANES * N) {
        for (register, bytes) in run.chunks_exact_mut(LANES).enumerate() {
            let read: __m512i = pod_read_unaligned(bytes);
            let mut found = look_up(&first.quarters, read);
            for share in &others {
                found = _mm512_mask_blend_epi8(share.masks[register], found, look_up(&share.quarters, read));
            }
            bytes.copy_from_slice(bytes_of(&found));
        }
        done += LANES * N;
    }
    done
}

/// The bytes of a table at 64 places.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
fn look_up(quarters: &[__m512i; 4], places: __m512i) -> __m512i {
    let [first, second, third, fourth] = *quarters;
    let low = _mm512_permutex2var_epi8(first, places, second);
    let high = _mm512_permutex2var_epi8(third, places, fourth);
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(places), low, high)
}

/// The bytes of register number `register` that belong to `channel` of pixels of `samples` bytes.
fn lanes_of(channel: usize, register: usize, samples: usize) -> u64 {
    (0..LANES).filter(|lane| (register * LANES + lane) % samples == channel).map(|lane| 1u64 << lane).sum()
}
