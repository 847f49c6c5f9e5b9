//! What is said of memory beforehand holds: each filter, and each pair of formats, in a process of its own, whose
//! peak is measured by the system.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

use std::path::Path;
use std::process::Command;

use imgfilter_filters::{
    Encoding, Format, Job, Limits, catalogue, check, estimate, probe, process, read_presets,
    set_assets_folder, set_presets,
};
use rayon::prelude::*;

/// Names the case to a process of one case.
const CASE: &str = "IMGFILTER_FOOTPRINT_CASE";
/// The picture: large enough that the pixels are what is measured.
const SIZE: (u32, u32) = (1_500, 1_000);
/// The estimate is no more than this many times the picture in RGBA, and a fixed part.
const MOST_FRAMES: u64 = 18;
const FIXED: u64 = 8 << 20;

/// That of the daemon, whose own ways are measured too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A chain on a file of [`inputs`], written in a format.
#[derive(Debug)]
struct Case {
    input: &'static str,
    chain: String,
    output: Format,
    threads: usize,
}

/// The files that are read: their names, and the formats and chains that make them of a bitmap.
const INPUTS: [(&str, Format, &str); 8] = [
    ("jpeg", Format::Jpeg, ""),
    ("png", Format::Png, ""),
    ("transparent png", Format::Png, "opacity(0.7)"),
    ("gif", Format::Gif, ""),
    ("webp", Format::WebP, ""),
    ("tiff", Format::Tiff, ""),
    ("transparent tiff", Format::Tiff, "opacity(0.7)"),
    ("bmp", Format::Bmp, ""),
];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for filter in catalogue().filters {
        for (input, output, threads) in [("png", Format::Jpeg, 1), ("transparent png", Format::Png, 4)] {
            cases.push(Case { input, chain: filter.example.to_owned(), output, threads });
        }
    }
    for (input, ..) in INPUTS {
        for output in Format::ALL {
            cases.push(Case { input, chain: "sepia|flip|blur(2)".to_owned(), output, threads: 1 });
        }
    }
    cases
}

/// A BMP file of colours that change from pixel to pixel, so that nothing compresses it to nothing.
fn bitmap() -> Vec<u8> {
    let (width, height) = SIZE;
    let bytes = width * height * 3;
    let mut file = b"BM".to_vec();
    for number in [54 + bytes, 0, 54, 40, width, height] {
        file.extend(number.to_le_bytes());
    }
    file.extend([1, 0, 24, 0]);
    for number in [0, bytes, 2_835, 2_835, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend((0..bytes).map(|index: u32| (index / 64 + (index.wrapping_mul(2_654_435_761) >> 27)) as u8));
    file
}

fn run(input: &[u8], chain: &str, output: Format, threads: usize) -> Vec<u8> {
    let job = Job {
        input,
        chains: &[chain.to_owned()],
        encoding: Encoding { effort: Some(1), ..output.into() },
        limits: Limits::default(),
        deadline: None,
        threads,
        cancel: None,
    };
    process(&job).unwrap().remove(0).unwrap_or_else(|refusal| panic!("{chain}: {refusal}")).bytes
}

/// A line of what the system tells of this process, in bytes.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|other| other.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// In a process of its own: prints what a case was estimated at and what it took.
fn measure(case: &Case, folder: &str) {
    let picture = std::fs::read(Path::new(folder).join(case.input)).unwrap();
    let info = probe(&picture, &Limits::default()).unwrap();
    let encoding = Encoding { effort: Some(1), ..case.output.into() };
    let estimate = estimate(&check(&case.chain).unwrap(), &info, &encoding, &Limits::default()).unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS");
    run(&picture, &case.chain, case.output, case.threads);
    println!("took {} of {}", memory("VmHWM").saturating_sub(before), estimate.memory_bytes);
}

/// What a process of its own says of a case: bytes taken, and bytes estimated.
fn measured(number: usize, case: &Case, folder: &Path) -> (u64, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "no_chain_takes_more_memory_than_was_said", "--nocapture"])
        .env(CASE, format!("{number} {}", folder.display()))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers = told.lines().find_map(|line| line.split_once("took ")?.1.split_once(" of "));
    let numbers =
        numbers.unwrap_or_else(|| panic!("{case:?}: {told}{}", String::from_utf8_lossy(&output.stderr)));
    (numbers.0.parse().unwrap(), numbers.1.trim().parse().unwrap())
}

#[test]
fn no_chain_takes_more_memory_than_was_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    set_assets_folder(Some(&folder.join("assets")));
    set_presets(read_presets(&folder.join("presets"), &Limits::default().chains).unwrap());
    let cases = cases();
    if let Ok(case) = std::env::var(CASE) {
        let (number, folder) = case.split_once(' ').unwrap();
        return measure(&cases[number.parse::<usize>().unwrap()], folder);
    }
    let pictures = tempfile::tempdir().unwrap();
    for (name, format, chain) in INPUTS {
        std::fs::write(pictures.path().join(name), run(&bitmap(), chain, format, 1)).unwrap();
    }
    let rgba = u64::from(SIZE.0) * u64::from(SIZE.1) * 4;
    let wrong: Vec<String> = cases
        .par_iter()
        .enumerate()
        .filter_map(|(number, case)| {
            let (taken, estimated) = measured(number, case, pictures.path());
            let frames = |bytes: u64| bytes as f64 / rgba as f64;
            println!("{:5.1} of {:5.1} frames: {case:?}", frames(taken), frames(estimated));
            let holds = taken <= estimated && estimated <= FIXED + MOST_FRAMES * rgba;
            (!holds).then(|| format!("{:.1} of {:.1} frames: {case:?}", frames(taken), frames(estimated)))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
