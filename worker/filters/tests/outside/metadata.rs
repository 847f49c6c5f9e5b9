//! Orientation and profiles are applied; nothing else about the photographer comes out again.

use imgfilter_filters::{Encoding, Format, Limits, probe};
use moxcms::ColorProfile;

use super::pixels::{assert_close, by_engine, by_imagemagick, from_png};
use super::tools::{Files, convert, encoded, filtered, photo};

/// An Exif block with an orientation, a camera and a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x03".to_vec();
    let camera_at = 8 + 2 + 3 * 12 + 4;
    tiff.extend(b"\x01\x0f\0\x02\0\0\0\x0c");
    tiff.extend((camera_at as u32).to_be_bytes());
    tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0");
    tiff.extend([orientation, 0, 0]);
    tiff.extend(b"\x88\x25\0\x04\0\0\0\x01");
    tiff.extend((camera_at as u32 + 12).to_be_bytes());
    tiff.extend([0; 4]);
    tiff.extend(b"SecretCamera");
    // The place: a directory with the reference of the latitude.
    tiff.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0GPSSECRET");
    tiff
}

fn jpeg_with(jpeg: &[u8], marker: u8, block: &[u8]) -> Vec<u8> {
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, block, &jpeg[2..]].concat()
}

fn png_with(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = u32::MAX;
    for byte in kind.iter().chain(data) {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = if checksum & 1 == 1 { checksum >> 1 ^ 0xedb8_8320 } else { checksum >> 1 };
        }
    }
    let length = (data.len() as u32).to_be_bytes();
    [&png[..33], &length, kind, data, &(!checksum).to_be_bytes(), &png[33..]].concat()
}

/// A still WebP of ours, in an extended file with one more chunk.
fn webp_with(webp: &[u8], size: (u32, u32), flag: u8, kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut body = b"WEBPVP8X\x0a\0\0\0".to_vec();
    body.extend([flag, 0, 0, 0]);
    body.extend(&(size.0 - 1).to_le_bytes()[..3]);
    body.extend(&(size.1 - 1).to_le_bytes()[..3]);
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        [kind, &(data.len() as u32).to_le_bytes()[..], data, &[0][..data.len() % 2]].concat()
    };
    let picture = webp[12..].to_vec();
    let extra = chunk(kind, data);
    // A profile stands before the picture, Exif behind it.
    body.extend(if kind == b"ICCP" { [extra, picture].concat() } else { [picture, extra].concat() });
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// A big-endian TIFF of ours or of ImageMagick's, with its orientation and a comment set in its first directory.
fn tiff_with(png: &[u8], orientation: u8) -> Vec<u8> {
    let orient = ["top-left", "top-right", "bottom-right", "bottom-left", "left-top", "right-top"];
    let orient = [&orient[..], &["right-bottom", "left-bottom"]].concat()[usize::from(orientation) - 1];
    let comment = ["-set", "comment", "GPSSECRET", "-set", "tiff:make", "SecretCamera"];
    let xmp = ["-set", "tiff:artist", "GPSSECRET", "-compress", "LZW"];
    convert(png, &[&["-", "-orient", orient], &comment[..], &xmp, &["tiff:-"]].concat())
}

/// Twelve by eight pixels of which no two sides are alike.
fn upright_png() -> Vec<u8> {
    let sides =
        ["-size", "24x16", "xc:white", "-fill", "red", "-draw", "rectangle 0,0 11,7", "-fill", "blue"];
    convert(
        &[],
        &[
            &sides[..],
            &["-draw", "rectangle 12,0 23,7", "-fill", "lime", "-draw", "rectangle 0,8 11,15", "png24:-"],
        ]
        .concat(),
    )
}

/// What ImageMagick must do to a picture that lies as each value of the tag says.
const UPRIGHT_BY: [&[&str]; 8] = [
    &[],
    &["-flop"],
    &["-rotate", "180"],
    &["-flip"],
    &["-transpose"],
    &["-rotate", "90"],
    &["-transverse"],
    &["-rotate", "270"],
];

