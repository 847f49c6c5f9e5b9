//! Reading and writing, held against ImageMagick, which has its own decoders.

use imgfilter_filters::{Format, Limits, probe};

use super::pixels::{assert_close, by_engine, by_imagemagick, from_png};
use super::tools::{convert, engine, filtered, photo};

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
        // ImageMagick rounds 16 bits to 8, where the engine keeps the upper 8.
        let tolerance = if kind == "16 bits" { 1 } else { 0 };
        assert_close(kind, &got, &by_imagemagick(&png, &[]), tolerance, 1.0);
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
    for (format, largest, mean) in
        [(Format::Png, 0, 0.0), (Format::Jpeg, 90, 3.0), (Format::WebP, 90, 4.0), (Format::Gif, 90, 5.0)]
    {
        let file = filtered(&photo, "", format);
        let info = probe(&file, &Limits::default()).unwrap();
        assert_eq!((info.format, info.width, info.height, info.frames), (format, 300, 200, 1));
        assert_close(format.name(), &by_imagemagick(&file, &[]), &before, largest, mean);
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
    for format in [Format::Png, Format::WebP, Format::Gif] {
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
        for from in Format::ALL {
            let input = filtered(&png, "", from);
            for to in Format::ALL {
                let output = engine(&input, "blur(2)|sharpen|resize(width=3)", Some(to)).unwrap();
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
    for format in [Format::Jpeg, Format::WebP] {
        let size = |quality| {
            let job = imgfilter_filters::Job {
                input: &photo,
                chains: &["resize(width=400)".to_owned()],
                format: Some(format),
                quality: Some(quality),
                limits: Limits::default(),
                deadline: None,
                threads: 2,
                cancel: None,
            };
            imgfilter_filters::process(&job).unwrap()[0].as_ref().unwrap().bytes.len()
        };
        assert!(size(10) * 2 < size(80) && size(80) < size(100), "{}", format.name());
    }
}
