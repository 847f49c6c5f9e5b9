//! Reading and writing, held against ImageMagick, which has its own decoders.

use imgfilter_filters::{Encoding, Format, Limits, probe};

use super::pixels::{Pixels, assert_close, by_engine, by_imagemagick, difference, from_png};
use super::tools::{Files, convert, encoded, engine, filtered, identify, photo};

#[test]
fn jpeg_of_every_kind_is_read_like_libjpeg_does() {
    let photo = photo("nature/RainDrops.jpg");
    let kinds: [(&str, &[&str]); 7] = [
        ("4:2:0", &["-sampling-factor", "4:2:0"]),
        ("4:2:2", &["-sampling-factor", "4:2:2"]),
        ("4:4:4", &["-sampling-factor", "4:4:4"]),
        ("progressive", &["-interlace", "JPEG"]),
        ("grey", &["-colorspace", "gray"]),
        ("progressive grey", &["-colorspace", "gray", "-interlace", "JPEG"]),
        ("restarts", &["-define", "jpeg:restart-interval=4", "-sampling-factor", "4:2:0"]),
    ];
    for (kind, options) in kinds {
        let jpeg = convert(&photo, &[&["-", "-resize", "301x203!"], options, &["jpeg:-"]].concat());
        let wanted = by_imagemagick(&jpeg, &[]);
        // The two round the inverse transform and the chroma between two pixels differently.
        assert_close(kind, &by_engine(&jpeg, ""), &wanted, 6, 0.5);
    }
}

#[test]
fn a_whole_photograph_is_read_like_libjpeg_does() {
    for name in ["nature/YellowFlower.jpg", "nature/Storm.jpg", "nature/Wood.jpg"] {
        let photo = photo(name);
        assert_close(name, &by_engine(&photo, ""), &by_imagemagick(&photo, &[]), 6, 0.5);
    }
}

#[test]
fn cmyk_jpeg_becomes_rgb() {
    let jpeg =
        convert(&photo("nature/Storm.jpg"), &["-", "-resize", "200x150!", "-colorspace", "CMYK", "jpeg:-"]);
    let wanted = by_imagemagick(&jpeg, &["-colorspace", "sRGB"]);
    assert_close("CMYK", &by_engine(&jpeg, ""), &wanted, 8, 2.0);
}

#[test]
fn inks_become_rgb_by_the_plain_formula_or_by_their_profile() {
    let files = Files::new();
    let photo = photo("nature/Storm.jpg");
    let small: &[&str] = &["-", "-resize", "200x150!", "-strip"];
    let input = files.put("in.png", &convert(&photo, &[small, &["png24:-"]].concat()));
    // libvips brings a profile of a press, and writes it into the file.
    for kind in ["jpg[Q=95]", "tif"] {
        let press = files.vips("icc_export", &input, &format!("press.{kind}"), &["--output-profile", "cmyk"]);
        let path = files.put("press.bin", &press);
        let wanted = from_png(&files.vips("icc_transform", &path, "out.png", &["srgb", "--embedded"]));
        let got = by_engine(&press, "");
        assert_close(&format!("profile in {kind}"), &got, &wanted, 24, 2.5);
        let plain = by_imagemagick(&press, &["+profile", "*", "-colorspace", "sRGB"]);
        assert!(difference(&got, &plain).1 > 5.0, "{kind}: the profile changes something");
    }
    let tiff = convert(&photo, &[small, &["-colorspace", "CMYK", "-compress", "LZW", "tiff:-"]].concat());
    assert_close("TIFF", &by_engine(&tiff, ""), &by_imagemagick(&tiff, &["-colorspace", "sRGB"]), 1, 0.5);
}

