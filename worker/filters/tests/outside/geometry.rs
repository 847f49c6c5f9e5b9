//! Geometry and what is laid over pictures, held against ImageMagick.

use std::path::Path;

use imgfilter_filters::Format;

use super::pixels::{Pixels, assert_close, by_engine, by_imagemagick, difference, from_png};
use super::tools::{convert, filtered, photo};

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/assets");
const LOGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/assets/images/logo.png");
const TEXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/assets/images/texture.png");
/// What texts are written in where the operator has no font.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// A photograph of 360 × 240 as PNG.
fn small_photo() -> Vec<u8> {
    convert(&photo("nature/Blinds.jpg"), &["-", "-resize", "360x240!", "-strip", "png24:-"])
}

/// The same without edges, at which two ways of interpolation are further apart than any mistake would be.
fn smooth_photo() -> Vec<u8> {
    convert(&small_photo(), &["-", "-blur", "0x4", "png24:-"])
}

/// The rectangle of a size in the middle of a picture.
fn middle(pixels: &Pixels, width: usize, height: usize) -> Pixels {
    let (left, top) = ((pixels.width - width) / 2, (pixels.height - height) / 2);
    let rows = pixels.rgba.chunks(pixels.width * 4).skip(top).take(height);
    let rgba = rows.flat_map(|row| row[left * 4..(left + width) * 4].to_vec()).collect();
    Pixels { width, height, rgba }
}

#[test]
fn grounds_and_borders_are_exact() {
    let png = small_photo();
    let extent =
        |gravity: &'static str| ["-background", "#204060", "-gravity", gravity, "-extent", "500x300"];
    let cases: [(&str, &[&str]); 7] = [
        ("pad(500, 300, #204060)", &extent("center")),
        ("pad(500, 300, #204060, northwest)", &extent("northwest")),
        ("pad(500, 300, #204060, east)", &extent("east")),
        ("pad(500, 300, #204060, south)", &extent("south")),
        ("pad(colour=red, left=7, top=11)", &["-background", "red", "-splice", "7x11"]),
        ("border(12, #204060)", &["-bordercolor", "#204060", "-border", "12"]),
        (
            "border(1, white)|border(30, black)",
            &["-bordercolor", "white", "-border", "1", "-bordercolor", "black", "-border", "30"],
        ),
    ];
    for (chain, options) in cases {
        assert_eq!(difference(&by_engine(&png, chain), &by_imagemagick(&png, options)), (0, 0.0), "{chain}");
    }
}

#[test]
fn trim_finds_the_rectangle_of_imagemagick() {
    let framed = convert(
        &small_photo(),
        &[
            "-",
            "-bordercolor",
            "#f0f0f0",
            "-border",
            "31x17",
            "-background",
            "#f0f0f0",
            "-splice",
            "5x9",
            "png24:-",
        ],
    );
    let wanted = by_imagemagick(&framed, &["-trim", "+repage"]);
    assert_eq!(difference(&by_engine(&framed, "trim(0)"), &wanted), (0, 0.0));
    // The quarter tones that JPEG leaves around an edge.
    let noisy = convert(
        &[],
        &[
            "-size",
            "200x120",
            "xc:white",
            "-fill",
            "navy",
            "-draw",
            "rectangle 40,24 151,95",
            "-quality",
            "90",
            "jpg:-",
        ],
    );
    let wanted = by_imagemagick(&noisy, &["-fuzz", "20%", "-trim", "+repage"]);
    let got = by_engine(&noisy, "trim(20)");
    assert_eq!((got.width, got.height), (wanted.width, wanted.height));
}

#[test]
fn shear_slants_the_way_imagemagick_does() {
    let png = smooth_photo();
    for (chain, angles) in
        [("shear(20)", "20x0"), ("shear(-20)", "-20x0"), ("shear(y=15)", "0x15"), ("shear(20, 15)", "20x15")]
    {
        let (got, wanted) =
            (by_engine(&png, chain), by_imagemagick(&png, &["-background", "none", "-shear", angles]));
        let apart = (got.width.abs_diff(wanted.width), got.height.abs_diff(wanted.height));
        assert!(apart.0 <= 2 && apart.1 <= 2, "{chain}: {apart:?}");
        // The sizes may differ by a pixel, and so may the middle be half a pixel away.
        assert_close(chain, &middle(&got, 200, 120), &middle(&wanted, 200, 120), 24, 2.0);
    }
}

#[test]
fn perspective_is_the_distortion_of_imagemagick() {
    let png = smooth_photo();
    for (corners, pairs) in [
        ("40:0 330:30 360:240 0:200", "0,0 40,0 360,0 330,30 360,240 360,240 0,240 0,200"),
        ("0:20 360:0 300:220 60:240", "0,0 0,20 360,0 360,0 360,240 300,220 0,240 60,240"),
    ] {
        let got = by_engine(&png, &format!("perspective({corners})"));
        let wanted = by_imagemagick(
            &png,
            &[
                "-alpha",
                "set",
                "-virtual-pixel",
                "transparent",
                "-filter",
                "point",
                "-interpolate",
                "bilinear",
                "-distort",
                "Perspective",
                pairs,
            ],
        );
        assert_close(corners, &middle(&got, 200, 140), &middle(&wanted, 200, 140), 3, 0.6);
        let (_, mean) = difference(&got, &wanted);
        assert!(mean < 1.0, "{corners}: {mean}");
    }
}