#[test]
fn all_eight_orientations_are_applied() {
    let png = upright_png();
    let (jpeg, webp) = (filtered(&png, "", Format::Jpeg), filtered(&png, "", Format::WebP));
    for (orientation, options) in (1..).zip(UPRIGHT_BY) {
        let exif = exif(orientation);
        let turned = [
            (jpeg_with(&jpeg, 0xe1, &[b"Exif\0\0", &exif[..]].concat()), &jpeg),
            (png_with(&png, b"eXIf", &exif), &png),
            (webp_with(&webp, (24, 16), 0x08, b"EXIF", &exif), &webp),
            (tiff_with(&png, orientation), &png),
        ];
        for (file, plain) in turned {
            let wanted = by_imagemagick(plain, &[options, &["+repage"]].concat());
            let info = probe(&file, &Limits::default()).unwrap();
            assert_eq!((info.width as usize, info.height as usize), (wanted.width, wanted.height));
            assert_eq!((info.width, info.height), if orientation > 4 { (16, 24) } else { (24, 16) });
            let what = format!("{}, orientation {orientation}", info.format.name());
            assert_close(&what, &by_engine(&file, ""), &wanted, 6, 0.5);
        }
        let by_itself =
            by_imagemagick(&jpeg_with(&jpeg, 0xe1, &[b"Exif\0\0", &exif[..]].concat()), &["-auto-orient"]);
        assert_close("-auto-orient", &by_imagemagick(&jpeg, options), &by_itself, 0, 0.0);
    }
}

#[test]
fn nothing_of_the_photographer_comes_out() {
    let png = upright_png();
    let (jpeg, webp) = (filtered(&png, "", Format::Jpeg), filtered(&png, "", Format::WebP));
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>GPSSECRET</x:xmpmeta>";
    let jpeg = jpeg_with(&jpeg, 0xe1, &[b"Exif\0\0", &exif(1)[..]].concat());
    let jpeg = jpeg_with(&jpeg_with(&jpeg, 0xe1, xmp), 0xfe, b"a comment: GPSSECRET");
    let png = png_with(&png_with(&png, b"eXIf", &exif(1)), b"tEXt", b"Comment\0GPSSECRET");
    let webp = webp_with(&webp, (24, 16), 0x08, b"EXIF", &exif(1));
    let gif = convert(&png, &["-", "-set", "comment", "GPSSECRET", "gif:-"]);
    let holds = |file: &[u8], words: &[u8]| file.windows(words.len()).any(|window| window == words);
    let tiff = tiff_with(&upright_png(), 1);
    let bmp = [filtered(&upright_png(), "", Format::Bmp), b"GPSSECRET".to_vec()].concat();
    for input in [jpeg, png, webp, gif, tiff, bmp] {
        assert!(holds(&input, b"GPSSECRET"), "the test itself");
        for format in Format::ALL {
            for chain in ["", "blur(1)"] {
                let output = filtered(&input, chain, format);
                for words in [&b"SECRET"[..], b"Secret", b"Exif", b"EXIF", b"eXIf", b"xmp", b"tEXt", b"ICC"] {
                    assert!(!holds(&output, words), "{} in {}", words.escape_ascii(), format.name());
                }
            }
        }
    }
}

#[test]
fn an_embedded_profile_is_turned_into_srgb_as_libvips_does() {
    let files = Files::new();
    let png = convert(&photo("nature/Aqua.jpg"), &["-", "-resize", "200x150!", "-strip", "png24:-"]);
    let jpeg = filtered(&png, "", Format::Jpeg);
    let srgb = files.put("srgb.icc", &ColorProfile::new_srgb().encode().unwrap());
    for profile in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()] {
        let icc = profile.encode().unwrap();
        let header = [b"ICC_PROFILE\0\x01\x01", &icc[..]].concat();
        let wide = jpeg_with(&jpeg, 0xe2, &header);
        let input = files.put("wide.jpg", &wide);
        let wanted = files.vips("icc_transform", &input, "out.png", &[srgb.to_str().unwrap(), "--embedded"]);
        let got = by_engine(&wide, "");
        assert_close("JPEG with a profile", &got, &from_png(&wanted), 12, 1.0);
        let plain = by_engine(&jpeg, "");
        assert_ne!(got, plain, "the profile changes something");
    }
    let with_srgb = jpeg_with(
        &jpeg,
        0xe2,
        &[b"ICC_PROFILE\0\x01\x01", &ColorProfile::new_srgb().encode().unwrap()[..]].concat(),
    );
    assert_eq!(by_engine(&with_srgb, ""), by_engine(&jpeg, ""), "sRGB changes nothing");
    let with_rubbish = jpeg_with(&jpeg, 0xe2, b"ICC_PROFILE\0\x01\x01 this is no profile");
    assert_eq!(by_engine(&with_rubbish, ""), by_engine(&jpeg, ""), "rubbish is passed over");
}

