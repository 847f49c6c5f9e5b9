//! TIFF, read and written by the tiff crate; what its samples mean is found out here. (TIFF 6.0.)

mod decode;
mod encode;
mod page;

pub(super) use decode::{decode, profile};
pub(super) use encode::Encoder;
