//! GIF: every block, because nothing but the blocks says how many frames there are. (GIF89a, sections 18 to 27.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::Refusal;

/// Walks through all blocks, counting the frames.
pub(super) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    walk.skip(6)?;
    let [w0, w1, h0, h1, flags, _, _] = walk.take()?;
    let (width, height) = (u32::from(u16::from_le_bytes([w0, w1])), u32::from(u16::from_le_bytes([h0, h1])));
    limits.check_input(width, height, 1)?;
    skip_colour_table(walk, flags)?;
    let mut frames = 0;
    loop {
        match walk.byte()? {
            b'!' => {
                walk.skip(1)?;
                skip_sub_blocks(walk)?;
            }
            b',' => {
                let [.., w0, w1, h0, h1, flags]: [u8; 9] = walk.take()?;
                let (part_width, part_height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
                // A frame may be larger than the canvas, and is unpacked before it is clipped.
                if part_width > 0 && part_height > 0 {
                    limits.check_input(u32::from(part_width), u32::from(part_height), 1)?;
                }
                skip_colour_table(walk, flags)?;
                walk.skip(1)?;
                skip_sub_blocks(walk)?;
                frames += 1;
                limits.check_input(width, height, frames)?;
            }
            b';' => break,
            _ => return Err(Refusal::broken("the GIF file has an unknown block")),
        }
    }
    if frames == 0 {
        return Err(Refusal::broken("the GIF file has no frame"));
    }
    let orientation = Orientation::UPRIGHT;
    Ok(Header { format: Format::Gif, width, height, frames, orientation, palette: true })
}

fn skip_colour_table<R: Read + Seek>(walk: &mut Walk<R>, flags: u8) -> Result<(), Refusal> {
    if flags & 0x80 == 0 { Ok(()) } else { walk.skip(3 << ((flags & 7) + 1)) }
}

fn skip_sub_blocks<R: Read + Seek>(walk: &mut Walk<R>) -> Result<(), Refusal> {
    loop {
        match walk.byte()? {
            0 => return Ok(()),
            length => walk.skip(u64::from(length))?,
        }
    }
}