#[test]
fn tiff_of_every_kind_is_read_exactly() {
    let photo = photo("nature/Garden.jpg");
    let small: &[&str] = &["-", "-resize", "97x61!"];
    let alpha: &[&str] = &["-alpha", "set", "-channel", "A", "-fx", "i/w", "+channel"];
    let kinds: [(&str, &[&str], u8); 16] = [
        ("RGB", &["-compress", "None"], 0),
        ("LZW", &["-compress", "LZW"], 0),
        ("Deflate", &["-compress", "Zip"], 0),
        ("PackBits", &["-compress", "RLE"], 0),
        ("big-endian", &["-endian", "MSB"], 0),
        ("planes", &["-interlace", "plane"], 0),
        ("tiles", &["-define", "tiff:tile-geometry=32x32"], 0),
        ("small strips", &["-define", "tiff:rows-per-strip=7"], 0),
        ("grey", &["-colorspace", "gray", "-depth", "8"], 0),
        ("grey of 16 bits", &["-colorspace", "gray", "-depth", "16"], 1),
        ("16 bits", &["-depth", "16"], 1),
        // Colours of 16 bits: one rounds them, the other cuts them.
        ("palette", &["-colors", "200", "-type", "Palette"], 1),
        ("palette of 16", &["-colors", "16", "-type", "Palette"], 1),
        ("two colours", &["-monochrome", "-compress", "LZW"], 0),
        ("fax", &["-monochrome", "-compress", "Group4"], 0),
        ("white is zero", &["-colorspace", "gray", "-define", "quantum:polarity=min-is-white"], 0),
    ];
    for (kind, options, tolerance) in kinds {
        let tiff = convert(&photo, &[small, options, &["tiff:-"]].concat());
        assert_close(kind, &by_engine(&tiff, ""), &by_imagemagick(&tiff, &[]), tolerance, 1.0);
    }
    for (kind, options, tolerance) in [
        ("alpha", &["-define", "tiff:alpha=unassociated"], 0),
        ("multiplied alpha", &["-define", "tiff:alpha=associated"], 2),
    ] {
        let tiff = convert(&photo, &[small, alpha, options, &["-depth", "8", "tiff:-"]].concat());
        let (got, wanted) = (visible(by_engine(&tiff, "")), visible(by_imagemagick(&tiff, &[])));
        assert_close(kind, &got, &wanted, tolerance, 0.5);
    }
    let jpeg = convert(&photo, &[small, &["-compress", "JPEG", "tiff:-"]].concat());
    assert_close("JPEG", &by_engine(&jpeg, ""), &by_imagemagick(&jpeg, &[]), 6, 0.7);
}

/// Without what hardly shows, where divided colours are no more than noise.
fn visible(mut pixels: Pixels) -> Pixels {
    pixels.rgba.chunks_mut(4).filter(|pixel| pixel[3] < 100).for_each(|pixel| pixel.fill(0));
    pixels
}

#[test]
fn bmp_of_every_kind_is_read_exactly() {
    let photo = photo("nature/Garden.jpg");
    let small: &[&str] = &["-", "-resize", "97x61!"];
    let kinds: [(&str, &[&str], &str); 6] = [
        ("24 bits", &[], "bmp3:-"),
        ("oldest header", &[], "bmp2:-"),
        ("alpha", &["-alpha", "set", "-channel", "A", "-fx", "i/w"], "bmp:-"),
        ("palette", &["-colors", "200"], "bmp3:-"),
        ("16 colours", &["-colors", "16"], "bmp3:-"),
        ("two colours", &["-monochrome"], "bmp3:-"),
    ];
    for (kind, options, output) in kinds {
        let bmp = convert(&photo, &[small, options, &[output]].concat());
        assert_close(kind, &by_engine(&bmp, ""), &by_imagemagick(&bmp, &[]), 0, 0.0);
    }
    for size in ["96x61!", "97x61!", "5x3!"] {
        let runs = convert(&photo, &["-", "-resize", size, "-colors", "30", "-compress", "RLE", "bmp3:-"]);
        assert_eq!(runs[30], 1, "the test itself");
        assert_close("runs", &by_engine(&runs, ""), &by_imagemagick(&runs, &[]), 0, 0.0);
    }
}