#[test]
fn a_profile_in_webp_and_png_counts_too() {
    let png = convert(&photo("nature/Aqua.jpg"), &["-", "-resize", "60x40!", "-strip", "png24:-"]);
    let webp = filtered(&png, "", Format::WebP);
    let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
    let plain = by_engine(&webp, "");
    let wide = by_engine(&webp_with(&webp, (60, 40), 0x20, b"ICCP", &icc), "");
    assert_ne!(plain, wide);
    let files = Files::new();
    let profile = files.put("adobe.icc", &icc);
    let tagged = convert(&png, &["-", "-profile", profile.to_str().unwrap(), "png24:-"]);
    assert!(tagged.windows(4).any(|window| window == b"iCCP"), "the test itself");
    assert_ne!(by_engine(&tagged, ""), by_engine(&png, ""));
}

const WITH_PROFILES: [Format; 4] = [Format::Jpeg, Format::Png, Format::WebP, Format::Tiff];

#[test]
fn a_profile_is_kept_on_request_and_the_samples_with_it() {
    let files = Files::new();
    let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
    let profile = files.put("adobe.icc", &icc);
    let small = convert(&photo("nature/Aqua.jpg"), &["-", "-resize", "200x150!", "-strip", "png24:-"]);
    let plain = from_png(&small);
    for from in WITH_PROFILES {
        let target = format!("{}:-", from.name());
        let options =
            ["-", "-profile", profile.to_str().unwrap(), "-quality", "98", "-compress", "none", &target];
        let input = convert(&small, &options);
        for to in WITH_PROFILES {
            let encoding = Encoding { keep_profile: true, quality: Some(98), ..to.into() };
            let file = encoded(&input, "", encoding).unwrap().bytes;
            let what = format!("{} to {}", from.name(), to.name());
            assert!(convert(&file, &["-", "icc:-"]) == icc, "{what}: the profile");
            // The samples as they are, without the profile.
            assert_close(&what, &by_imagemagick(&file, &["-strip"]), &plain, 60, 3.0);
        }
    }
}

#[test]
fn a_kept_profile_is_that_of_the_samples() {
    let files = Files::new();
    let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
    let profile = files.put("adobe.icc", &icc);
    let photo = photo("nature/Aqua.jpg");
    let options = ["-", "-resize", "90x60!", "-strip", "-profile", profile.to_str().unwrap(), "png24:-"];
    let wide = convert(&photo, &options);
    // One component cannot have a profile of three, nor can a palette be filtered without its profile.
    for (chain, colours) in [("grayscale", "16777216"), ("grayscale", "16"), ("sepia", "16")] {
        let options = ["-", "-colors", colours, "-profile", profile.to_str().unwrap(), "png:-"];
        let few = convert(&wide, &options);
        for to in WITH_PROFILES {
            let file = encoded(&few, chain, Encoding { keep_profile: true, ..to.into() }).unwrap().bytes;
            let path = files.put(&format!("kept.{}", to.extension()), &file);
            assert_eq!(files.vips_field(&path, "bands"), "3", "{chain} in {}", to.name());
            assert!(convert(&file, &["-", "icc:-"]) == icc, "{chain} in {}", to.name());
        }
    }
    // Formats without a place for it, and profiles of other pictures, lead to sRGB.
    for to in [Format::Gif, Format::Bmp] {
        let kept = encoded(&wide, "", Encoding { keep_profile: true, ..to.into() }).unwrap().bytes;
        assert!(kept == filtered(&wide, "", to), "{}", to.name());
    }
    let press = files.put("wide.png", &wide);
    let press = files.vips("icc_export", &press, "press.tif", &["--output-profile", "cmyk"]);
    let kept = encoded(&press, "", Encoding { keep_profile: true, ..Format::Png.into() }).unwrap().bytes;
    assert!(kept == filtered(&press, "", Format::Png));
}
