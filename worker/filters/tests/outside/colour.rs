//! Filters of tone and colour, held against ImageMagick and libvips where they define the same.

use std::path::Path;

use imgfilter_filters::set_assets_folder;

use super::pixels::{assert_close, by_engine, by_imagemagick, difference, from_png};
use super::tools::{Files, convert, photo};

/// A photograph as PNG, small enough for many tests.
fn small_photo() -> Vec<u8> {
    convert(&photo("nature/Blinds.jpg"), &["-", "-resize", "320x200!", "-strip", "png24:-"])
}

/// The same in dull colours, so that there is something to stretch.
fn dull_photo() -> Vec<u8> {
    convert(&small_photo(), &["-", "+level", "20%,70%", "png24:-"])
}

#[test]
fn point_filters_are_those_of_imagemagick() {
    let png = small_photo();
    let cases: [(&str, &[&str]); 14] = [
        ("levels(10, 90)", &["-level", "10%,90%"]),
        ("levels(5, 80, gamma=1.6)", &["-level", "5%,80%,1.6"]),
        ("levels(out_black=20, out_white=70)", &["+level", "20%,70%"]),
        ("gamma(1.4)", &["-gamma", "1.4"]),
        ("posterize(5)", &["+dither", "-posterize", "5"]),
        ("solarize(60)", &["-solarize", "60%"]),
        ("colorize(orange, 30)", &["-fill", "orange", "-colorize", "30"]),
        ("matrix(0.9:0.1:0 0:1:-0.2 0.3:0.2:0.6)", &["-color-matrix", "0.9 0.1 0 0 1 -0.2 0.3 0.2 0.6"]),
        ("linear(1.3, -0.1)", &["-function", "Polynomial", "1.3,-0.1"]),
        ("grayscale", &["-grayscale", "Rec709Luma"]),
        ("grayscale(rec601)", &["-grayscale", "Rec601Luma"]),
        ("grayscale(average)", &["-grayscale", "Average"]),
        ("grayscale(lightness)", &["-grayscale", "Lightness"]),
        (
            "exposure(0.6)",
            &["-colorspace", "RGB", "-evaluate", "multiply", "1.5157166", "-colorspace", "sRGB"],
        ),
    ];
    for (chain, options) in cases {
        assert_close(chain, &by_engine(&png, chain), &by_imagemagick(&png, options), 1, 0.5);
    }
}

#[test]
fn a_threshold_divides_as_that_of_imagemagick() {
    let png = small_photo();
    let (got, wanted) = (by_engine(&png, "threshold(45)"), by_imagemagick(&png, &["-threshold", "45%"]));
    let apart = got.rgba.chunks(4).zip(wanted.rgba.chunks(4)).filter(|(a, b)| a != b).count();
    // A pixel whose luma is the threshold to the last bit may fall to one side or to the other.
    assert!(apart <= got.rgba.len() / 4 / 1_000, "{apart} pixels");
}

#[test]
fn luminance_is_that_of_imagemagick() {
    let png = small_photo();
    let options = [
        "-colorspace",
        "RGB",
        "-color-matrix",
        "0.2126 0.7152 0.0722 0.2126 0.7152 0.0722 0.2126 0.7152 0.0722",
        "-colorspace",
        "sRGB",
    ];
    assert_close(
        "luminance",
        &by_engine(&png, "grayscale(luminance)"),
        &by_imagemagick(&png, &options),
        1,
        0.5,
    );
}

#[test]
fn stretches_and_equalisation_are_those_of_imagemagick() {
    let png = dull_photo();
    let cases: [(&str, &[&str]); 4] = [
        ("normalize(2, 99)", &["-contrast-stretch", "2%x1%"]),
        ("autolevels(2, 99)", &["-channel", "RGB", "-contrast-stretch", "2%x1%"]),
        ("equalize", &["-equalize"]),
        ("equalize(rgb)", &["-channel", "RGB", "-equalize"]),
    ];
    for (chain, options) in cases {
        assert_close(chain, &by_engine(&png, chain), &by_imagemagick(&png, options), 6, 1.5);
    }
}

#[test]
fn a_colour_is_replaced_where_imagemagick_replaces_it() {
    let png = convert(&[], &["-size", "256x40", "gradient:white-black", "-rotate", "90", "png24:-"]);
    let got = by_engine(&png, "replace(#808080, red, tolerance=20, softness=0)");
    let wanted = by_imagemagick(&png, &["-fuzz", "20%", "-fill", "red", "-opaque", "#808080"]);
    let apart = got.rgba.chunks(4).zip(wanted.rgba.chunks(4)).filter(|(a, b)| a != b).count();
    // A column at either edge of the tolerance may fall to one side or to the other.
    assert!(apart <= got.rgba.len() / 4 / 60, "{apart} pixels");
}

#[test]
fn a_vertical_gradient_is_that_of_imagemagick() {
    let png = small_photo();
    let got = by_engine(&png, "gradient(navy, yellow, angle=180)");
    let wanted =
        by_imagemagick(&png, &["-size", "320x200", "gradient:navy-yellow", "-compose", "over", "-composite"]);
    assert_close("gradient", &got, &wanted, 2, 1.0);
}

#[test]
fn clahe_gives_contrast_as_the_local_histograms_of_libvips_do() {
    let files = Files::new();
    let png = convert(&dull_photo(), &["-", "-grayscale", "Rec709Luma", "-colorspace", "Gray", "png:-"]);
    let plain = from_png(&png);
    let input = files.put("in.png", &png);
    let wanted = from_png(&files.vips("hist_local", &input, "out.png", &["40", "25"]));
    let (_, before) = difference(&plain, &wanted);
    let (_, after) = difference(&by_engine(&png, "clahe(8, limit=100)"), &wanted);
    // libvips takes a window around every pixel, not tiles, and limits contrast by a rule of its own; without a limit
    // both do about the same to the picture.
    assert!(after < before * 0.3, "{after} from it, {before} before");
}

#[test]
fn noise_and_grain_leave_the_photograph_to_be_seen() {
    let png = small_photo();
    let before = from_png(&png);
    for chain in ["noise(5)", "grain(6, size=2)", "dither(8, size=4)", "vignette(20)"] {
        let (largest, mean) = difference(&before, &by_engine(&png, chain));
        assert!(largest > 5 && mean > 0.5 && mean < 16.0, "{chain}: {largest}, {mean}");
    }
}

#[test]
fn a_hald_clut_gives_the_colours_of_imagemagick() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assets");
    set_assets_folder(Some(&assets));
    let (png, file) = (small_photo(), assets.join("luts/faded.png"));
    let options = [file.to_str().unwrap(), "-hald-clut"];
    let (plain, wanted) = (from_png(&png), by_imagemagick(&png, &options));
    // The table is to be seen.
    assert!(difference(&plain, &wanted).1 > 8.0);
    // ImageMagick interpolates linearly on all three axes, between 8-bit entries of a table with bends in it.
    assert_close("lut(faded)", &by_engine(&png, "lut(faded)"), &wanted, 2, 0.4);
    assert_close("lut(identity)", &by_engine(&png, "lut(identity)"), &plain, 0, 0.0);
}
