//! The chunks of a WebP file. (RFC 9649, section 2.)

use crate::frame::Frame;

/// Features that the first chunk announces.
pub(super) const ALPHA: u8 = 0x10;
pub(super) const ANIMATION: u8 = 0x02;
const PROFILE: u8 = 0x20;

/// A still that libwebp made, with a colour profile.
pub(super) fn with_profile(file: &[u8], profile: &[u8], frame: &Frame) -> Vec<u8> {
    let mut body = Vec::with_capacity(file.len());
    for (kind, chunk) in chunks(file).filter(|(kind, _)| matches!(*kind, b"ALPH" | b"VP8 " | b"VP8L")) {
        write_chunk(&mut body, kind, chunk);
    }
    file_of(frame.size(), if frame.alpha { ALPHA } else { 0 }, Some(profile), &body)
}

/// A file of chunks, after those that announce them.
pub(super) fn file_of(
    (width, height): (u32, u32),
    features: u8,
    profile: Option<&[u8]>,
    chunks: &[u8],
) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    let mut announced = vec![features | profile.map_or(0, |_| PROFILE), 0, 0, 0];
    announced.extend(uint24(width - 1));
    announced.extend(uint24(height - 1));
    write_chunk(&mut body, b"VP8X", &announced);
    if let Some(profile) = profile {
        write_chunk(&mut body, b"ICCP", profile);
    }
    body.extend(chunks);
    let mut file = Vec::with_capacity(body.len() + 8);
    write_chunk(&mut file, b"RIFF", &body);
    file
}

/// A number of 24 bits.
pub(super) fn uint24(value: u32) -> [u8; 3] {
    let [low, middle, high, _] = value.to_le_bytes();
    [low, middle, high]
}

/// Adds a chunk.
pub(super) fn write_chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend(kind);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    if data.len() % 2 == 1 {
        file.push(0);
    }
}

/// The chunks of a WebP file that libwebp made.
pub(super) fn chunks(file: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = file.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let data = after.get(..length)?;
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some((kind, data))
    })
}
