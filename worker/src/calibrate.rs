//! How this machine's speed compares with the one the engine's estimates were made on: a few jobs of each kind, measured.

use std::time::Instant;

use imgfilter_filters::{self as filters, Encoding, Format, Job, Limits, Refusal};
use serde::Serialize;

/// The picture's sides, in pixels: 1.6 megapixels, more than any cache holds.
const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;
/// Measurements of a job, of which the best counts: what disturbs only ever makes it slower.
const ROUNDS: usize = 3;

/// Jobs that stand for all: each codec, and each kind of filter.
const CASES: [(Format, Format, &str); 14] = [
    (Format::Jpeg, Format::Jpeg, ""),
    (Format::Png, Format::Png, ""),
    (Format::WebP, Format::WebP, ""),
    (Format::Tiff, Format::Tiff, ""),
    (Format::Gif, Format::Gif, "blur(1)"),
    (Format::Jpeg, Format::Avif, ""),
    (Format::Jpeg, Format::Jpeg, "sepia"),
    (Format::Jpeg, Format::Jpeg, "brightness(10)|contrast(20)|saturation(25)|gamma(1.2)|sepia"),
    (Format::Jpeg, Format::Jpeg, "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = r > 0.5 ? b : 0.5*g)"),
    (Format::Jpeg, Format::Jpeg, "blur(3)"),
    (Format::Jpeg, Format::Jpeg, "sharpen"),
    (Format::Jpeg, Format::Jpeg, "median(3)"),
    (Format::Jpeg, Format::Jpeg, "resize(width=800)"),
    (Format::Jpeg, Format::Jpeg, "rotate(7)|vignette"),
];

/// A job, what it was estimated to cost, and what it cost.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// What was read.
    pub input: &'static str,
    /// What was written.
    pub output: &'static str,
    /// The chain between.
    pub chain: &'static str,
    /// Milliseconds of one core, by the estimate.
    pub estimated_ms: f64,
    /// Milliseconds that it took on one core of this machine.
    pub measured_ms: f64,
}

impl Measured {
    /// How many times the estimate it took.
    pub fn ratio(&self) -> f64 {
        self.measured_ms / self.estimated_ms
    }
}

/// Measures all jobs; `begun` is told of each before it runs.
pub fn measure(mut begun: impl FnMut(usize, usize)) -> Result<Vec<Measured>, Refusal> {
    let picture = bitmap(WIDTH, HEIGHT);
    let mut measured = Vec::with_capacity(CASES.len());
    for (number, (input, output, chain)) in CASES.into_iter().enumerate() {
        begun(number, CASES.len());
        let image = run(&picture, "", input)?;
        measured.push(measure_one(&image, input, output, chain)?);
    }
    Ok(measured)
}

/// The factor by which estimates are multiplied on this machine: the geometric mean of all ratios.
pub fn scale(measured: &[Measured]) -> f64 {
    let logarithms: f64 = measured.iter().map(|job| job.ratio().ln()).sum();
    (logarithms / measured.len().max(1) as f64).exp()
}

fn measure_one(
    image: &[u8],
    input: Format,
    output: Format,
    chain: &'static str,
) -> Result<Measured, Refusal> {
    let limits = Limits::default();
    let info = filters::probe(image, &limits)?;
    let checked = filters::check(chain).map_err(Refusal::from)?;
    let estimate = filters::estimate(&checked, &info, &output.into(), &limits)?;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run(image, chain, output)?;
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let (input, output) = (input.name(), output.name());
    Ok(Measured { input, output, chain, estimated_ms: estimate.cost_ms, measured_ms: best })
}

/// Runs a chain on one core, and gives the file that it makes.
pub fn run(image: &[u8], chain: &str, output: Format) -> Result<Vec<u8>, Refusal> {
    let results = filters::process(&Job {
        input: image,
        chains: &[chain.to_owned()],
        encoding: Encoding::from(output),
        limits: Limits::default(),
        deadline: None,
        threads: 1,
        cancel: None,
    })?;
    let made = results
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::new(filters::RefusalCode::Internal, "nothing was made"))?;
    Ok(made?.bytes)
}

/// Something like a photograph, as a JPEG.
pub fn photograph(width: u32, height: u32) -> Result<Vec<u8>, Refusal> {
    run(&bitmap(width, height), "", Format::Jpeg)
}

/// The same as a Windows bitmap, of a width that is divisible by 4: broad slopes, edges, and the noise of a sensor.
fn bitmap(width: u32, height: u32) -> Vec<u8> {
    let size = width * height * 3;
    let mut file = Vec::with_capacity(54 + usize::try_from(size).unwrap_or_default());
    file.extend(b"BM");
    for number in [54 + size, 0, 54, 40, width, height, 1 | 24 << 16, 0, size, 2835, 2835, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    let mut noise = 1u32;
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let edge = if (x / 97 + y / 61) % 5 == 0 { 40.0 } else { 0.0 };
            let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            let grain = f64::from(noise >> 28);
            for slope in [90.0 * x + 60.0 * (9.0 * y).sin(), 120.0 * y, 70.0 * (5.0 * x * y).cos()] {
                file.push((60.0 + slope + edge + grain).clamp(0.0, 255.0) as u8);
            }
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(estimated_ms: f64, measured_ms: f64) -> Measured {
        Measured { input: "png", output: "png", chain: "", estimated_ms, measured_ms }
    }

    #[test]
    fn the_scale_is_the_mean_of_the_ratios() {
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(close(scale(&[job(10.0, 20.0), job(7.0, 3.5)]), 1.0));
        assert!(close(scale(&[job(10.0, 30.0)]), 3.0) && close(scale(&[]), 1.0));
    }

    #[test]
    fn all_jobs_can_be_run() {
        let limits = Limits::default();
        let picture = bitmap(WIDTH, HEIGHT);
        assert_eq!(
            filters::probe(&picture, &limits).map(|info| (info.width, info.height)),
            Ok((WIDTH, HEIGHT))
        );
        for (input, output, chain) in CASES {
            assert!(filters::check(chain).is_ok(), "{chain}");
            assert!(input != Format::Avif && output.name() != "");
        }
    }
}
