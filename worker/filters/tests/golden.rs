//! Every filter's example and every look on one photograph, beside the pictures in `golden/`, which people have looked
//! at. With `UPDATE_GOLDEN=1` in the environment the pictures are written anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

use std::fs::File;
use std::path::Path;

use imgfilter_filters::{
    Encoding, Format, Job, Limits, catalogue, process, read_presets, set_assets_folder, set_presets,
};
use rayon::prelude::*;

/// Pixels a side of the squares whose mean is kept: small changes show, and the pictures stay small.
const SQUARE: usize = 8;
/// How far a square may be off, in levels: filters that jump (threshold, dither, halftone) may do so at another pixel
/// where the last bit is another, as it is between processors.
const MOST: u8 = 12;
/// How far all squares may be off on the average, in levels.
const MEAN: f64 = 0.25;

/// A picture of 8-bit RGBA.
struct Picture {
    width: usize,
    rgba: Vec<u8>,
}

#[test]
fn filters_and_looks_are_as_they_were() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = crate_folder.join("tests");
    set_assets_folder(Some(&tests.join("assets")));
    set_presets(read_presets(&tests.join("presets"), &Limits::default().chains).unwrap());
    let photo = std::fs::read(crate_folder.join("../../docs/pictures/coffee.jpg")).unwrap();
    let catalogue = catalogue();
    let filters = catalogue.filters.iter().map(|filter| (filter.name.to_owned(), filter.example.to_owned()));
    let looks =
        catalogue.looks.iter().map(|look| (format!("look-{}", look.name), format!("look({})", look.name)));
    let wrong: Vec<String> = filters
        .chain(looks)
        .collect::<Vec<_>>()
        .par_iter()
        .filter_map(|(name, chain)| {
            let found = means(&read(&filtered(&photo, chain)));
            let file = tests.join("golden").join(format!("{name}.png"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                write(&file, &found);
            }
            let golden = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()));
            golden
                .and_then(|golden| compare(&found, &read(&golden)))
                .err()
                .map(|error| format!("{chain}: {error}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn filtered(picture: &[u8], chain: &str) -> Vec<u8> {
    let job = Job {
        input: picture,
        chains: &[chain.to_owned()],
        encoding: Encoding { effort: Some(1), ..Format::Png.into() },
        limits: Limits::default(),
        deadline: None,
        threads: 1,
        cancel: None,
    };
    process(&job).unwrap().remove(0).unwrap_or_else(|refusal| panic!("{chain}: {refusal}")).bytes
}

fn compare(found: &Picture, golden: &Picture) -> Result<(), String> {
    if (found.width, found.rgba.len()) != (golden.width, golden.rgba.len()) {
        return Err("another size".to_owned());
    }
    let differences = || found.rgba.iter().zip(&golden.rgba).map(|(found, golden)| found.abs_diff(*golden));
    let most = differences().max().unwrap_or_default();
    let mean = differences().map(f64::from).sum::<f64>() / found.rgba.len() as f64;
    let near = most <= MOST && mean <= MEAN;
    near.then_some(()).ok_or_else(|| format!("off by {most} levels at most, by {mean:.2} on the average"))
}

/// The means of squares; colours weigh by their alpha.
fn means(picture: &Picture) -> Picture {
    let height = picture.rgba.len() / 4 / picture.width;
    let squares = |length: usize| length.div_ceil(SQUARE);
    let mut rgba = Vec::new();
    for (y, x) in (0..squares(height)).flat_map(|y| (0..squares(picture.width)).map(move |x| (y, x))) {
        let (mut sums, mut pixels) = ([0.0; 4], 0.0);
        for row in y * SQUARE..(y * SQUARE + SQUARE).min(height) {
            for column in x * SQUARE..(x * SQUARE + SQUARE).min(picture.width) {
                let pixel = &picture.rgba[(row * picture.width + column) * 4..][..4];
                let alpha = f64::from(pixel[3]);
                (0..3).for_each(|channel| sums[channel] += f64::from(pixel[channel]) * alpha);
                sums[3] += alpha;
                pixels += 1.0;
            }
        }
        let colours = [0, 1, 2].map(|channel| (sums[channel] / f64::max(sums[3], 1.0)).round() as u8);
        rgba.extend(colours);
        rgba.push((sums[3] / pixels).round() as u8);
    }
    Picture { width: squares(picture.width), rgba }
}

fn read(file: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    let rgba = match info.color_type {
        png::ColorType::Rgba => samples,
        png::ColorType::GrayscaleAlpha => {
            samples.as_chunks().0.iter().flat_map(|&[v, a]| [v, v, v, a]).collect()
        }
        other => panic!("{other:?} in spite of the transformations"),
    };
    Picture { width: info.width as usize, rgba }
}

fn write(file: &Path, picture: &Picture) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let height = picture.rgba.len() / 4 / picture.width;
    let mut encoder = png::Encoder::new(File::create(file).unwrap(), picture.width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&picture.rgba).unwrap();
}
