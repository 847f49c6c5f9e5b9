//! JPEG: the segments before the first scan, and whether the scans come to an end.
//! (ITU-T T.81, annex B; Exif 2.32, 4.7.2.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::{Refusal, RefusalCode};

/// Stray bytes between two segments that are passed over, as other readers do, before a file counts as broken.
const STRAY_BYTES: usize = 64 * 1024;

const TEM: u8 = 0x01;
const RST0: u8 = 0xd0;
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP1: u8 = 0xe1;

/// Reads the segments up to the first scan.
pub(crate) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    walk.skip(2)?;
    let mut size = None;
    let mut orientation = None;
    loop {
        let marker = next_marker(walk)?;
        match marker {
            TEM | RST0..=SOI => continue,
            EOI => return Err(Refusal::broken("the JPEG file ends before its picture begins")),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(walk.take()?));
        let length = length.checked_sub(2).ok_or_else(|| Refusal::broken("a JPEG segment has no length"))?;
        match marker {
            SOS => break,
            // 0xc4 is a Huffman table, 0xc8 is reserved, 0xcc sets up arithmetic coding.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let frame = frame_header(marker, &walk.block(length)?)?;
                limits.check_input(frame.0, frame.1, 1)?;
                size = size.or(Some(frame));
            }
            APP1 => {
                let segment = walk.block(length)?;
                let exif = segment.strip_prefix(b"Exif\0\0").map(Orientation::from_exif);
                orientation = orientation.or(exif);
            }
            _ => walk.skip(length as u64)?,
        }
    }
    let (width, height) = size.ok_or_else(|| Refusal::broken("the JPEG file has no frame header"))?;
    let orientation = orientation.unwrap_or_default();
    Ok(Header { format: Format::Jpeg, width, height, frames: 1, orientation, palette: false })
}

/// The next marker's second byte; fill bytes and strays are passed over.
fn next_marker<R: Read + Seek>(walk: &mut Walk<R>) -> Result<u8, Refusal> {
    let mut previous = 0;
    for _ in 0..STRAY_BYTES {
        let byte = walk.byte()?;
        if previous == 0xff && byte != 0xff && byte != 0 {
            return Ok(byte);
        }
        previous = byte;
    }
    Err(Refusal::broken("the JPEG file has no marker where one must be"))
}

/// Width and height of a frame header, if it is of a kind that is read here.
fn frame_header(marker: u8, segment: &[u8]) -> Result<(u32, u32), Refusal> {
    let unsupported =
        |what: &str| Refusal::new(RefusalCode::UnsupportedFormat, format!("{what} is not read here"));
    if !matches!(marker, 0xc0..=0xc2) {
        return Err(unsupported("lossless or arithmetic JPEG"));
    }
    let &[precision, h1, h0, w1, w0, components, ..] = segment else {
        return Err(Refusal::broken("the JPEG frame header is cut short"));
    };
    if precision != 8 {
        return Err(unsupported("JPEG of more than 8 bits"));
    }
    if !matches!(components, 1 | 3 | 4) {
        return Err(unsupported("JPEG of other than 1, 3 or 4 components"));
    }
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if height == 0 {
        return Err(unsupported("JPEG with its height at the end"));
    }
    Ok((u32::from(width), u32::from(height)))
}

/// Whether the picture in `jpeg` reaches its end-of-image marker; a file that was cut does not.
///
/// Scans are passed by looking for the next marker: within coded data 0xff is followed by 0 or a restart.
pub(crate) fn is_complete(jpeg: &[u8]) -> bool {
    let mut at = 2;
    let mut in_scan = false;
    while let Some(offset) = jpeg.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
        at += offset + 1;
        let Some(&marker) = jpeg.get(at) else { return false };
        match marker {
            0xff => {}
            0 | TEM | RST0..=SOI => at += 1,
            EOI => return in_scan,
            _ => {
                let Some(length) = jpeg.get(at + 1..at + 3) else { return false };
                in_scan |= marker == SOS;
                at += 1 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
        }
    }
    false
}
