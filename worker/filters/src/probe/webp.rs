//! WebP: the RIFF chunks, and within them the size that each bitstream says of itself, because a decoder takes
//! memory by that one and not by the canvas. (RFC 9649.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::Refusal;

/// Longest Exif block that is looked into, in bytes.
const LONGEST_EXIF: u64 = 1 << 20;

/// Walks through the chunks, counting the frames.
pub(super) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    walk.skip(4)?;
    let riff = u64::from(u32::from_le_bytes(walk.take()?));
    walk.skip(4)?;
    // The size counts from behind itself, so with the 4 bytes of "WEBP".
    let end = walk.left().checked_sub(riff.saturating_sub(4)).ok_or_else(cut)?;
    let (length, kind) = chunk(walk)?;
    let upright = Orientation::UPRIGHT;
    if &kind != b"VP8X" {
        let (width, height) = bitstream_size(walk, &kind)?.ok_or_else(no_picture)?;
        limits.check_input(width, height, 1)?;
        if padded(length) > walk.left() + consumed(&kind) {
            return Err(cut());
        }
        return Ok(Header {
            format: Format::WebP,
            width,
            height,
            frames: 1,
            orientation: upright,
            palette: false,
        });
    }
    let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = walk.take()?;
    walk.skip(padded(length).saturating_sub(10))?;
    let (width, height) = (uint24([w0, w1, w2]) + 1, uint24([h0, h1, h2]) + 1);
    limits.check_input(width, height, 1)?;
    let mut extended =
        Extended { width, height, animated: flags & 2 != 0, pictures: 0, orientation: upright };
    while walk.left() >= end + 8 {
        extended.chunk(walk, limits)?;
    }
    if extended.pictures == 0 {
        return Err(no_picture());
    }
    let Extended { pictures: frames, orientation, .. } = extended;
    Ok(Header { format: Format::WebP, width, height, frames, orientation, palette: false })
}

/// What was seen of an extended file.
struct Extended {
    width: u32,
    height: u32,
    animated: bool,
    pictures: u32,
    orientation: Orientation,
}

impl Extended {
    fn chunk<R: Read + Seek>(&mut self, walk: &mut Walk<R>, limits: &Limits) -> Result<(), Refusal> {
        let (length, kind) = chunk(walk)?;
        let left = walk.left().checked_sub(length).ok_or_else(cut)?;
        match &kind {
            b"ANMF" if self.animated => {
                self.animation_frame(walk, left)?;
                self.pictures += 1;
                limits.check_input(self.width, self.height, self.pictures)?;
            }
            b"VP8 " | b"VP8L" if !self.animated => {
                let size = bitstream_size(walk, &kind)?;
                if size != Some((self.width, self.height)) {
                    return Err(Refusal::broken("the picture is not of the size of its canvas"));
                }
                self.pictures = 1;
            }
            b"EXIF" if length <= LONGEST_EXIF => {
                let block = walk.block(length as usize)?;
                // Some writers keep the six bytes that stand before Exif data in a JPEG file.
                let exif = block.strip_prefix(b"Exif\0\0").unwrap_or(&block);
                self.orientation = Orientation::from_exif(exif);
            }
            _ => {}
        }
        let rest = walk.left().checked_sub(left).ok_or_else(cut)?;
        walk.skip((rest + length % 2).min(walk.left()))
    }

    /// Looks into a frame that ends where `end` bytes are left.
    fn animation_frame<R: Read + Seek>(&self, walk: &mut Walk<R>, end: u64) -> Result<(), Refusal> {
        let [x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, ..]: [u8; 16] = walk.take()?;
        let (width, height) = (uint24([w0, w1, w2]) + 1, uint24([h0, h1, h2]) + 1);
        let (x, y) = (2 * uint24([x0, x1, x2]), 2 * uint24([y0, y1, y2]));
        if x + width > self.width || y + height > self.height {
            return Err(Refusal::broken("a frame lies outside of the canvas"));
        }
        while walk.left() >= end + 8 {
            let (length, kind) = chunk(walk)?;
            let left = walk.left().checked_sub(length).ok_or_else(cut)?;
            if let Some(size) = bitstream_size(walk, &kind)? {
                let fits = size == (width, height);
                return if fits { Ok(()) } else { Err(Refusal::broken("a frame is not of its own size")) };
            }
            let rest = walk.left().checked_sub(left).ok_or_else(cut)?;
            walk.skip(rest + length % 2)?;
        }
        Err(no_picture())
    }
}

/// The size that a lossy or lossless bitstream begins with; `None` for another kind of chunk.
fn bitstream_size<R: Read + Seek>(walk: &mut Walk<R>, kind: &[u8; 4]) -> Result<Option<(u32, u32)>, Refusal> {
    match kind {
        b"VP8 " => {
            let [_, _, _, s0, s1, s2, w0, w1, h0, h1] = walk.take()?;
            if [s0, s1, s2] != [0x9d, 0x01, 0x2a] {
                return Err(no_picture());
            }
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Ok(Some((side(w0, w1), side(h0, h1))))
        }
        b"VP8L" => {
            let [signature, b0, b1, b2, b3] = walk.take()?;
            if signature != 0x2f {
                return Err(no_picture());
            }
            let sizes = u32::from_le_bytes([b0, b1, b2, b3]);
            Ok(Some(((sizes & 0x3fff) + 1, ((sizes >> 14) & 0x3fff) + 1)))
        }
        _ => Ok(None),
    }
}

/// Bytes that [`bitstream_size`] takes from a chunk of this kind.
fn consumed(kind: &[u8; 4]) -> u64 {
    match kind {
        b"VP8 " => 10,
        b"VP8L" => 5,
        _ => 0,
    }
}

/// Length and type of the next chunk; its data follow.
fn chunk<R: Read + Seek>(walk: &mut Walk<R>) -> Result<(u64, [u8; 4]), Refusal> {
    let kind = walk.take()?;
    Ok((u64::from(u32::from_le_bytes(walk.take()?)), kind))
}

/// Chunks are of an even number of bytes.
fn padded(length: u64) -> u64 {
    length + length % 2
}

fn uint24([low, middle, high]: [u8; 3]) -> u32 {
    u32::from_le_bytes([low, middle, high, 0])
}

fn cut() -> Refusal {
    Refusal::broken("the WebP file ends too early")
}

fn no_picture() -> Refusal {
    Refusal::broken("the WebP file has no picture")
}
