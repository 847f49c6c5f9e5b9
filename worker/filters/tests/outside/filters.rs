//! Filters over neighbourhoods and geometry, held against libvips and ImageMagick.

use imgfilter_filters::Format;

use super::pixels::{Pixels, assert_close, by_engine, by_imagemagick, difference, from_png};
use super::tools::{Files, convert, engine, photo};

/// A photograph as PNG, small enough for many tests.
fn small_photo() -> Vec<u8> {
    convert(&photo("nature/Blinds.jpg"), &["-", "-resize", "480x300!", "-strip", "png24:-"])
}

#[test]
fn blur_is_that_of_libvips() {
    let files = Files::new();
    let png = small_photo();
    let input = files.put("in.png", &png);
    for (sigma, largest, mean) in
        [(0.7, 2, 0.5), (1.5, 2, 0.5), (3.0, 2, 0.5), (6.0, 3, 0.5), (12.0, 4, 0.75), (40.0, 4, 0.75)]
    {
        let sigma = format!("{sigma}");
        // libvips cuts its kernel off where it falls below an amplitude; the usual one of 0.2 cuts off much.
        let wanted = files.vips(
            "gaussblur",
            &input,
            "out.png",
            &[&sigma, "--min-ampl", "0.005", "--precision", "float"],
        );
        let got = by_engine(&png, &format!("blur({sigma})"));
        assert_close(&format!("blur({sigma})"), &got, &from_png(&wanted), largest, mean);
    }
}

#[test]
fn resize_is_that_of_libvips_and_imagemagick() {
    let files = Files::new();
    let png = small_photo();
    let input = files.put("in.png", &png);
    for (width, scale) in [(240, "0.5"), (120, "0.25"), (960, "2")] {
        let got = by_engine(&png, &format!("resize(width={width})"));
        let wanted = files.vips("resize", &input, "out.png", &[scale, "--kernel", "lanczos3"]);
        assert_close(&format!("{width} by libvips"), &got, &from_png(&wanted), 24, 1.0);
        let options = ["-filter", "Lanczos", "-resize", &format!("{width}x")];
        assert_close(&format!("{width} by ImageMagick"), &got, &by_imagemagick(&png, &options), 8, 0.5);
    }
}

#[test]
fn every_kernel_and_mode_is_that_of_imagemagick() {
    let png = small_photo();
    for (kernel, filter) in
        [("linear", "Triangle"), ("cubic", "Catrom"), ("mitchell", "Mitchell"), ("lanczos", "Lanczos")]
    {
        let got = by_engine(&png, &format!("resize(100, 100, mode=stretch, kernel={kernel})"));
        let wanted = by_imagemagick(&png, &["-filter", filter, "-resize", "100x100!"]);
        assert_close(kernel, &got, &wanted, 4, 0.5);
    }
    let cover = by_engine(&png, "resize(100, 100, mode=cover)");
    let options = [
        "-filter",
        "Lanczos",
        "-resize",
        "100x100^",
        "-gravity",
        "center",
        "-crop",
        "100x100+0+0",
        "+repage",
    ];
    assert_close("cover", &cover, &by_imagemagick(&png, &options), 24, 1.5);
    let fit = by_engine(&png, "resize(100, 100)");
    assert_eq!((fit.width, fit.height), (100, 63));
}

#[test]
fn resize_weighs_colours_by_their_alpha() {
    let half = ["-size", "64x64", "xc:red", "-size", "64x64", "xc:#00ff0000", "+append", "png32:-"];
    let png = convert(&[], &half);
    let got = by_engine(&png, "resize(width=9)");
    assert!(got.rgba.chunks(4).filter(|p| p[3] > 2).all(|p| p[0] > 250 && p[1] < 5), "{:?}", &got.rgba[..36]);
}

#[test]
fn sharpen_is_the_unsharp_mask_of_imagemagick() {
    let png = small_photo();
    for (chain, options) in [("sharpen(1, sigma=1)", "0x1+1+0"), ("sharpen(2.5, sigma=2)", "0x2+2.5+0")] {
        let wanted = by_imagemagick(&png, &["-unsharp", options]);
        assert_close(chain, &by_engine(&png, chain), &wanted, 4, 0.75);
    }
}

#[test]
fn crop_flip_and_quarters_are_exact() {
    let png = small_photo();
    let cases: [(&str, &[&str]); 7] = [
        ("crop(100, 50, x=17, y=23)", &["-crop", "100x50+17+23", "+repage"]),
        ("crop(100, 50)", &["-gravity", "center", "-crop", "100x50+0+0", "+repage"]),
        ("flip", &["-flop"]),
        ("flip(vertical)", &["-flip"]),
        ("rotate(90)", &["-rotate", "90"]),
        ("rotate(180)", &["-rotate", "180"]),
        ("rotate(-90)", &["-rotate", "270"]),
    ];
    for (chain, options) in cases {
        assert_eq!(difference(&by_engine(&png, chain), &by_imagemagick(&png, options)), (0, 0.0), "{chain}");
    }
}

#[test]
fn any_angle_turns_as_imagemagick_does() {
    // A smooth picture: at edges two ways of interpolation are further apart than any mistake would be.
    let png = convert(&small_photo(), &["-", "-blur", "0x4", "png24:-"]);
    let got = by_engine(&png, "rotate(30)");
    let options = [
        "-alpha",
        "set",
        "-virtual-pixel",
        "transparent",
        "-background",
        "none",
        "+distort",
        "SRT",
        "30",
        "+repage",
    ];
    let wanted = by_imagemagick(&png, &options);
    let (got, wanted) = (middle(&got, 200), middle(&wanted, 200));
    assert_close("rotate(30)", &got, &wanted, 8, 1.0);
}

/// The square in the middle of a picture.
fn middle(pixels: &Pixels, side: usize) -> Pixels {
    let (left, top) = ((pixels.width - side) / 2, (pixels.height - side) / 2);
    let rows = pixels.rgba.chunks(pixels.width * 4).skip(top).take(side);
    let rgba = rows.flat_map(|row| row[left * 4..(left + side) * 4].to_vec()).collect();
    Pixels { width: side, height: side, rgba }
}

#[test]
fn a_crop_outside_of_the_image_is_refused() {
    let refusal = engine(&small_photo(), "crop(100, 100, x=400, y=0)", None).unwrap_err();
    assert_eq!(refusal.code.as_str(), "impossible_chain");
    let refusal = engine(&small_photo(), "resize(width=20000)", None).unwrap_err();
    assert_eq!(refusal.code.as_str(), "output_too_large");
}

#[test]
fn effects_run_on_a_photograph() {
    let png = small_photo();
    let before = from_png(&png);
    for chain in ["oil(2)", "halftone", "photon(vintage)"] {
        let output = engine(&png, chain, Some(Format::Png)).unwrap();
        let after = from_png(&output.bytes);
        let (largest, mean) = difference(&before, &after);
        assert!(largest > 20 && mean > 0.5 && mean < 100.0, "{chain}: {largest}, {mean}");
    }
}
