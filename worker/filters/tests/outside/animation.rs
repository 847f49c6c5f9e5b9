//! Animations: frames, times and repetitions, as other programs see them.

use imgfilter_filters::{Format, Limits, probe};

use super::pixels::{Pixels, assert_close, by_imagemagick, from_png};
use super::tools::{Files, convert, engine, filtered, identify};

/// An animation whose frames overlay, are cleared away and are taken back; 5 frames of 80 × 60.
fn gif(repetitions: &str) -> Vec<u8> {
    let arguments = [
        "-size",
        "80x60",
        "-loop",
        repetitions,
        "-dispose",
        "none",
        "-delay",
        "7",
        "gradient:red-yellow",
        "-dispose",
        "previous",
        "-delay",
        "13",
        "-page",
        "+10+5",
        "(",
        "-size",
        "30x20",
        "xc:blue",
        ")",
        "-dispose",
        "background",
        "-delay",
        "100",
        "-page",
        "+20+15",
        "(",
        "-size",
        "30x20",
        "xc:lime",
        ")",
        "-dispose",
        "none",
        "-delay",
        "2",
        "-page",
        "+60+50",
        "(",
        "-size",
        "40x30",
        "xc:white",
        ")",
        "-dispose",
        "none",
        "-delay",
        "50",
        "-page",
        "+0+0",
        "(",
        "-size",
        "5x5",
        "xc:black",
        ")",
        "gif:-",
    ];
    convert(&[], &arguments)
}

const DELAYS: &str = "7 13 100 2 50 ";

#[test]
fn frames_delays_and_repetitions_of_a_gif_are_kept() {
    for repetitions in ["0", "3"] {
        let gif = gif(repetitions);
        assert_eq!(identify(&gif, "%T "), DELAYS);
        assert_eq!(probe(&gif, &Limits::default()).unwrap().frames, 5);
        let output = engine(&gif, "grayscale", None).unwrap();
        assert_eq!((output.format, output.frames, output.width, output.height), (Format::Gif, 5, 80, 60));
        assert_eq!(identify(&output.bytes, "%T "), DELAYS);
        let loops = |file: &[u8]| {
            let files = Files::new();
            files.vips_field(&files.put("a.gif", file), "loop")
        };
        assert_eq!(loops(&output.bytes), loops(&gif));
        let seen = by_imagemagick(&output.bytes, &["-coalesce"]);
        assert_eq!(seen.height, 300);
        assert!(seen.rgba.chunks(4).all(|p| p[3] == 0 || (p[0] == p[1] && p[1] == p[2])), "not grey");
    }
}

#[test]
fn frames_are_put_on_their_canvas_as_imagemagick_does() {
    let gif = gif("0");
    let wanted = by_imagemagick(&gif, &["-coalesce"]);
    for chain in ["", "flip|flip"] {
        let got = by_imagemagick(&filtered(&gif, chain, Format::Gif), &["-coalesce"]);
        assert_close(chain, &visible(got), &visible(wanted.clone()), 0, 0.0);
    }
}

#[test]
fn interlaced_frames_are_read_as_imagemagick_does() {
    for size in ["80x60", "5x5", "1x1", "3x2", "31x17", "200x9"] {
        for picture in ["xc:red", "gradient:red-yellow", "plasma:"] {
            let gif = convert(&[], &["-size", size, "-seed", "6", picture, "-interlace", "GIF", "gif:-"]);
            let (got, wanted) = (from_png(&filtered(&gif, "", Format::Png)), by_imagemagick(&gif, &[]));
            assert_close(&format!("{picture} of {size}"), &got, &wanted, 0, 0.0);
        }
    }
}

#[test]
fn a_filtered_palette_is_seen_as_filtered_pixels_are() {
    let gif = gif("0");
    let optimised = convert(&gif, &["-", "-coalesce", "-layers", "OptimizeTransparency", "gif:-"]);
    let interlaced = convert(&gif, &["-", "-interlace", "GIF", "gif:-"]);
    for (kind, file) in [("overlaid", &gif), ("optimised", &optimised), ("interlaced", &interlaced)] {
        for chain in ["invert", "sepia|contrast(20)", "hue(70)|gamma(1.4)"] {
            let seen =
                |chain: &str| visible(by_imagemagick(&filtered(file, chain, Format::Gif), &["-coalesce"]));
            // To be turned twice, the frames are put together.
            let wanted = seen(&format!("flip|flip|{chain}"));
            assert_close(&format!("{kind}, {chain}"), &seen(chain), &wanted, 0, 0.0);
        }
    }
}

