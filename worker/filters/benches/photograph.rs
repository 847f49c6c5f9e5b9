//! How long filters take on a photograph, and how long photon-rs takes for the same: JPEG in, JPEG of quality 80 out,
//! everything in this process, one thread.
//!
//! `cargo bench -p imgfilter-filters --bench photograph -- PHOTO` prints one line of JSON a case. Each case runs in a
//! process of its own, so that its peak memory is its own; `make bench` sets libvips beside it.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use imgfilter_filters::{Job, Limits, catalogue, process};
use photon_rs::PhotonImage;
use photon_rs::native::open_image_from_bytes;

/// Runs of each case; the quickest counts.
const RUNS: usize = 5;
/// What libvips and photon-rs are asked to do as well.
const FIVE: &str = "brightness(10)|contrast(10)|saturation(20)|gamma(1.2)|sepia(0.5)";
const SEPIA: &str = "equation(r = 0.393*r + 0.769*g + 0.189*b, g = 0.349*r + 0.686*g + 0.168*b, \
                     b = 0.272*r + 0.534*g + 0.131*b)";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.as_slice() {
        [photo] => cases().iter().try_for_each(|(name, program, _)| spawn(photo, name, program)),
        [photo, name, program] => measure(&std::fs::read(photo)?, name, program),
        // `cargo test --all-targets` and `cargo bench` without a photograph: there is nothing to measure
        _ => Ok(()),
    }
}

/// Name, program, and the chain for ours.
fn cases() -> Vec<(String, String, String)> {
    let own = |name: &str, chain: &str| (name.to_owned(), "imgfilter".to_owned(), chain.to_owned());
    let mut cases = vec![own("copy", ""), own("five filters", FIVE), own("equation (sepia)", SEPIA)];
    cases.push(own("blur(3)", "blur(3)"));
    cases.extend(
        catalogue()
            .iter()
            .filter(|filter| filter.name != "equation")
            .map(|filter| own(&filter.example, &filter.example)),
    );
    for name in ["copy", "five filters", "grayscale", "sepia", "blur(3)", "oil", "halftone", "solarize"] {
        cases.push((name.to_owned(), "photon-rs".to_owned(), String::new()));
    }
    cases
}

fn spawn(photo: &str, name: &str, program: &str) -> Outcome<()> {
    let child = Command::new(std::env::current_exe()?)
        .args([photo, name, program])
        .stderr(Stdio::inherit())
        .output()?;
    Ok(std::io::stdout().write_all(&child.stdout)?)
}

/// Prints the best of some runs.
fn measure(photo: &[u8], name: &str, program: &str) -> Outcome<()> {
    let chain =
        cases().into_iter().find(|(case, by, _)| case == name && by == program).map(|(_, _, chain)| chain);
    let chain = chain.ok_or("there is no such case")?;
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        match program {
            "imgfilter" => ours(photo, &chain)?,
            _ => photon(photo, name)?,
        }
        best = best.min((wall.elapsed(), cpu.elapsed()));
    }
    let line = serde_json::json!({
        "case": name, "program": program, "wall_ms": best.0.as_secs_f64() * 1e3, "cpu_ms": best.1.as_secs_f64() * 1e3,
        "peak_mb": peak_memory()?,
    });
    println!("{line}");
    Ok(())
}

fn ours(photo: &[u8], chain: &str) -> Outcome<()> {
    let chains = [chain.to_owned()];
    let job = Job {
        input: photo,
        chains: &chains,
        format: None,
        quality: Some(80),
        limits: Limits::default(),
        deadline: None,
        threads: 1,
        cancel: None,
    };
    let mut results = process(&job).map_err(|refusal| refusal.detail)?;
    let output = results.pop().ok_or("no result")?.map_err(|refusal| refusal.detail)?;
    std::hint::black_box(output.bytes);
    Ok(())
}

/// The same with photon-rs; its own names and scales for the nearest thing.
fn photon(photo: &[u8], name: &str) -> Outcome<()> {
    let mut image: PhotonImage = open_image_from_bytes(photo)?;
    match name {
        "copy" => {}
        "grayscale" => photon_rs::monochrome::grayscale_human_corrected(&mut image),
        "sepia" => photon_rs::monochrome::sepia(&mut image),
        "blur(3)" => photon_rs::conv::gaussian_blur(&mut image, 3),
        "oil" => photon_rs::effects::oil(&mut image, 4, 40.0),
        "halftone" => photon_rs::effects::halftone(&mut image),
        "solarize" => photon_rs::effects::solarize(&mut image),
        "five filters" => {
            photon_rs::effects::adjust_contrast(&mut image, 10.0);
            photon_rs::effects::inc_brightness(&mut image, 25);
            photon_rs::colour_spaces::saturate_hsl(&mut image, 0.2);
            photon_rs::colour_spaces::gamma_correction(&mut image, 1.2, 1.2, 1.2);
            photon_rs::monochrome::sepia(&mut image);
        }
        _ => return Err("there is no such case".into()),
    }
    std::hint::black_box(image.get_bytes_jpeg(80));
    Ok(())
}

/// The most memory that this process has had, in megabytes.
fn peak_memory() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024)
}
