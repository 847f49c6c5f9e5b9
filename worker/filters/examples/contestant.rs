//! One contestant of `benches/compare`, in a process of its own so that its processor time and memory are its own:
//! `contestant ours|photon|floor CHAIN PHOTO ROUNDS SECONDS` prints one line of JSON, the medians of its rounds.

use std::error::Error;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use imgfilter_filters::{Encoding, Job, Limits, process};
use photon_rs::native::open_image_from_bytes;
use photon_rs::transform::SamplingFilter;
use photon_rs::{PhotonImage, channels, colour_spaces, conv, effects, monochrome, transform};
use serde_json::json;

const QUALITY: u8 = 80;

/// That of the service.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [who, chain, photo, rounds, seconds] = arguments.as_slice() else {
        return Err("usage: contestant ours|photon|floor CHAIN PHOTO ROUNDS SECONDS".into());
    };
    let input = std::fs::read(photo)?;
    let run: Box<dyn Fn() -> Result<usize, Box<dyn Error>>> = match who.as_str() {
        "ours" => Box::new(|| ours(&input, chain)),
        "photon" => Box::new(|| photon(&input, chain)),
        "floor" => Box::new(|| floor(&input)),
        _ => return Err(format!("nobody is called {who}").into()),
    };
    let (rounds, limit) = (rounds.parse::<usize>()?, Duration::from_secs_f64(seconds.parse()?));
    let before = memory("VmRSS")?;
    let start = Instant::now();
    let (mut walls, mut processors, mut bytes) = (Vec::new(), Vec::new(), 0);
    while walls.len() < rounds && (walls.len() < 2 || start.elapsed() < limit) {
        let (clock, ticks) = (Instant::now(), ProcessTime::now());
        bytes = run()?;
        walls.push(clock.elapsed().as_secs_f64() * 1e3);
        processors.push(ticks.elapsed().as_secs_f64() * 1e3);
    }
    let peak = memory("VmHWM")?;
    let done = walls.len();
    let result = json!({
        "wall_ms": median(walls), "cpu_ms": median(processors), "peak_mib": peak, "grown_mib": peak - before,
        "bytes": bytes, "rounds": done,
    });
    println!("{result}");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Threads that the engine may use.
fn threads() -> usize {
    std::env::var("BENCH_THREADS").ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A figure of /proc/self/status, in MiB.
fn memory(name: &str) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes: f64 =
        line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?.parse()?;
    Ok(kibibytes / 1024.0)
}

fn ours(input: &[u8], chain: &str) -> Result<usize, Box<dyn Error>> {
    let results = process(&Job {
        input,
        chains: &[chain.to_owned()],
        encoding: Encoding { quality: Some(QUALITY), ..Encoding::default() },
        limits: Limits::default(),
        deadline: None,
        threads: threads(),
        cancel: None,
    })?;
    let result = results.into_iter().next().ok_or("no result")??;
    Ok(result.bytes.len())
}

/// Decoding and encoding by libjpeg-turbo, with nothing between.
fn floor(input: &[u8]) -> Result<usize, Box<dyn Error>> {
    let image = turbojpeg::decompress(input, turbojpeg::PixelFormat::RGB)?;
    let bytes = turbojpeg::compress(image.as_deref(), i32::from(QUALITY), turbojpeg::Subsamp::Sub2x2)?;
    Ok(bytes.len())
}

/// photon-rs as its users call it, with its own decoder and encoder.
fn photon(input: &[u8], chain: &str) -> Result<usize, Box<dyn Error>> {
    let mut image = open_image_from_bytes(input)?;
    for filter in chain.split('|').filter(|filter| !filter.is_empty()) {
        image = photon_filter(image, filter)?;
    }
    Ok(image.get_bytes_jpeg(QUALITY).len())
}

/// What in photon comes nearest to a filter of ours.
fn photon_filter(mut image: PhotonImage, filter: &str) -> Result<PhotonImage, Box<dyn Error>> {
    let (width, height) = (image.get_width(), image.get_height());
    match filter {
        "grayscale" => monochrome::grayscale_human_corrected(&mut image),
        "sepia" => monochrome::sepia(&mut image),
        "invert" => channels::invert(&mut image),
        "brightness(10)" => effects::adjust_brightness(&mut image, 25),
        "contrast(20)" => effects::adjust_contrast(&mut image, 20.0),
        "saturation(25)" => colour_spaces::saturate_hsl(&mut image, 0.25),
        "gamma(1.2)" => colour_spaces::gamma_correction(&mut image, 1.2, 1.2, 1.2),
        "hue(30)" => colour_spaces::hue_rotate_hsl(&mut image, 30.0 / 360.0),
        "blur(3)" => conv::gaussian_blur(&mut image, 3),
        "sharpen" => conv::sharpen(&mut image),
        "resize(width=800)" => {
            return Ok(transform::resize(&image, 800, height * 800 / width, SamplingFilter::Lanczos3));
        }
        "crop(800, 600)" => {
            let (left, top) = ((width - 800) / 2, (height - 600) / 2);
            return Ok(transform::crop(&image, left, top, left + 800, top + 600));
        }
        "rotate(90)" => return Ok(transform::rotate(&image, 90.0)),
        "flip" => transform::fliph(&mut image),
        "halftone" => effects::halftone(&mut image),
        "oil(2)" => effects::oil(&mut image, 2, 40.0),
        // The same exit status as that of the other contestants.
        _ => std::process::exit(3),
    }
    Ok(image)
}
