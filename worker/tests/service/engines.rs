//! A worker and its engines: what dies or hangs in one of them is the matter of one task.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use uuid::Uuid;

use crate::stage::process::Process;
use crate::stage::{Stage, photo};

/// A chain that takes longer than any test needs.
const LONG: &str = "median(9)|blur(50)|median(9)|blur(50)|median(9)";

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_costs_a_try_of_its_task() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[]);
    let before = engines(&worker);
    assert_eq!(before.len(), 2);
    let task = stage.order(&picture(2000), json!({"filters": [LONG]})).await;
    stage.until(task, "processing").await;
    busy_one(&worker).await.into_iter().for_each(|pid| kill_process(pid, Signal::KILL).unwrap());
    stage.until_true("SELECT worker_id IS NULL AND attempts = 1 FROM imgfilter.queue").await;
    let neighbour = stage.order(&photo(), json!({"filters": ["invert"]})).await;
    stage.until(neighbour, "done").await;
    assert!(worker.said().contains("an engine was lost"), "{}", worker.said());
    assert_ne!(engines(&worker), before, "another has taken its place");
    assert_eq!(stage.value::<String>(&format!("SELECT imgfilter.cancel('{task}')")).await, "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_kills_every_engine_fails_with_a_reason() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_ENGINE_MEMORY", "160000000")]);
    let (poison, key) = (Uuid::now_v7(), "o/202601/poison");
    stage.store.put(key, picture(4000).into(), "image/png").await.unwrap();
    let spec = json!({"filters": ["rotate(7)|sharpen"]});
    stage.order_stored(poison, key, &picture(4000), spec, 2).await;
    let neighbour = stage.order(&photo(), json!({"filters": ["invert"]})).await;
    stage.until(neighbour, "done").await;
    let view = stage.until(poison, "failed").await;
    assert_eq!(view["results"][0]["error"]["code"], "engine_crashed");
    assert_eq!(stage.value::<i32>("SELECT attempts::integer FROM imgfilter.dead").await, 2);
    assert!(!worker.said().contains("taken for dead"), "the worker itself has not noticed much");
}

#[tokio::test(flavor = "multi_thread")]
async fn canceled_work_stops_when_it_is_canceled_and_not_at_the_next_beat() {
    let stage = Stage::set().await;
    // No beat comes by itself while this test waits.
    let worker = stage.worker(&[("IMGFILTER_BEAT", "120s")]);
    let task = stage.order(&picture(2000), json!({"filters": [LONG]})).await;
    stage.until(task, "processing").await;
    let busy = busy_one(&worker).await;
    assert_eq!(stage.value::<String>(&format!("SELECT imgfilter.cancel('{task}')")).await, "canceled");
    while busy.iter().any(|pid| engines(&worker).contains(pid)) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(stage.view(task).await["status"], "canceled");
    assert!(worker.said().contains("dropped a task that was not ours any more"), "{}", worker.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_drain_ends() {
    let stage = Stage::set().await;
    let mut worker = stage.worker(&[]);
    stage.sql.execute("UPDATE imgfilter.worker SET draining = true", &[]).await.unwrap();
    assert!(worker.ended().success());
    assert_eq!(stage.value::<i64>("SELECT count(*) FROM imgfilter.worker").await, 0);
}

/// A grey PNG of so many pixels a side.
fn picture(side: u32) -> Vec<u8> {
    let pixels = image::GrayImage::from_fn(side, side, |x, y| image::Luma([(x ^ y) as u8]));
    let mut png = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The engines of a worker, in the order of their numbers.
fn engines(worker: &Process) -> Vec<Pid> {
    let parent = worker.pid().as_raw_nonzero().get();
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut found: Vec<i32> = processes
        .filter(|pid| fields(*pid).is_some_and(|fields| fields[0] != "Z" && fields[1] == parent.to_string()))
        .collect();
    found.sort_unstable();
    found.into_iter().filter_map(Pid::from_raw).collect()
}

/// What the kernel says of a process: its state, its parent, and so on.
fn fields(pid: i32) -> Option<Vec<String>> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// The engine that has worked the longest, once one of them works at all.
async fn busy_one(worker: &Process) -> Option<Pid> {
    // In hundredths of a second, of this process alone: more than starting takes.
    const WORKED: u64 = 30;
    let ticks =
        |pid: &Pid| fields(pid.as_raw_nonzero().get()).and_then(|fields| fields[11].parse::<u64>().ok());
    loop {
        let busiest = engines(worker).into_iter().max_by_key(ticks)?;
        if ticks(&busiest) > Some(WORKED) {
            return Some(busiest);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
