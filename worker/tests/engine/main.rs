//! Engines as the worker uses them: real processes, real images, and real ways to die.

#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

mod picture;
mod sandbox;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imgfilter::engine::pool::{EngineError, Engines, Order, Output, Turn};
use imgfilter::engine::process::Start;
use imgfilter::engine::sandbox::Sandbox;
use imgfilter_filters::{self as filters, Encoding, Format, Limits, Refusal, RefusalCode};
use rustix::process::{Pid, Signal, kill_process};

use picture::{noise, packed};

/// More than any job here takes.
const DEADLINE: Duration = Duration::from_secs(60);
/// What engines may have of memory unless a test is about that.
const MEMORY: u64 = 2 << 30;

fn start(max_memory: u64) -> Start {
    Start {
        program: env!("CARGO_BIN_EXE_imgfilter").into(),
        assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("filters/tests/assets"),
        sandbox: Sandbox::Auto,
        max_memory,
    }
}

fn engines(count: usize, deadline: Duration) -> Engines {
    Engines::new(count, start(MEMORY), Limits::default(), deadline)
}

fn order(chains: &[&str], format: Option<Format>) -> Order {
    Order {
        turn: Turn::Fast,
        chains: chains.iter().map(ToString::to_string).collect(),
        encoding: Encoding { format, ..Encoding::default() },
        memory: 256 << 20,
    }
}

