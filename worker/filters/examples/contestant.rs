//! One contestant of `benches/compare.py`, in a process of its own so that its processor time and memory are its own:
//! `contestant ours|photon|floor CHAIN PHOTO ROUNDS SECONDS` prints one line of JSON, the best of its rounds.

use std::error::Error;
use std::time::{Duration, Instant};

use imgfilter_filters::{Job, Limits, process};
use photon_rs::native::open_image_from_bytes;
use photon_rs::transform::SamplingFilter;
use photon_rs::{PhotonImage, channels, colour_spaces, conv, effects, monochrome, transform};
use serde_json::json;

const QUALITY: u8 = 80;

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
    let (rounds, limit) = (rounds.parse::<u32>()?, Duration::from_secs_f64(seconds.parse()?));
    let before = memory("VmRSS")?;
    let start = Instant::now();
    let (mut wall, mut processor, mut bytes, mut done) = (f64::INFINITY, f64::INFINITY, 0, 0);
    while done < rounds && (done < 2 || start.elapsed() < limit) {
        let (clock, ticks) = (Instant::now(), processor_ms()?);
        bytes = run()?;
        wall = wall.min(clock.elapsed().as_secs_f64() * 1e3);
        processor = processor.min(processor_ms()? - ticks);
        done += 1;
    }
    let peak = memory("VmHWM")?;
    let result = json!({
        "wall_ms": wall, "cpu_ms": processor, "peak_mib": peak, "grown_mib": peak - before,
        "bytes": bytes, "rounds": done,
    });
    println!("{result}");
    Ok(())
}

/// Milliseconds for which this process was on a core.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    // All work is done on this thread; schedstat counts in nanoseconds where stat counts in hundredths of seconds.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no statistics")?.parse::<f64>()? / 1e6)
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
        format: None,
        quality: Some(QUALITY),
        limits: Limits::default(),
        deadline: None,
        threads: 1,
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
        _ => return Err(format!("photon has no {filter}").into()),
    }
    Ok(image)
}
