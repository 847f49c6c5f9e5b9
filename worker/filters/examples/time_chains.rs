//! Times chains on one image, JPEG to JPEG on one thread (processor time), beside decoding and encoding alone:
//! `cargo run --release -p imgfilter-filters --example time_chains -- photo.jpg ['chain' …]`.

use cpu_time::ThreadTime;
use imgfilter_filters::{Encoding, Job, Limits, process};

/// Rounds; all chains are run in each, so that a change of the machine's speed meets all of them.
const ROUNDS: usize = 15;

const CHAINS: [&str; 12] = [
    "",
    "grayscale",
    "sepia",
    "invert",
    "brightness(10)",
    "contrast(20)",
    "saturation(25)",
    "gamma(1.2)",
    "hue(30)",
    "brightness(10)|contrast(20)|saturation(25)|gamma(1.2)|sepia",
    "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = r > 0.5 ? b : 0.5*g)",
    "equation(r = r^(0.5 + luma), g = g*exp(-2*x), b = sin(b*3*y))",
];

/// That of the service.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a JPEG file")?;
    let input = std::fs::read(path)?;
    let mut chains: Vec<String> = arguments.collect();
    if chains.is_empty() {
        chains = CHAINS.map(str::to_owned).to_vec();
    }
    let mut best = vec![f64::INFINITY; chains.len()];
    for _ in 0..ROUNDS {
        for (chain, best) in chains.iter().zip(&mut best) {
            let start = ThreadTime::now();
            let results = process(&Job {
                input: &input,
                chains: std::slice::from_ref(chain),
                encoding: Encoding::default(),
                limits: Limits::default(),
                deadline: None,
                threads: 1,
                cancel: None,
            })?;
            for result in results {
                result?;
            }
            *best = best.min(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    for (chain, time) in chains.iter().zip(&best) {
        println!("{time:8.2} ms  {:5.2} ×  {chain}", time / best[0]);
    }
    Ok(())
}
