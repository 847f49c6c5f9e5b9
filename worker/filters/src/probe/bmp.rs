//! BMP: the two headers. (Microsoft, "Bitmap Header Types"; OS/2's BITMAPCOREHEADER is of 12 bytes.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::{Refusal, RefusalCode};

/// Bytes before the header that says the size.
const FILE_HEADER: u64 = 14;
/// Length of the oldest header, whose sides have 16 bits.
const CORE: u32 = 12;
/// Lengths of the headers that are read here.
const LENGTHS: [u32; 6] = [CORE, 40, 52, 56, 108, 124];
/// Lengths of headers of OS/2's own.
const FOREIGN: [u32; 2] = [16, 64];

/// Whether a file that begins so is a bitmap. Two letters alone begin many a text, so the length of the second header,
/// of which the lower half is seen here, has its say.
pub(super) fn begins(start: &[u8]) -> bool {
    let Some(&[low, 0, ..]) = start.get(14..) else { return false };
    let known = LENGTHS.iter().chain(&FOREIGN).any(|&length| length == u32::from(low));
    start.starts_with(b"BM") && known
}

/// Reads both headers.
pub(super) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    let unsupported =
        |what: &str| Refusal::new(RefusalCode::UnsupportedFormat, format!("{what} is not read here"));
    walk.skip(FILE_HEADER)?;
    let length = u32::from_le_bytes(walk.take()?);
    if !LENGTHS.contains(&length) {
        return Err(unsupported("a BMP header of this kind"));
    }
    let (width, height) = if length == CORE {
        let (width, height) = (u16::from_le_bytes(walk.take()?), u16::from_le_bytes(walk.take()?));
        (i32::from(width), i32::from(height))
    } else {
        (i32::from_le_bytes(walk.take()?), i32::from_le_bytes(walk.take()?))
    };
    // A negative height is that of a picture whose top row comes first.
    let width = u32::try_from(width).map_err(|_| Refusal::broken("the BMP file has a negative width"))?;
    limits.check_input(width, height.unsigned_abs(), 1)?;
    if length > CORE {
        walk.skip(2 + 2)?;
        // 0 to 3 and 6 are plain, two kinds of runs, and bit fields; 4 and 5 are whole JPEG and PNG files.
        if matches!(u32::from_le_bytes(walk.take()?), 4 | 5) {
            return Err(unsupported("BMP with a JPEG or PNG file in it"));
        }
    }
    let (height, orientation) = (height.unsigned_abs(), Orientation::UPRIGHT);
    Ok(Header { format: Format::Bmp, width, height, frames: 1, orientation, palette: false })
}