#[test]
fn a_filtered_palette_keeps_every_colour_and_the_size() {
    let plasma = ["-size", "200x150", "-delay", "5", "-seed", "3", "plasma:", "-seed", "4", "plasma:"];
    let gif = convert(&[], &[&plasma[..], &["+dither", "gif:-"]].concat());
    let before = by_imagemagick(&gif, &["-coalesce"]);
    let output = filtered(&gif, "invert", Format::Gif);
    let mut after = by_imagemagick(&output, &["-coalesce"]);
    after
        .rgba
        .chunks_mut(4)
        .for_each(|pixel| pixel[..3].iter_mut().for_each(|sample| *sample = 255 - *sample));
    assert_close("inverted back", &after, &before, 0, 0.0);
    let (small, large) = (gif.len() * 98 / 100, gif.len() * 102 / 100);
    assert!((small..large).contains(&output.len()), "{} of {}", output.len(), gif.len());
}

/// Colours of transparent pixels are nobody's business.
fn visible(mut pixels: Pixels) -> Pixels {
    pixels.rgba.chunks_mut(4).filter(|pixel| pixel[3] == 0).for_each(|pixel| pixel.fill(0));
    pixels
}

#[test]
fn frames_of_many_colours_stay_close() {
    let plasma = ["-size", "90x70", "-delay", "5", "-seed", "7", "plasma:", "-seed", "8", "plasma:"];
    let frames = convert(&[], &[&plasma[..], &["-seed", "9", "plasma:", "miff:-"]].concat());
    let wanted = by_imagemagick(&frames, &[]);
    let webp = {
        let files = Files::new();
        let gif = files.put("in.gif", &convert(&frames, &["-", "gif:-"]));
        files.vips(
            "copy",
            std::path::Path::new(&format!("{}[n=-1]", gif.display())),
            "out.webp[lossless]",
            &[],
        )
    };
    let got = by_imagemagick(&filtered(&webp, "", Format::Gif), &["-coalesce"]);
    assert_eq!(got.height, wanted.height);
    assert_close("two quantisations", &got, &wanted, 120, 8.0);
}

#[test]
fn animated_webp_keeps_frames_delays_and_repetitions() {
    let files = Files::new();
    for (repetitions, plays) in [("0", "0"), ("3", "3")] {
        let gif = gif(repetitions);
        let webp = filtered(&gif, "", Format::WebP);
        let info = probe(&webp, &Limits::default()).unwrap();
        assert_eq!((info.format, info.width, info.height, info.frames), (Format::WebP, 80, 60, 5));
        let path = files.put("a.webp", &webp);
        assert_eq!(files.vips_field(&path, "n-pages"), "5");
        assert_eq!(
            files.vips_field(&path, "delay").split_whitespace().collect::<Vec<_>>().join(" "),
            "70 130 1000 20 500"
        );
        assert_eq!(files.vips_field(&path, "loop"), plays);
        let again = engine(&webp, "invert|invert", None).unwrap();
        assert_eq!((again.format, again.frames), (Format::WebP, 5));
        let path = files.put("b.webp", &again.bytes);
        assert_eq!(
            files.vips_field(&path, "delay").split_whitespace().collect::<Vec<_>>().join(" "),
            "70 130 1000 20 500"
        );
        let back = filtered(&webp, "", Format::Gif);
        assert_eq!(identify(&back, "%T "), DELAYS);
    }
}

#[test]
fn animated_webp_shows_the_same_pictures_to_libvips() {
    let files = Files::new();
    let gif = gif("0");
    let wanted = visible(by_imagemagick(&gif, &["-coalesce"]));
    let webp = files.put("a.webp", &filtered(&gif, "", Format::WebP));
    let all = format!("{}[n=-1]", webp.display());
    let seen = visible(from_png(&files.vips("copy", std::path::Path::new(&all), "all.png", &[])));
    // Lossy: at an edge between pure colours a single sample may be far off.
    assert_close("libvips", &seen, &wanted, 200, 4.0);
}

#[test]
fn an_animation_into_a_still_is_refused() {
    for format in [Format::Jpeg, Format::Png] {
        let refusal = engine(&gif("0"), "grayscale", Some(format)).unwrap_err();
        assert_eq!(refusal.code.as_str(), "animation_not_supported");
    }
}

#[test]
fn identical_frames_stay_frames() {
    let gif = convert(&[], &["-size", "20x20", "-delay", "9", "xc:red", "xc:red", "xc:red", "gif:-"]);
    for format in [Format::Gif, Format::WebP] {
        let output = engine(&gif, "", Some(format)).unwrap();
        assert_eq!(probe(&output.bytes, &Limits::default()).unwrap().frames, 3);
    }
}

#[test]
fn an_animation_is_resized_frame_by_frame() {
    let output = engine(&gif("0"), "resize(width=40)|rotate(90)", None).unwrap();
    assert_eq!((output.width, output.height, output.frames), (30, 40, 5));
    assert_eq!(identify(&output.bytes, "%T "), DELAYS);
}