#[test]
fn sixteen_bits_stay_sixteen() {
    let png =
        convert(&[], &["-size", "700x30", "gradient:red-blue", "-rotate", "90", "-depth", "16", "png48:-"]);
    for format in [Format::Png, Format::Tiff] {
        let input = filtered(&png, "", format);
        assert_eq!(identify(&input, "%z"), "16", "{}", format.name());
        let words = |file: &[u8]| convert(file, &["-", "-depth", "16", "-endian", "MSB", "rgb:-"]);
        let value = |bytes: &[u8]| i32::from(bytes[0]) * 256 + i32::from(bytes[1]);
        // A sixteenth of 16 bits is still 12.
        let close = |one: &[u8], other: &[u8]| {
            one.chunks(2).zip(other.chunks(2)).all(|(a, b)| (value(a) - value(b)).abs() <= 8)
        };
        assert!(words(&input) == words(&png), "{}", format.name());
        for chain in [
            "equation(r = r/16, b = b/16)|flip|equation(r = r*16, b = b*16)|flip",
            "invert|flip|invert|flip",
            "blur(0)",
        ] {
            let output = filtered(&input, chain, format);
            assert!(close(&words(&output), &words(&png)), "{chain} as {}", format.name());
        }
        // Where there are 8, they are those nearest to the 16.
        let eight = convert(&filtered(&input, "", Format::Bmp), &["-", "-depth", "8", "rgb:-"]);
        let nearest =
            words(&png).chunks(2).map(|word| ((value(word) + 128) / 257) as u8).collect::<Vec<u8>>();
        assert!(eight == nearest, "{} rounded", format.name());
    }
    let eight = convert(&png, &["-", "-depth", "8", "png24:-"]);
    assert_eq!(identify(&filtered(&eight, "sepia", Format::Tiff), "%z"), "8");
}

#[test]
fn what_has_no_colour_is_written_without() {
    let photo = convert(&photo("nature/LadyBird.jpg"), &["-", "-resize", "300x200!", "png24:-"]);
    let grey = convert(&photo, &["-", "-colorspace", "gray", "jpeg:-"]);
    let colour = filtered(&photo, "", Format::Jpeg);
    for (input, chain) in
        [(&photo, "grayscale"), (&photo, "grayscale|blur(2)"), (&grey, ""), (&grey, "invert")]
    {
        let jpeg = filtered(input, chain, Format::Jpeg);
        // Behind the marker of the frame: length, bits, height, width, components.
        let frame = jpeg.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
        assert_eq!(jpeg[frame + 9], 1, "{chain}");
        assert!(jpeg.len() < colour.len(), "{chain}");
        let wanted = by_imagemagick(&filtered(input, chain, Format::Png), &[]);
        assert_close(chain, &by_imagemagick(&jpeg, &[]), &wanted, 40, 2.0);
    }
    let frame = colour.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
    assert_eq!(colour[frame + 9], 3);
}

#[test]
fn png_of_every_kind_is_read_exactly() {
    let photo = photo("nature/Garden.jpg");
    let small: &[&str] = &["-", "-resize", "97x61!"];
    let kinds: [(&str, &[&str], &str); 9] = [
        ("RGB", &[], "png24:-"),
        ("RGBA", &["-alpha", "set", "-channel", "A", "-fx", "i/w"], "png32:-"),
        ("grey", &["-colorspace", "gray"], "png:-"),
        ("grey and alpha", &["-colorspace", "gray", "-alpha", "set", "-channel", "A", "-fx", "j/h"], "png:-"),
        ("palette", &["-colors", "200"], "png8:-"),
        ("two colours", &["-monochrome"], "png:-"),
        ("interlaced", &["-interlace", "PNG"], "png24:-"),
        ("interlaced palette", &["-interlace", "PNG", "-colors", "9"], "png8:-"),
        ("16 bits", &["-depth", "16"], "png48:-"),
    ];
    for (kind, options, output) in kinds {
        let png = convert(&photo, &[small, options, &[output]].concat());
        let got = by_engine(&png, "");
        // ImageMagick rounds 16 bits to 8, where the test keeps the upper 8.
        let tolerance = if kind == "16 bits" { 1 } else { 0 };
        assert_close(kind, &got, &by_imagemagick(&png, &[]), tolerance, 1.0);
    }
}

