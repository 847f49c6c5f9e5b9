//! Filters over neighbours, held against ImageMagick and libvips.

use std::path::Path;

use super::pixels::{Pixels, assert_close, by_engine, by_imagemagick, difference, from_png};
use super::tools::{Files, convert, photo};

/// A photograph as PNG, small enough for many tests.
fn small_photo() -> Vec<u8> {
    convert(&photo("nature/Blinds.jpg"), &["-", "-resize", "320x200!", "-strip", "png24:-"])
}

/// The mean difference where ImageMagick cuts fractions of a level off, alpha counted as a channel without any.
const TRUNCATED: f64 = 0.4;

/// A picture without its outermost pixels, where others may take what is outside for something else.
fn inside(pixels: &Pixels, margin: usize) -> Pixels {
    let (width, height) = (pixels.width - 2 * margin, pixels.height - 2 * margin);
    let rows = pixels.rgba.chunks(pixels.width * 4).skip(margin).take(height);
    let rgba = rows.flat_map(|row| row[margin * 4..(margin + width) * 4].to_vec()).collect();
    Pixels { width, height, rgba }
}

#[test]
fn median_and_morphology_are_exactly_those_of_imagemagick() {
    let png = small_photo();
    let cases: [(&str, &[&str]); 7] = [
        ("median(10)", &["-statistic", "Median", "21x21"]),
        ("median(1)", &["-statistic", "Median", "3x3"]),
        ("median(4)", &["-statistic", "Median", "9x9"]),
        ("dilate(1)", &["-morphology", "Dilate", "Square:1"]),
        ("dilate(5)", &["-morphology", "Dilate", "Square:5"]),
        ("erode(2)", &["-morphology", "Erode", "Square:2"]),
        ("erode(6)", &["-morphology", "Erode", "Square:6"]),
    ];
    for (chain, options) in cases {
        let (got, wanted) = (by_engine(&png, chain), by_imagemagick(&png, options));
        assert_eq!(difference(&got, &wanted), (0, 0.0), "{chain}");
    }
}

#[test]
fn median_is_exactly_the_rank_filter_of_libvips() {
    let files = Files::new();
    let png = small_photo();
    let input = files.put("in.png", &png);
    // From 5 × 5 on the rank filter of libvips 8.14 gives something else than the median, so only this one is asked.
    let wanted = from_png(&files.vips("rank", &input, "out.png", &["3", "3", "4"]));
    let got = by_engine(&png, "median(1)");
    assert_eq!(difference(&inside(&got, 1), &inside(&wanted, 1)), (0, 0.0));
}

#[test]
fn convolve_is_that_of_libvips() {
    let files = Files::new();
    let png = small_photo();
    let input = files.put("in.png", &png);
    // A kernel without any symmetry, so that one that is turned around would be seen.
    let mask = files.put("kernel.mat", b"3 3 4 10\n-1 -2 3\n0 5 1\n-3 0 1\n");
    let arguments = [mask.to_str().unwrap(), "--precision", "float"];
    let real = files.vips("conv", &input, "out.v", &arguments);
    let real = files.put("real.v", &real);
    let rounded = files.vips("round", &real, "rounded.v", &["rint"]);
    let rounded = files.put("whole.v", &rounded);
    let wanted = from_png(&files.vips("cast", &rounded, "out.png", &["uchar"]));
    // The offset of 10 levels is a bias of 10 / 255.
    let got = by_engine(&png, "convolve(-1:-2:3:0:5:1:-3:0:1, divisor=4, bias=3.92156862745)");
    assert_close("convolve", &got, &wanted, 1, 0.1);
}

#[test]
fn blurs_are_those_of_imagemagick() {
    let png = small_photo();
    let row = "11x1+5+0:1,1,1,1,1,1,1,1,1,1,1";
    let column = "1x7+0+3:1,1,1,1,1,1,1";
    let cases: [(&str, &[&str]); 4] = [
        ("boxblur(1)", &["-define", "convolve:scale=!", "-morphology", "Convolve", "Square:1"]),
        ("boxblur(6)", &["-define", "convolve:scale=!", "-morphology", "Convolve", "Square:6"]),
        ("motionblur(11)", &["-define", "convolve:scale=!", "-morphology", "Convolve", row]),
        ("motionblur(7, angle=90)", &["-define", "convolve:scale=!", "-morphology", "Convolve", column]),
    ];
    for (chain, options) in cases {
        assert_close(chain, &by_engine(&png, chain), &by_imagemagick(&png, options), 1, TRUNCATED);
    }
}

#[test]
fn spinblur_is_the_rotational_blur_of_imagemagick() {
    // A smooth picture, because ImageMagick takes the nearest pixels of an arc.
    let png = convert(&small_photo(), &["-", "-blur", "0x3", "png24:-"]);
    let got = by_engine(&png, "spinblur(12)");
    let wanted = by_imagemagick(&png, &["-rotational-blur", "12"]);
    assert_close("spinblur(12)", &inside(&got, 30), &inside(&wanted, 30), 10, 1.5);
}

#[test]
fn unsharp_is_that_of_imagemagick_with_half_its_threshold() {
    let png = small_photo();
    let (got, wanted) =
        (by_engine(&png, "unsharp(2, 150, 4)"), by_imagemagick(&png, &["-unsharp", "0x2+1.5+0.08"]));
    // At the threshold itself a rounding decides between all and nothing.
    let (_, mean) = difference(&got, &wanted);
    assert!(mean < 0.75, "{mean}");
}

#[test]
fn pixelate_is_scaling_down_and_up() {
    let png = small_photo();
    for (size, small) in [(4, "80x50!"), (10, "32x20!"), (20, "16x10!")] {
        let wanted = by_imagemagick(&png, &["-scale", small, "-sample", "320x200!"]);
        assert_close("pixelate", &by_engine(&png, &format!("pixelate({size})")), &wanted, 1, TRUNCATED);
    }
}

#[test]
fn edges_are_the_length_of_the_gradient_by_libvips() {
    let files = Files::new();
    let png = small_photo();
    let input = files.put("in.png", &png);
    let part = |operation: &str, from: &Path, name: &str, arguments: &[&str]| {
        let bytes = files.vips(operation, from, &format!("{name}-out.v"), arguments);
        files.put(&format!("{name}.v"), &bytes)
    };
    let square = |name: &str, weights: &[u8]| {
        let mask = files.put(&format!("{name}.mat"), weights);
        let real = part("cast", &input, &format!("{name}-real"), &["float"]);
        let slope = part("conv", &real, name, &[mask.to_str().unwrap(), "--precision", "float"]);
        part("math2_const", &slope, &format!("{name}-square"), &["pow", "2"])
    };
    let across = square("across", b"3 3 1 0\n-1 0 1\n-2 0 2\n-1 0 1\n");
    let down = square("down", b"3 3 1 0\n-1 -2 -1\n0 0 0\n1 2 1\n");
    // libvips takes a list of images as one argument.
    let both = format!("{} {}", across.display(), down.display());
    let sum = part("sum", Path::new(&both), "sum", &[]);
    let length = part("math2_const", &sum, "length", &["pow", "0.5"]);
    let whole = part("round", &length, "whole", &["rint"]);
    let wanted = from_png(&files.vips("cast", &whole, "out.png", &["uchar"]));
    // The weights of one side, which we divide by, are 4 in all.
    let got = by_engine(&png, "edge(sobel, colour, amount=400)");
    assert_close("edge(sobel)", &got, &wanted, 1, 0.1);
}
