//! Images for engines.

use std::io::{Cursor, Write};

use image::{ImageFormat, Rgb, RgbImage};
use imgfilter::engine::parcel::Packing;

/// A PNG of noise that is always the same.
pub fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1u32;
    let image = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// An image on its way to an engine.
pub fn packed(image: &[u8]) -> Packing {
    let mut packing = Packing::new().unwrap();
    packing.write_all(image).unwrap();
    packing
}