#[test]
fn a_palette_png_is_filtered_by_its_palette() {
    let photo = convert(&photo("nature/Garden.jpg"), &["-", "-resize", "197x61!", "-strip", "png24:-"]);
    let files = Files::new();
    let path = files.put("in.png", &photo);
    let wide = files.vips("icc_export", &path, "wide.png", &["--output-profile", "p3"]);
    let kinds: [(&str, &[u8], &[&str]); 5] = [
        ("200 colours", &photo, &["-colors", "200"]),
        ("16 colours", &photo, &["-colors", "16"]),
        ("two colours", &photo, &["-colors", "2"]),
        ("interlaced", &photo, &["-interlace", "PNG", "-colors", "9", "-transparent", "white"]),
        ("profile", &wide, &["-colors", "100"]),
    ];
    for (kind, photo, options) in kinds {
        let png = convert(photo, &[&["-"], options, &["png8:-"]].concat());
        for chain in ["", "invert", "sepia|contrast(20)", "opacity(0.4)"] {
            let output = filtered(&png, chain, Format::Png);
            assert_eq!(output[25], 3, "{kind}: still a palette");
            let pixels = by_engine(&png, format!("flip|flip|{chain}").trim_end_matches('|'));
            assert_close(&format!("{kind}, {chain}"), &from_png(&output), &pixels, 0, 0.0);
            assert!(output.len() < png.len() * 3 / 2 + 800, "{kind}: {} of {}", output.len(), png.len());
        }
    }
}

#[test]
fn real_png_wallpapers_are_read_exactly() {
    for name in ["abstract/Arc-Colors-Transparent-Wallpaper.png", "desktop/Stripes.png"] {
        let png = photo(name);
        let (got, wanted) = (by_engine(&png, ""), by_imagemagick(&png, &[]));
        assert_eq!((got.width, got.height), (wanted.width, wanted.height));
        let visible = |rgba: &[u8]| if rgba[3] == 0 { [0; 4] } else { [rgba[0], rgba[1], rgba[2], rgba[3]] };
        let same = got.rgba.chunks(4).zip(wanted.rgba.chunks(4)).all(|(a, b)| visible(a) == visible(b));
        assert!(same, "{name}");
    }
}

#[test]
fn what_is_written_is_read_back_by_others() {
    let photo = convert(&photo("nature/LadyBird.jpg"), &["-", "-resize", "300x200!", "png24:-"]);
    let before = from_png(&photo);
    for (format, largest, mean) in [
        (Format::Png, 0, 0.0),
        (Format::Jpeg, 90, 3.0),
        (Format::WebP, 90, 4.0),
        (Format::Gif, 90, 5.0),
        (Format::Tiff, 0, 0.0),
        (Format::Bmp, 0, 0.0),
    ] {
        let file = filtered(&photo, "", format);
        let info = probe(&file, &Limits::default()).unwrap();
        assert_eq!((info.format, info.width, info.height, info.frames), (format, 300, 200, 1));
        assert_close(format.name(), &by_imagemagick(&file, &[]), &before, largest, mean);
    }
}

#[test]
fn avif_is_read_by_others_as_it_was_written() {
    let photo = photo("nature/Garden.jpg");
    let alpha: &[&str] = &["-alpha", "set", "-channel", "A", "-fx", "i/w", "+channel"];
    let kinds: [(&str, &[&str]); 4] = [
        ("colour", &["-resize", "301x203!"]),
        ("grey", &["-resize", "301x203!", "-colorspace", "gray"]),
        ("alpha", &[&["-resize", "150x101!"], alpha].concat()),
        ("16 bits", &["-resize", "97x61!", "-depth", "16"]),
    ];
    let files = Files::new();
    for (kind, options) in kinds {
        let png = convert(&photo, &[&["-"], options, &["-strip", "png:-"]].concat());
        let wanted = by_engine(&png, "");
        for (quality, mean) in [(50, 5.0), (95, 1.5)] {
            let encoding = Encoding { quality: Some(quality), ..Format::Avif.into() };
            let file = encoded(&png, "", encoding).unwrap().bytes;
            let what = format!("{kind} of quality {quality}");
            // ImageMagick 6 leaves alpha out, and halves all chroma.
            if kind != "alpha" {
                assert_close(&what, &by_imagemagick(&file, &[]), &wanted, 160, mean + 2.0);
            }
            let path = files.put("a.avif", &file);
            let seen = from_png(&files.vips("copy", &path, "a.png", &[]));
            assert_close(&what, &seen, &wanted, 160, mean);
            assert_eq!(engine(&file, "", None).unwrap_err().code.as_str(), "unsupported_format");
        }
    }
}

