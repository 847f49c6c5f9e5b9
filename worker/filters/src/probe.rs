//! What an image is, told from its headers alone.
//!
//! Nothing here takes memory by what a header claims, and no pixel is decoded: a file of a few bytes that claims
//! to be of 65,000 × 65,000 pixels costs as little as any other.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use serde::Serialize;

use crate::format::Format;
use crate::limits::Limits;
use crate::orientation::Orientation;
use crate::refusal::{Refusal, RefusalCode};

mod bmp;
mod gif;
pub(crate) mod jpeg;
mod png;
pub(crate) mod tiff;
pub(crate) mod walk;
mod webp;

use walk::Walk;

/// What is known of an image before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ImageInfo {
    /// The format, by the first bytes.
    pub format: Format,
    /// Width as seen, after the Exif orientation, in pixels.
    pub width: u32,
    /// Height as seen, after the Exif orientation, in pixels.
    pub height: u32,
    /// Frames of an animation; 1 for a still.
    pub frames: u32,
    /// Whether pixels are the numbers of a palette that can be filtered in their place.
    #[serde(skip)]
    pub palette: bool,
}

/// What the headers say, in the picture's stored orientation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub format: Format,
    pub width: u32,
    pub height: u32,
    pub frames: u32,
    pub orientation: Orientation,
    /// Whether pixels are the numbers of a palette that the codec can give new colours.
    pub palette: bool,
}

impl Header {
    /// The header as seen, after the orientation.
    pub fn info(&self) -> ImageInfo {
        let (width, height) = self.orientation.size(self.width, self.height);
        let palette = self.palette && self.orientation == Orientation::UPRIGHT;
        ImageInfo { format: self.format, width, height, frames: self.frames, palette }
    }
}

/// Tells what `bytes` hold.
///
/// # Errors
/// `NotAnImage`, `UnsupportedFormat`, `BrokenImage`, and the codes of a limit that is passed.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, Refusal> {
    read_header(bytes, limits).map(|header| header.info())
}

/// Tells what the file at `path` holds, reading no more of it than needed.
///
/// # Errors
/// As [`probe`]; `Internal` when the file cannot be read.
pub fn probe_file(path: &Path, limits: &Limits) -> Result<ImageInfo, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::internal(format!("the file cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    walk_header(Walk::new(BufReader::new(file), length), limits).map(|header| header.info())
}

/// As [`probe`], with what the decoders need to know beside it.
pub(crate) fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    walk_header(Walk::new(Cursor::new(bytes), bytes.len() as u64), limits)
}

fn walk_header<R: Read + Seek>(mut walk: Walk<R>, limits: &Limits) -> Result<Header, Refusal> {
    match sniff(&walk.start()?)? {
        Format::Jpeg => jpeg::header(&mut walk, limits),
        Format::Png => png::header(&mut walk, limits),
        Format::Gif => gif::header(&mut walk, limits),
        Format::WebP => webp::header(&mut walk, limits),
        Format::Tiff => tiff::header(&mut walk, limits),
        Format::Bmp => bmp::header(&mut walk, limits),
        Format::Avif => Err(Refusal::internal("AVIF is not read")),
    }
}

/// The format of a file that begins with `start`.
fn sniff(start: &[u8]) -> Result<Format, Refusal> {
    if start.starts_with(b"\xff\xd8\xff") {
        return Ok(Format::Jpeg);
    }
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a") {
        return Ok(Format::Gif);
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Ok(Format::WebP);
    }
    if start.starts_with(b"II*\0") || start.starts_with(b"MM\0*") {
        return Ok(Format::Tiff);
    }
    if bmp::begins(start) {
        return Ok(Format::Bmp);
    }
    Err(match foreign_format(start) {
        Some(name) => {
            Refusal::new(RefusalCode::UnsupportedFormat, format!("{name} images are not read here"))
        }
        None => Refusal::new(RefusalCode::NotAnImage, "the file is not an image of a known format"),
    })
}

/// The name of an image format that we know by its first bytes but do not read.
fn foreign_format(start: &[u8]) -> Option<&'static str> {
    const BY_MAGIC: [(&[u8], &str); 8] = [
        (b"II+\0", "BigTIFF"),
        (b"MM\0+", "BigTIFF"),
        (b"8BPS", "Photoshop"),
        (b"\0\0\x01\0", "icon"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"qoif", "QOI"),
    ];
    if start.get(4..8) == Some(b"ftyp") {
        return Some(match start.get(8..12) {
            Some(b"avif" | b"avis") => "AVIF",
            Some(b"heic" | b"heix" | b"mif1" | b"msf1" | b"hevc") => "HEIF",
            _ => return None,
        });
    }
    BY_MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> RefusalCode {
        probe(bytes, &Limits::default()).unwrap_err().code
    }

    #[test]
    fn what_is_no_image_is_told_from_what_is_not_read() {
        assert_eq!(code(b""), RefusalCode::NotAnImage);
        assert_eq!(code(b"hello, this is a text"), RefusalCode::NotAnImage);
        assert_eq!(code(b"\0\0\0\x20ftypisom"), RefusalCode::NotAnImage);
        assert_eq!(code(b"\0\0\0\x20ftypavif"), RefusalCode::UnsupportedFormat);
        assert_eq!(code(b"BM and so on, as a text"), RefusalCode::NotAnImage);
        assert_eq!(code(b"II+\0\x08\0\0\0"), RefusalCode::UnsupportedFormat);
        assert_eq!(code(b"II*\0"), RefusalCode::BrokenImage);
        assert_eq!(code(b"\xff\xd8\xff"), RefusalCode::BrokenImage);
        assert_eq!(code(b"RIFF\0\0\0\0WEBP"), RefusalCode::BrokenImage);
    }
}
