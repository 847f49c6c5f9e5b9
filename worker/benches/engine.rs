//! What it costs to filter an image in a process of its own: the same jobs in this process and through an engine, by
//! turns. `make bench-engine`.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use imgfilter::calibrate;
use imgfilter::engine::parcel::Packing;
use imgfilter::engine::pool::{Engines, Order, Turn};
use imgfilter::engine::process::Start;
use imgfilter::engine::sandbox::Sandbox;
use imgfilter_filters::{Encoding, Format, Limits};

/// Rounds of each job; the median counts.
const ROUNDS: usize = 60;

/// That of the service.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(compare())
}

async fn compare() -> Result<(), Error> {
    let start = Start {
        program: env!("CARGO_BIN_EXE_imgfilter").into(),
        assets: PathBuf::from("/nonexistent"),
        sandbox: Sandbox::Auto,
        max_memory: 4 << 30,
    };
    let begun = Instant::now();
    let engines = Engines::new(1, start, Limits::default(), Duration::from_secs(60));
    let missing = engines.start().await?.missing();
    println!(
        "start of an engine {:.1} ms; missing of the sandbox: {missing:?}\n",
        milliseconds(begun.elapsed())
    );
    println!("{:>12}{:>12}{:>12}{:>12}{:>12}  chain", "image", "file", "inside", "engine", "price");
    for (width, height, chain) in [
        (64, 64, "invert"),
        (640, 400, "sepia"),
        (1920, 1200, "sepia"),
        (1920, 1200, "brightness(10)|contrast(20)|blur(3)"),
        (4000, 3000, "sepia"),
    ] {
        let image = calibrate::photograph(width, height)?;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            inside.push(within(&image, chain)?);
            outside.push(through(&engines, &image, chain).await?);
        }
        let (inside, outside) = (median(inside), median(outside));
        let (size, file) = (format!("{width}×{height}"), format!("{} kB", image.len() / 1000));
        let price = outside - inside;
        println!("{size:>12}{file:>12}{inside:>9.2} ms{outside:>9.2} ms{price:>9.2} ms  {chain}");
    }
    Ok(())
}

/// Milliseconds of a job in this process.
fn within(image: &[u8], chain: &str) -> Result<f64, Error> {
    let start = Instant::now();
    calibrate::run(image, chain, Format::Jpeg)?;
    Ok(milliseconds(start.elapsed()))
}

/// Milliseconds of the same through an engine, from the bytes in memory to the bytes in memory.
async fn through(engines: &Engines, image: &[u8], chain: &str) -> Result<f64, Error> {
    let order = Order {
        turn: Turn::Fast,
        chains: vec![chain.to_owned()],
        encoding: Encoding::default(),
        memory: 1 << 30,
    };
    let start = Instant::now();
    let mut packing = Packing::new()?;
    packing.write_all(image)?;
    for result in engines.filter(order, packing).await? {
        result?;
    }
    Ok(milliseconds(start.elapsed()))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
