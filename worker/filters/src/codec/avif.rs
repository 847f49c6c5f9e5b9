//! AVIF, written only: libaom encodes, the boxes around it are those of avif-serialize.
//!
//! AVIF is not read: every AV1 decoder in Rust that may be used here ends the program where it finds a mistake of its
//! own, and strangers' bytes must never do that.

mod encode;
mod planes;

pub(super) use encode::Encoder;
