//! PNG: the chunks before the picture's data. (Portable Network Graphics, third edition, section 5.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::{Refusal, RefusalCode};

/// Chunks before the data; a file with more of them is made to keep us busy.
const MOST_CHUNKS: usize = 4_096;
/// The colour type of pixels that are the numbers of a palette.
const INDEXED: u8 = 3;
/// Longest Exif block that is looked into, in bytes.
const LONGEST_EXIF: u32 = 1 << 20;

/// Reads the chunks up to the picture's data.
pub(super) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    walk.skip(8)?;
    let (length, kind) = chunk(walk)?;
    if &kind != b"IHDR" || length != 13 {
        return Err(Refusal::broken("the PNG file does not begin with its header"));
    }
    let (width, height) = (u32::from_be_bytes(walk.take()?), u32::from_be_bytes(walk.take()?));
    limits.check_input(width, height, 1)?;
    let [_depth, colour, ..]: [u8; 5] = walk.take()?;
    walk.skip(4)?;
    let (orientation, palette) = (Orientation::UPRIGHT, colour == INDEXED);
    let mut header = Header { format: Format::Png, width, height, frames: 1, orientation, palette };
    for _ in 0..MOST_CHUNKS {
        let (length, kind) = chunk(walk)?;
        match &kind {
            b"IDAT" => {
                limits.check_input(width, height, header.frames)?;
                return if header.frames == 1 { Ok(header) } else { Err(animated()) };
            }
            b"IEND" => return Err(Refusal::broken("the PNG file has no picture")),
            b"acTL" if length == 8 => {
                header.frames = u32::from_be_bytes(walk.take()?).max(1);
                walk.skip(4 + 4)?;
            }
            b"eXIf" if length <= LONGEST_EXIF => {
                header.orientation = Orientation::from_exif(&walk.block(length as usize)?);
                walk.skip(4)?;
            }
            _ => walk.skip(u64::from(length) + 4)?,
        }
    }
    Err(Refusal::broken("the PNG file has too many chunks before its picture"))
}

/// An animated PNG is refused: to show its first frame alone would be to lose the others without a word.
fn animated() -> Refusal {
    Refusal::new(RefusalCode::AnimationNotSupported, "animated PNG images are not read here")
}

/// Length and type of the next chunk; its data and its checksum (4 bytes) follow.
fn chunk<R: Read + Seek>(walk: &mut Walk<R>) -> Result<(u32, [u8; 4]), Refusal> {
    let length = u32::from_be_bytes(walk.take()?);
    Ok((length, walk.take()?))
}
