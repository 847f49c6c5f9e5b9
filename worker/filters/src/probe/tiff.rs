//! TIFF: the directory of the first page. (TIFF 6.0, sections 2 and 8.)

use std::io::{Read, Seek};

use super::{Header, Walk};
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::{Refusal, RefusalCode};

/// Bytes of the file's header.
const FILE_HEADER: u64 = 8;
/// Bytes of an entry of a directory.
const ENTRY: usize = 12;

const NEW_SUBFILE_TYPE: u16 = 254;
const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
/// What the samples mean.
pub(crate) const PHOTOMETRIC_INTERPRETATION: u16 = 262;
const ORIENTATION: u16 = 274;
const DNG_VERSION: u16 = 50_706;

/// Reads the first directory.
pub(super) fn header<R: Read + Seek>(walk: &mut Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    let [order, _, _, _, offset @ ..]: [u8; FILE_HEADER as usize] = walk.take()?;
    let order = Order { big: order == b'M' };
    let directory = u64::from(order.long(offset));
    walk.skip(directory.checked_sub(FILE_HEADER).ok_or_else(no_directory)?)?;
    let (mut width, mut height) = (None, None);
    let mut orientation = Orientation::UPRIGHT;
    for _ in 0..order.short(walk.take()?) {
        let entry: [u8; ENTRY] = walk.take()?;
        let (tag, value) = (order.tag(&entry), order.value(&entry));
        match tag {
            IMAGE_WIDTH => width = value,
            IMAGE_LENGTH => height = value,
            ORIENTATION => {
                let value = value.and_then(|value| u16::try_from(value).ok());
                orientation = value.map_or(Orientation::UPRIGHT, Orientation::from_exif_value);
            }
            // The first page of a camera's file is a preview.
            DNG_VERSION => return Err(raw()),
            NEW_SUBFILE_TYPE if value.is_some_and(|value| value & 1 == 1) => return Err(raw()),
            _ => {}
        }
    }
    let (Some(width), Some(height)) = (width, height) else { return Err(no_directory()) };
    limits.check_input(width, height, 1)?;
    Ok(Header { format: Format::Tiff, width, height, frames: 1, orientation, palette: false })
}

/// Where in the file the value of a tag of the first directory stands, and the value, if it is a short number.
pub(crate) fn short_number(file: &[u8], tag: u16) -> Option<(usize, u16)> {
    let order = Order { big: file.first() == Some(&b'M') };
    let directory = order.long(*file.get(4..)?.first_chunk()?) as usize;
    let entries = file.get(directory..)?;
    let count = usize::from(order.short(*entries.first_chunk()?));
    let (entries, _) = entries.get(2..)?.as_chunks::<ENTRY>();
    let index = entries.iter().take(count).position(|entry| order.tag(entry) == tag)?;
    let value = u16::try_from(order.value(&entries[index])?).ok()?;
    Some((directory + 2 + index * ENTRY + 8, value))
}

/// A short number as this file would write it.
pub(crate) fn short_bytes(file: &[u8], value: u16) -> [u8; 2] {
    if file.first() == Some(&b'M') { value.to_be_bytes() } else { value.to_le_bytes() }
}

/// The order of bytes.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn short(self, bytes: [u8; 2]) -> u16 {
        if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn tag(self, &[high, low, ..]: &[u8; ENTRY]) -> u16 {
        self.short([high, low])
    }

    /// The value of an entry that is a whole number; the first one of several that fit.
    fn value(self, &[_, _, t0, t1, _, _, _, _, v0, v1, v2, v3]: &[u8; ENTRY]) -> Option<u32> {
        match self.short([t0, t1]) {
            1 => Some(u32::from(v0)),
            3 => Some(u32::from(self.short([v0, v1]))),
            4 => Some(self.long([v0, v1, v2, v3])),
            _ => None,
        }
    }
}

fn no_directory() -> Refusal {
    Refusal::broken("the TIFF file does not say its size")
}

fn raw() -> Refusal {
    Refusal::new(RefusalCode::UnsupportedFormat, "camera raw files are not read here")
}
