//! Files that were cut, broken or made to hurt.

use imgfilter_filters::{Format, Limits, RefusalCode, probe, probe_file};

use super::tools::{Files, convert, engine, filtered, photo};

/// The same small picture in every format, and an animation in those that have one.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let png = convert(&photo("nature/Dune.jpg"), &["-", "-resize", "90x60!", "-strip", "png24:-"]);
    let gif = convert(&[], &["-size", "40x30", "-delay", "5", "plasma:", "xc:red", "plasma:", "gif:-"]);
    vec![
        ("JPEG", filtered(&png, "", Format::Jpeg)),
        ("progressive JPEG", convert(&png, &["-", "-interlace", "JPEG", "jpeg:-"])),
        ("PNG", png.clone()),
        ("GIF", filtered(&png, "", Format::Gif)),
        ("WebP", filtered(&png, "", Format::WebP)),
        ("lossless WebP", convert(&png, &["-", "-define", "webp:lossless=true", "webp:-"])),
        ("TIFF", filtered(&png, "", Format::Tiff)),
        ("LZW TIFF", convert(&png, &["-", "-compress", "LZW", "tiff:-"])),
        ("palette TIFF", convert(&png, &["-", "-colors", "50", "-compress", "None", "tiff:-"])),
        ("JPEG in TIFF", convert(&png, &["-", "-compress", "JPEG", "tiff:-"])),
        ("BMP", filtered(&png, "", Format::Bmp)),
        ("BMP of runs", convert(&png, &["-", "-colors", "50", "-compress", "RLE", "bmp3:-"])),
        ("animated GIF", gif.clone()),
        ("animated WebP", filtered(&gif, "", Format::WebP)),
    ]
}

#[test]
fn a_file_that_was_cut_is_refused() {
    for (kind, file) in samples() {
        let step = (file.len() / 97).max(1);
        for length in (0..file.len().saturating_sub(1)).step_by(step) {
            let cut = &file[..length];
            let refusal = match engine(cut, "", None) {
                Err(refusal) => refusal,
                // What follows the picture's data in a PNG is a checksum and an end mark.
                Ok(_) if kind == "PNG" && length + 20 > file.len() => continue,
                // What follows it in a TIFF of ImageMagick's are values that nobody asks for.
                Ok(_) if kind.contains("TIFF") && length + 600 > file.len() => continue,
                Ok(_) => panic!("{kind} cut to {length} of {}", file.len()),
            };
            let expected = matches!(refusal.code, RefusalCode::BrokenImage | RefusalCode::NotAnImage);
            assert!(expected, "{kind} cut to {length}: {refusal}");
        }
        engine(&file, "", None).unwrap_or_else(|refusal| panic!("{kind}, whole: {refusal}"));
    }
}

#[test]
fn a_real_photograph_that_was_cut_is_refused() {
    let file = photo("nature/RainDrops.jpg");
    for percent in [1, 30, 70, 99] {
        let refusal = engine(&file[..file.len() * percent / 100], "", None).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::BrokenImage, "{percent} %: {refusal}");
    }
}

#[test]
fn flipped_bits_never_panic() {
    let mut state = 99u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for (kind, file) in samples() {
        for _ in 0..150 {
            let mut broken = file.clone();
            for _ in 0..=random(4) {
                let at = random(broken.len());
                broken[at] ^= 1 << random(8);
            }
            if let Err(refusal) = engine(&broken, "blur(2)", None) {
                assert_ne!(refusal.code, RefusalCode::Internal, "{kind}: {refusal}");
            }
        }
    }
}

/// A PNG that ends behind a header of this size.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    file
}

/// A JPEG whose frame header claims this size.
fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\0\x11\x08".to_vec();
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend(
        b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0\xff\xd9",
    );
    file
}

/// A GIF that claims this size, with frames of the given number of pixels a side.
fn gif_header(side: u16, part: u16, frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(side.to_le_bytes());
    file.extend(side.to_le_bytes());
    file.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    for _ in 0..frames {
        file.extend([b',', 0, 0, 0, 0]);
        file.extend(part.to_le_bytes());
        file.extend(part.to_le_bytes());
        file.extend([0, 2, 2, 0x4c, 1, 0]);
    }
    file.push(b';');
    file
}

/// A TIFF of one strip of RGB that claims this size, with more entries.
fn tiff_header(width: u32, height: u32, more: &[(u16, u32)]) -> Vec<u8> {
    let mut entries = vec![(256, width), (257, height), (258, 8), (259, 1), (262, 2), (273, 8), (277, 3)];
    entries.extend([(278, height), (279, 10)]);
    entries.retain(|(tag, _)| more.iter().all(|(other, _)| other != tag));
    entries.extend(more);
    entries.sort_unstable();
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file
}

/// A BMP that ends behind headers of this size.
fn bmp_header(width: i32, height: i32, compression: u32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([1, 0, 24, 0]);
    file.extend(compression.to_le_bytes());
    file.extend([0; 20]);
    file
}

