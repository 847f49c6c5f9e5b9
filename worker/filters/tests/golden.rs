//! Every filter's example and every look on one photograph, beside the pictures in `golden/`, which people have looked
//! at: on the left the means of small squares, on the right how much their pixels differ from each other, which is what
//! sharpening, smoothing and noise change. With `UPDATE_GOLDEN=1` in the environment the pictures are written anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

use std::fs::File;
use std::path::Path;

use imgfilter_filters::{
    Encoding, Format, Job, Limits, catalogue, process, read_presets, set_assets_folder, set_presets,
};
use rayon::prelude::*;

/// Pixels a side of the squares whose mean is kept: small changes show, and the pictures stay small.
const SQUARE: usize = 10;
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
            let found = squares(&read(&filtered(&photo, chain)));
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

/// The means of squares, and beside them the standard deviations, four times as large so that little ones count;
/// colours weigh by their alpha.
fn squares(picture: &Picture) -> Picture {
    let height = picture.rgba.len() / 4 / picture.width;
    let (across, down) = (picture.width.div_ceil(SQUARE), height.div_ceil(SQUARE));
    let mut rgba = vec![0; across * 2 * down * 4];
    for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
        let rows = y * SQUARE..(y * SQUARE + SQUARE).min(height);
        let columns = x * SQUARE..(x * SQUARE + SQUARE).min(picture.width);
        let pixels = rows.flat_map(|row| columns.clone().map(move |column| row * picture.width + column));
        let pixels: Vec<&[u8]> = pixels.map(|pixel| &picture.rgba[pixel * 4..][..4]).collect();
        let (means, deviations) = statistics(&pixels);
        rgba[(y * 2 * across + x) * 4..][..4].copy_from_slice(&means);
        rgba[(y * 2 * across + across + x) * 4..][..4].copy_from_slice(&deviations);
    }
    Picture { width: across * 2, rgba }
}

/// Means and fourfold standard deviations of a square's pixels; the latter have no alpha of their own.
fn statistics(pixels: &[&[u8]]) -> ([u8; 4], [u8; 4]) {
    let weight = pixels.iter().map(|pixel| f64::from(pixel[3])).sum::<f64>();
    let mean = |value: &dyn Fn(f64) -> f64, channel: usize| {
        let weighed = pixels.iter().map(|pixel| value(f64::from(pixel[channel])) * f64::from(pixel[3]));
        weighed.sum::<f64>() / weight.max(1.0)
    };
    let means = [0, 1, 2].map(|channel| mean(&|value| value, channel));
    let deviations = [0, 1, 2].map(|channel| mean(&|value| (value - means[channel]).powi(2), channel).sqrt());
    let [red, green, blue] = means.map(|value| value.round() as u8);
    let alpha = (weight / pixels.len() as f64).round() as u8;
    let [in_red, in_green, in_blue] = deviations.map(|value| (4.0 * value).round().min(255.0) as u8);
    ([red, green, blue, alpha], [in_red, in_green, in_blue, 255])
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
