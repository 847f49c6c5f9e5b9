//! GIF, read and written by the gif crate; frames are put on their canvas and quantised here, or given new palettes.

mod decode;
mod encode;
mod recolour;

pub(super) use decode::Decoder;
pub(super) use encode::Encoder;
pub(super) use recolour::recolour;

/// Milliseconds of the unit in which GIF counts time.
const TICK_MS: i64 = 10;