#[test]
fn few_colours_are_written_exactly() {
    let png =
        convert(&photo("nature/LadyBird.jpg"), &["-", "-resize", "150x100!", "-colors", "256", "png24:-"]);
    for format in [Format::Png, Format::Gif] {
        assert_eq!(by_imagemagick(&filtered(&png, "", format), &[]), from_png(&png), "{}", format.name());
    }
}

#[test]
fn transparency_is_kept_or_goes_over_white() {
    let circle = ["-size", "60x40", "xc:none", "-fill", "red", "-draw", "circle 30,20 30,5", "png32:-"];
    let png = convert(&[], &circle);
    for format in [Format::Png, Format::WebP, Format::Gif, Format::Tiff, Format::Bmp] {
        let got = by_imagemagick(&filtered(&png, "", format), &[]);
        assert_eq!(got.rgba[3], 0, "{}", format.name());
        let centre = &got.rgba[(20 * 60 + 30) * 4..][..4];
        assert!(centre[0] > 240 && centre[1] < 15 && centre[3] == 255, "{}: {centre:?}", format.name());
    }
    let jpeg = by_imagemagick(&filtered(&png, "", Format::Jpeg), &[]);
    assert!(jpeg.rgba[..3].iter().all(|&sample| sample > 250));
}

#[test]
fn the_smallest_pictures_pass_through_every_format() {
    for (width, height) in [(1, 1), (1, 7), (9, 1), (2, 2), (15, 17)] {
        let size = format!("{width}x{height}");
        let png = convert(&[], &["-size", &size, "gradient:red-blue", "png24:-"]);
        for from in Format::ALL.into_iter().filter(|format| format.is_read()) {
            let input = filtered(&png, "", from);
            for to in Format::ALL {
                let output = engine(&input, "blur(2)|sharpen|resize(width=3)", Some(to)).unwrap();
                if !to.is_read() {
                    assert_eq!(identify(&output.bytes, "%w %h"), format!("3 {}", output.height));
                    continue;
                }
                let info = probe(&output.bytes, &Limits::default()).unwrap();
                assert_eq!((info.format, info.width), (to, 3));
                assert_eq!((output.width, output.height), (info.width, info.height));
            }
        }
    }
}

#[test]
fn quality_changes_the_size() {
    let photo = photo("nature/FreshFlower.jpg");
    for format in [Format::Jpeg, Format::WebP, Format::Avif] {
        let size = |quality| {
            let encoding = Encoding { quality: Some(quality), ..format.into() };
            encoded(&photo, "resize(width=400)", encoding).unwrap().bytes.len()
        };
        assert!(size(10) * 2 < size(80) && size(80) < size(100), "{}", format.name());
    }
}

#[test]
fn effort_makes_files_smaller_and_nothing_worse() {
    let photo = photo("nature/FreshFlower.jpg");
    for format in [Format::Jpeg, Format::Png, Format::WebP, Format::Tiff, Format::Avif] {
        let files = [1, 3, 5, 7].map(|effort| {
            let encoding = Encoding { effort: Some(effort), ..format.into() };
            encoded(&photo, "resize(width=300)", encoding).unwrap().bytes
        });
        let sizes = files.each_ref().map(Vec::len);
        let usual = engine(&photo, "resize(width=300)", Some(format)).unwrap().bytes;
        assert!(files[1] == usual, "{}: 3 is the usual effort", format.name());
        assert!(sizes[3] < sizes[0] && sizes[2] <= sizes[1] + sizes[1] / 50, "{}: {sizes:?}", format.name());
        // Lossless formats and the codes of a JPEG change no sample; the others find other ways to the same quality.
        let (largest, mean) = match format {
            Format::Jpeg | Format::Png | Format::Tiff => (0, 0.0),
            _ => (90, 3.0),
        };
        let (least, most) = (by_imagemagick(&files[0], &[]), by_imagemagick(&files[3], &[]));
        assert_close(format.name(), &most, &least, largest, mean);
    }
}