/// A WebP with a small canvas and a bitstream that claims 16,383 pixels a side.
fn webp_of_two_sizes() -> Vec<u8> {
    let mut body = b"WEBPVP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x09\0\0VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a".to_vec();
    body.extend([0xff, 0x3f, 0xff, 0x3f]);
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

#[test]
fn a_claim_of_many_pixels_is_refused_before_memory_is_taken() {
    let cases = [
        (png_header(65_000, 65_000), RefusalCode::DimensionTooLarge),
        (png_header(16_000, 16_000), RefusalCode::TooManyPixels),
        (png_header(0, 10), RefusalCode::BrokenImage),
        (jpeg_header(65_000, 65_000), RefusalCode::DimensionTooLarge),
        (jpeg_header(16_000, 16_000), RefusalCode::TooManyPixels),
        (gif_header(65_000, 1, 1), RefusalCode::DimensionTooLarge),
        (gif_header(10, 60_000, 1), RefusalCode::DimensionTooLarge),
        (gif_header(8_000, 1, 20), RefusalCode::TooManyTotalPixels),
        (gif_header(10, 1, 1_001), RefusalCode::TooManyFrames),
        (webp_of_two_sizes(), RefusalCode::BrokenImage),
        (tiff_header(65_000, 65_000, &[]), RefusalCode::DimensionTooLarge),
        (tiff_header(16_000, 16_000, &[]), RefusalCode::TooManyPixels),
        (tiff_header(0, 16_000, &[]), RefusalCode::BrokenImage),
        (tiff_header(9, 9, &[(50_706, 1)]), RefusalCode::UnsupportedFormat),
        (bmp_header(65_000, 65_000, 0), RefusalCode::DimensionTooLarge),
        (bmp_header(16_000, -16_000, 0), RefusalCode::TooManyPixels),
        (bmp_header(10, i32::MIN, 0), RefusalCode::DimensionTooLarge),
        (bmp_header(-10, 10, 0), RefusalCode::BrokenImage),
        (bmp_header(10, 0, 0), RefusalCode::BrokenImage),
        (bmp_header(10, 10, 4), RefusalCode::UnsupportedFormat),
    ];
    let files = Files::new();
    for (index, (file, code)) in cases.iter().enumerate() {
        let limits = Limits::default();
        assert_eq!(probe(file, &limits).unwrap_err().code, *code, "case {index}");
        assert_eq!(probe_file(&files.put("hostile", file), &limits).unwrap_err().code, *code, "case {index}");
        assert_eq!(engine(file, "", None).unwrap_err().code, *code, "case {index}");
    }
}

#[test]
fn what_a_tiff_says_of_its_pieces_is_held_against_the_limits() {
    let tiled = |side: u32| {
        let tile = [(322, side), (323, side), (324, 8), (325, 10)];
        let mut file = tiff_header(9, 9, &tile);
        // Without strips: their tags become private ones.
        for tag in [273u16, 278, 279] {
            let at = file.windows(4).position(|window| window[..2] == tag.to_le_bytes() && window[2] == 4);
            file[at.unwrap() + 1] = 0xfe;
        }
        file
    };
    let code = |file: &[u8]| engine(file, "", None).unwrap_err().code;
    assert_eq!(code(&tiled(1 << 30)), RefusalCode::DimensionTooLarge);
    assert_eq!(code(&tiff_header(9, 9, &[(277, 60_000)])), RefusalCode::UnsupportedFormat);
    assert_eq!(code(&tiff_header(9, 9, &[(278, 0)])), RefusalCode::BrokenImage);
    assert_eq!(code(&tiff_header(9, 9, &[(273, 4_000_000_000)])), RefusalCode::BrokenImage);
    // A JPEG strip of nine rows that says to be of 16,000 × 6,000 pixels.
    let mut file = tiff_header(9, 9, &[(259, 7), (262, 6), (273, 134), (279, 0)]);
    let jpeg = jpeg_header(6_000, 16_000);
    let at = file.windows(2).position(|window| window == 279u16.to_le_bytes()).unwrap();
    file[at + 8..at + 12].copy_from_slice(&(jpeg.len() as u32).to_le_bytes());
    let start = file.len() as u32;
    let at = file.windows(2).position(|window| window == 273u16.to_le_bytes()).unwrap();
    file[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
    file.extend(jpeg);
    assert_eq!(code(&file), RefusalCode::BrokenImage);
}

#[test]
fn probe_says_the_same_of_bytes_and_of_a_file() {
    let files = Files::new();
    let limits = Limits::default();
    for (kind, file) in samples() {
        let info = probe(&file, &limits).unwrap();
        assert_eq!(probe_file(&files.put("sample", &file), &limits).unwrap(), info, "{kind}");
        assert_eq!(info.frames, if kind.starts_with("animated") { 3 } else { 1 }, "{kind}");
    }
    assert_eq!(
        probe_file(std::path::Path::new("/nowhere"), &limits).unwrap_err().code,
        RefusalCode::Internal
    );
}

#[test]
fn an_animated_png_is_refused() {
    let png = convert(&[], &["-size", "4x4", "xc:red", "png24:-"]);
    let control = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\xf3\x8d\x93\x70";
    let animated = [&png[..33], control, &png[33..]].concat();
    assert_eq!(engine(&animated, "", None).unwrap_err().code, RefusalCode::AnimationNotSupported);
}

#[test]
fn what_is_no_image_is_told_so() {
    assert_eq!(engine(b"just a text, called photo.jpg", "", None).unwrap_err().code, RefusalCode::NotAnImage);
    let photoshop = convert(&[], &["-size", "4x4", "xc:red", "psd:-"]);
    assert_eq!(engine(&photoshop, "", None).unwrap_err().code, RefusalCode::UnsupportedFormat);
}
