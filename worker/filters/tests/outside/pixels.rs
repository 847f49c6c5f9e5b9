//! Pictures as RGBA, and how far two of them are apart.

use imgfilter_filters::Format;

use super::tools::{convert, filtered, identify};

/// A picture of 8-bit RGBA.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub rgba: Vec<u8>,
}

/// What a file of any format holds, by ImageMagick; frames of an animation as they are seen, below one another.
pub fn by_imagemagick(file: &[u8], options: &[&str]) -> Pixels {
    let size = identify(&convert(file, &[&["-"], options, &["miff:-"]].concat()), "%w %h ");
    let numbers: Vec<usize> = size.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let rgba = convert(file, &[&["-"], options, &["-depth", "8", "rgba:-"]].concat());
    let height = numbers.chunks(2).map(|frame| frame[1]).sum();
    assert_eq!(rgba.len(), numbers[0] * height * 4);
    Pixels { width: numbers[0], height, rgba }
}

/// What the engine makes of a file by a chain, through PNG, which loses nothing.
pub fn by_engine(file: &[u8], chain: &str) -> Pixels {
    from_png(&filtered(file, chain, Format::Png))
}

/// The pixels of a PNG file.
pub fn from_png(file: &[u8]) -> Pixels {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    let rgba = match info.color_type {
        png::ColorType::Rgb => samples.chunks(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
        png::ColorType::Rgba => samples,
        png::ColorType::Grayscale => samples.iter().flat_map(|&v| [v, v, v, 255]).collect(),
        png::ColorType::GrayscaleAlpha => samples.chunks(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        png::ColorType::Indexed => panic!("the palette was to be expanded"),
    };
    Pixels { width: info.width as usize, height: info.height as usize, rgba }
}

/// The largest and the mean difference of two pictures of one size, in levels.
pub fn difference(one: &Pixels, other: &Pixels) -> (u8, f64) {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let each = one.rgba.iter().zip(&other.rgba).map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = each.clone().map(u64::from).sum();
    (each.max().unwrap(), sum as f64 / one.rgba.len() as f64)
}

/// Demands that two pictures are as close as this: the largest and the mean difference in levels.
#[track_caller]
pub fn assert_close(what: &str, one: &Pixels, other: &Pixels, largest: u8, mean: f64) {
    let got = difference(one, other);
    assert!(got.0 <= largest && got.1 <= mean, "{what}: largest and mean difference are {got:?}");
}