#[test]
fn blend_modes_are_those_of_imagemagick() {
    imgfilter_filters::set_assets_folder(Some(Path::new(ASSETS)));
    let png = small_photo();
    let tile = format!("tile:{TEXTURE}");
    for (mode, compose) in [
        ("normal", "Over"),
        ("multiply", "Multiply"),
        ("screen", "Screen"),
        ("overlay", "Overlay"),
        ("darken", "Darken"),
        ("lighten", "Lighten"),
        ("color-dodge", "ColorDodge"),
        ("color-burn", "ColorBurn"),
        ("hard-light", "HardLight"),
        ("soft-light", "SoftLight"),
        ("difference", "Difference"),
        ("exclusion", "Exclusion"),
    ] {
        let got = by_engine(&png, &format!("blend(texture, {mode}, fit=tile)"));
        let options = ["-size", "360x240", &tile, "-compose", compose, "-composite"];
        assert_close(mode, &got, &by_imagemagick(&png, &options), 1, 0.5);
    }
}

#[test]
fn watermarks_lie_where_imagemagick_puts_them() {
    imgfilter_filters::set_assets_folder(Some(Path::new(ASSETS)));
    let png = small_photo();
    for (position, x, y) in [("northwest", 0, 0), ("southeast", 10, 7), ("center", 5, -6), ("east", 3, 0)] {
        let got = by_engine(&png, &format!("watermark(logo, {position}, x={x}, y={y})"));
        let geometry = format!("{x:+}{y:+}");
        let options = [LOGO, "-gravity", position, "-geometry", &geometry, "-compose", "Over", "-composite"];
        assert_close(position, &got, &by_imagemagick(&png, &options), 1, 0.1);
    }
    let got = by_engine(&png, "watermark(logo, northwest, opacity=60, mode=multiply)");
    let options = [
        "(",
        LOGO,
        "-channel",
        "A",
        "-evaluate",
        "multiply",
        "0.6",
        "+channel",
        ")",
        "-compose",
        "Multiply",
        "-composite",
    ];
    assert_close("opacity", &got, &by_imagemagick(&png, &options), 1, 0.1);
}

#[test]
fn a_shadow_is_the_blurred_silhouette_of_imagemagick() {
    let png = small_photo();
    let got = by_engine(&png, "shadow(8, 12, sigma=6, colour=#102030, opacity=50)");
    // Three deviations on each side, moved by the offset.
    let options = [
        "(",
        "-size",
        "396x276",
        "xc:#10203000",
        "-fill",
        "#102030",
        "-draw",
        "rectangle 18,18 377,257",
        "-channel",
        "A",
        "-blur",
        "0x6",
        "-evaluate",
        "multiply",
        "0.5",
        "+channel",
        ")",
        "+swap",
        "-geometry",
        "+10+6",
        "-compose",
        "Over",
        "-composite",
    ];
    let wanted = by_imagemagick(&png, &options);
    assert_eq!((got.width, got.height), (wanted.width, wanted.height));
    let alpha = |pixels: &Pixels| pixels.rgba.chunks(4).map(|pixel| pixel[3]).collect::<Vec<u8>>();
    let most = alpha(&got).iter().zip(&alpha(&wanted)).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(most <= Some(2), "{most:?}");
    // Colours where they are seen well.
    let seen = got.rgba.chunks(4).zip(wanted.rgba.chunks(4)).filter(|(got, _)| got[3] > 64);
    let most = seen.flat_map(|(a, b)| (0..3).map(|channel| a[channel].abs_diff(b[channel]))).max();
    assert!(most <= Some(1), "{most:?}");
}

#[test]
fn letters_are_those_of_imagemagick() {
    let white = convert(&[], &["-size", "400x120", "xc:white", "png24:-"]);
    for (text, size) in [("Hamburgefonstiv", 40), ("WAVE Tyto fi", 48), ("Grüße, Ølstræde", 33)] {
        let chain = format!("text(\"{text}\", northwest, x=20, y=20, size={size}, colour=black)");
        // The point is a pixel at 72 dots an inch; the box around the words is what is compared.
        let points = size.to_string();
        let options = [
            "-density",
            "72",
            "-font",
            FONT,
            "-pointsize",
            &points,
            "-gravity",
            "center",
            "-annotate",
            "0",
            text,
        ];
        let trimmed = |png: &[u8], options: &[&str]| {
            let ends = [
                "-bordercolor",
                "white",
                "-fuzz",
                "20%",
                "-trim",
                "+repage",
                "-resize",
                "300x60!",
                "png24:-",
            ];
            let size = convert(png, &[&["-"], options, &ends[..6], &["-format", "%w %h", "info:-"]].concat());
            let size = String::from_utf8(size).unwrap();
            let sides: Vec<i64> = size.split(' ').map(|side| side.trim().parse().unwrap()).collect();
            (sides, from_png(&convert(png, &[&["-"], options, &ends].concat())))
        };
        let (size, got) = trimmed(&filtered(&white, &chain, Format::Png), &[]);
        let (wanted_size, wanted) = trimmed(&white, &options);
        assert!(size.iter().zip(&wanted_size).all(|(a, b)| a.abs_diff(*b) <= 3), "{size:?} {wanted_size:?}");
        // Hinting moves edges by a part of a pixel.
        let (_, mean) = difference(&got, &wanted);
        assert!(mean < 16.0, "{text}: {mean}");
    }
}
