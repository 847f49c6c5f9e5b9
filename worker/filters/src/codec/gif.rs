//! GIF, read and written by the gif crate; frames are put on their canvas and quantised here.

mod decode;
mod encode;

pub(super) use decode::Decoder;
pub(super) use encode::Encoder;

/// Milliseconds of the unit in which GIF counts time.
const TICK_MS: i64 = 10;
