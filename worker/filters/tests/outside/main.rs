//! The engine from outside: its results held against those of other programs, and hostile files.
//!
//! The other programs are ImageMagick and libvips, the photographs those of Debian's mate-backgrounds. A test fails
//! where one of them is missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

mod animation;
mod codecs;
mod colour;
mod filters;
mod geometry;
mod hostile;
mod metadata;
mod neighbourhood;
mod pixels;
mod tools;
