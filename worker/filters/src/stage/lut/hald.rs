//! Hald CLUTs: colour tables as pictures.
//!
//! A table of level n is a square of n³ pixels a side, which hold, row by row, a cube of n² entries a side with red
//! changing fastest: Eskil Steenberg's format, <https://www.quelsolaar.com/technology/clut.html>.

use super::table::{Node, Shape, Table};
use crate::codec;
use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::limits::Limits;
use crate::probe::Header;

/// Levels that are read: cubes of 4 to 64 entries a side, 4 MiB at most.
const LEVELS: std::ops::RangeInclusive<u32> = 2..=8;

/// Reads the table out of the bytes of a PNG file, of 8 or 16 bits.
///
/// # Errors
/// Why it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Table, String> {
    let limits = Limits::default();
    let context =
        Context { deadline: None, cancel: None, threads: 1, limits, frame_index: 0, keeps_profile: false };
    let (header, mut decoder) = codec::open(bytes, &limits).map_err(|refusal| refusal.detail)?;
    let level = level(&header)?;
    match decoder.next(&context) {
        Ok(Some(timed)) => Ok(table(&timed.frame, level)),
        Ok(None) => Err("it has no frames".to_owned()),
        Err(refusal) => Err(refusal.detail),
    }
}

/// The level that a size tells, before anything is decoded.
fn level(header: &Header) -> Result<u32, String> {
    let (width, height) = (header.width, header.height);
    let known = LEVELS.into_iter().find(|level| level.pow(3) == width && width == height);
    known.ok_or_else(|| {
        let sides: Vec<String> = LEVELS.map(|level| level.pow(3).to_string()).collect();
        format!("a Hald CLUT is a square of {} pixels a side, not {width} × {height}", sides.join(", "))
    })
}

fn table(frame: &Frame, level: u32) -> Table {
    let channels = frame.channels();
    let nodes = match &frame.samples {
        Samples::U8(samples) => nodes(samples, channels, f32::from(u8::MAX)),
        Samples::U16(samples) => nodes(samples, channels, f32::from(u16::MAX)),
    };
    Table { shape: Shape::Cube, size: (level * level) as usize, domain: [[0.0; 3], [1.0; 3]], nodes }
}

fn nodes<T: Copy + Into<f32>>(samples: &[T], channels: usize, white: f32) -> Vec<Node> {
    let node = |pixel: &[T]| match *pixel {
        [red, green, blue, ..] => [red.into() / white, green.into() / white, blue.into() / white, 0.0],
        _ => [0.0; 4],
    };
    samples.chunks_exact(channels).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Plays, TimedFrame, create};
    use crate::encoding::Encoding;
    use crate::format::Format;

    fn png(frame: Frame) -> Vec<u8> {
        let mut encoder = create(&Encoding::default().settings(Format::Png, None), 1, Plays::Times(1));
        encoder.push(TimedFrame { frame, delay_ms: 0 }, &Context::unlimited(1)).unwrap();
        encoder.finish().unwrap()
    }

    /// The identity of a level, in 16 bits.
    fn identity(level: u32, alpha: bool) -> Frame {
        let (side, size) = (level.pow(3), level * level);
        let at = |index: u32| (index % size * 65_535 / (size - 1)) as u16;
        let pixel = |index: u32| [at(index), at(index / size), at(index / size / size), 500];
        let channels = if alpha { 4 } else { 3 };
        let samples = (0..side * side).flat_map(|index| pixel(index).into_iter().take(channels)).collect();
        Frame::from_u16(side, side, alpha, samples).unwrap()
    }

    #[test]
    fn the_level_comes_from_the_size_and_red_changes_fastest() {
        for (level, alpha) in [(2, false), (3, true), (4, false)] {
            let size = (level * level) as usize;
            let table = read(&png(identity(level, alpha))).unwrap();
            assert_eq!((table.size, table.nodes.len()), (size, size.pow(3)));
            assert_eq!(table.nodes[size - 1], [1.0, 0.0, 0.0, 0.0]);
            assert_eq!(table.nodes[size * (size - 1)], [0.0, 1.0, 0.0, 0.0]);
            assert_eq!(table.nodes[size * size * (size - 1)], [0.0, 0.0, 1.0, 0.0]);
            assert!((table.nodes[1][0] - 1.0 / (size - 1) as f32).abs() < 1e-4);
            let narrow = read(&png(identity(level, alpha).narrowed())).unwrap();
            let apart = |(a, b): (&Node, &Node)| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.5 / 254.0);
            assert!(narrow.nodes.iter().zip(&table.nodes).all(apart));
        }
    }

    #[test]
    fn other_pictures_are_none() {
        let plain = |width, height| {
            png(Frame::from_u8(width, height, false, vec![7; (width * height * 3) as usize]).unwrap())
        };
        // The last is of level 9.
        for size in [(1, 1), (8, 27), (100, 100), (729, 729)] {
            let reason = read(&plain(size.0, size.1)).unwrap_err();
            assert!(reason.contains("8, 27, 64, 125, 216, 343, 512 pixels"), "{reason}");
        }
        let whole = png(identity(4, false));
        assert!(read(&whole[..whole.len() / 2]).is_err());
        assert!(read(b"\x89PNG").is_err());
    }
}