/// What `look` finds, as soon as it finds something.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The engines that this process has started with this limit of memory, which each test has for itself.
fn pids(max_memory: u64) -> Vec<Pid> {
    let words = format!("--max-memory\0{max_memory}\0");
    let of_us = |folder: &PathBuf| {
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let parent =
            read("stat").rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parent == Some(std::process::id()) && read("cmdline").contains(&words)
    };
    let folders = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let numbers = folders.filter(of_us).filter_map(|folder| folder.file_name()?.to_str()?.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

fn alive(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // A zombie has no life, only a parent who has not looked yet.
    status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn bytes(results: &[Result<Output, Refusal>]) -> Vec<&[u8]> {
    results.iter().map(|result| &result.as_ref().unwrap().file[..]).collect()
}

#[tokio::test]
async fn an_engine_makes_what_the_filters_make() {
    let engines = engines(2, DEADLINE);
    let chains = ["", "sepia(0.8)|blur(3)", "resize(width=40)|vignette", "watermark(logo)", "text(words)"];
    for format in Format::ALL {
        let image = noise(97, 61);
        let results = engines.filter(order(&chains, Some(format)), packed(&image)).await.unwrap();
        let owned = chains.map(str::to_owned);
        let job = filters::Job {
            input: &image,
            chains: &owned,
            encoding: Encoding { format: Some(format), ..Encoding::default() },
            limits: Limits::default(),
            deadline: None,
            threads: 1,
            cancel: None,
        };
        filters::set_assets_folder(Some(&start(0).assets));
        for (result, expected) in results.iter().zip(filters::process(&job).unwrap()) {
            let (Ok(result), Ok(expected)) = (result, &expected) else {
                assert_eq!(result.as_ref().err(), expected.as_ref().err());
                continue;
            };
            assert!(result.file == expected.bytes, "{}", format.name());
            let made = &result.made;
            assert_eq!(
                (made.format, made.width, made.height),
                (expected.format, expected.width, expected.height)
            );
        }
        assert_eq!(results.len(), chains.len());
    }
}

#[tokio::test]
async fn refusals_cross_the_border() {
    let engines = engines(1, DEADLINE);
    let broken = engines.filter(order(&[""], None), packed(b"no picture")).await.unwrap_err();
    assert!(matches!(broken, EngineError::Refused(refusal) if refusal.code == RefusalCode::NotAnImage));
    let chains = ["crop(x=5000, y=0, width=1, height=1)", "invert"];
    let results = engines.filter(order(&chains, None), packed(&noise(9, 9))).await.unwrap();
    assert_eq!(results[0].as_ref().unwrap_err().code, RefusalCode::ImpossibleChain);
    assert!(results[1].is_ok());
}

#[tokio::test]
async fn an_image_that_takes_too_much_memory_costs_itself_alone() {
    let engines = Engines::new(1, start(160 << 20), Limits::default(), DEADLINE);
    let small = noise(50, 50);
    let before = engines.filter(order(&["invert"], None), packed(&small)).await.unwrap();
    let large = noise(4000, 4000);
    let error = engines.filter(order(&["rotate(7)|sharpen"], None), packed(&large)).await.unwrap_err();
    assert!(matches!(&error, EngineError::Crashed(how) if how.contains("signal 6")), "{error}");
    let after = engines.filter(order(&["invert"], None), packed(&small)).await.unwrap();
    assert_eq!(bytes(&before), bytes(&after));
}

#[tokio::test]
async fn an_estimate_that_was_far_too_low_ends_the_job() {
    let engines = engines(1, DEADLINE);
    let modest = Order { memory: 1 << 20, ..order(&["rotate(7)|sharpen"], Some(Format::Png)) };
    let error = engines.filter(modest, packed(&noise(6000, 5000))).await.unwrap_err();
    assert!(matches!(&error, EngineError::Crashed(how) if how.contains("signal 6")), "{error}");
}

#[tokio::test]
async fn an_engine_that_hangs_is_killed_at_the_deadline() {
    let memory = MEMORY + 1;
    let engines = Engines::new(1, start(memory), Limits::default(), Duration::from_millis(300));
    engines.start().await.unwrap();
    let [pid] = pids(memory)[..] else { panic!("one engine") };
    kill_process(pid, Signal::STOP).unwrap();
    let error = engines.filter(order(&[""], None), packed(&noise(9, 9))).await.unwrap_err();
    assert!(matches!(error, EngineError::Refused(refusal) if refusal.code == RefusalCode::DeadlineExceeded));
    until("the end of the engine that hung", || (!alive(pid)).then_some(())).await;
    assert!(engines.filter(order(&[""], None), packed(&noise(9, 9))).await.is_ok());
}

#[tokio::test]
async fn an_engine_that_is_killed_takes_only_its_job_along() {
    let memory = MEMORY + 2;
    let engines = Engines::new(2, start(memory), Limits::default(), DEADLINE);
    let image = noise(2000, 2000);
    let slow = order(&["median(9)|blur(50)|median(9)"], Some(Format::Png));
    let one = engines.filter(slow.clone(), packed(&image));
    let other = async {
        // An engine that dies before it was given its job is another story.
        until("the job", || (engines.busy() == 1).then_some(())).await;
        let [pid] = pids(memory)[..] else { panic!("one engine") };
        let small = noise(50, 50);
        let beside = engines.filter(order(&["invert"], None), packed(&small)).await;
        kill_process(pid, Signal::KILL).unwrap();
        beside
    };
    let (killed, beside) = tokio::join!(one, other);
    let error = killed.unwrap_err();
    assert!(matches!(&error, EngineError::Crashed(how) if how.contains("signal 9")), "{error:?}");
    assert!(beside.is_ok());
    assert!(engines.filter(order(&["invert"], None), packed(&noise(50, 50))).await.is_ok());
}

#[tokio::test]
async fn work_that_is_no_longer_wanted_ends_within_a_second() {
    let memory = MEMORY + 3;
    let engines = Engines::new(1, start(memory), Limits::default(), DEADLINE);
    engines.start().await.unwrap();
    let [pid] = pids(memory)[..] else { panic!("one engine") };
    let image = noise(3000, 3000);
    let work = engines.filter(order(&["median(9)|blur(50)|median(9)"], Some(Format::Png)), packed(&image));
    assert!(tokio::time::timeout(Duration::from_millis(200), work).await.is_err(), "this takes longer");
    let canceled = Instant::now();
    until("the end of the engine", || (!alive(pid)).then_some(())).await;
    assert!(canceled.elapsed() < Duration::from_secs(1));
    assert!(engines.filter(order(&[""], None), packed(&noise(9, 9))).await.is_ok());
}

#[tokio::test]
async fn engines_end_with_the_worker_also_in_the_middle_of_a_job() {
    let memory = MEMORY + 4;
    let engines = Engines::new(2, start(memory), Limits::default(), DEADLINE);
    engines.start().await.unwrap();
    let pids = pids(memory);
    assert_eq!(pids.len(), 2);
    drop(engines);
    until("the end of the engines", || pids.iter().all(|pid| !alive(*pid)).then_some(())).await;
}

#[tokio::test]
async fn assets_may_be_replaced_by_other_ones() {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    let deploy = || {
        std::fs::create_dir_all(assets.join("images")).unwrap();
        std::fs::copy(start(MEMORY).assets.join("images/logo.png"), assets.join("images/new.png")).unwrap();
    };
    std::fs::create_dir(&assets).unwrap();
    let start = Start { assets: assets.clone(), ..start(MEMORY) };
    let engines = Engines::new(1, start, Limits::default(), DEADLINE);
    let marked = async || {
        let results = engines.filter(order(&["watermark(new)"], None), packed(&noise(50, 50))).await;
        results.is_ok_and(|results| results[0].is_ok())
    };
    assert!(!marked().await, "there is no such file");
    std::fs::rename(&assets, folder.path().join("old")).unwrap();
    deploy();
    assert!(marked().await);
}

#[tokio::test]
async fn slow_work_leaves_an_engine_to_the_fast() {
    let engines = engines(2, DEADLINE);
    engines.start().await.unwrap();
    let image = noise(2000, 2000);
    let slow = || async {
        let order = Order { turn: Turn::Slow, ..order(&["median(9)|blur(50)"], Some(Format::Png)) };
        engines.filter(order, packed(&image)).await.unwrap();
    };
    let fast = async {
        tokio::task::yield_now().await;
        engines.filter(order(&["invert"], None), packed(&noise(20, 20))).await.unwrap();
    };
    // Two slow ones wait for each other, and the fast one, which came last, for neither.
    tokio::select! {
        () = async { slow().await } => panic!("a slow job was done before a fast one"),
        () = async { slow().await } => panic!("a slow job was done before a fast one"),
        () = fast => {}
    }
}
