//! What can be done from within an engine: nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use imgfilter::engine::pool::Engines;
use imgfilter::engine::sandbox::{self, Sandbox};
use imgfilter_filters::Limits;

use super::{DEADLINE, MEMORY, pids, start};

/// Set where this test program has started itself, to be shut in.
const INSIDE: &str = "IMGFILTER_TEST_INSIDE";

/// Tries everything and says what succeeded though it should not have, or failed though it is needed.
fn try_to_break_out(assets: &Path) -> Vec<&'static str> {
    let asset = assets.join("images/logo.png");
    let trials = [
        ("reads a file", File::open("/etc/passwd").is_ok()),
        ("reads its own memory", File::open("/proc/self/mem").is_ok()),
        ("writes a file", File::create(std::env::temp_dir().join("imgfilter-test-breakout")).is_ok()),
        ("writes an asset", File::options().append(true).open(&asset).is_ok()),
        (
            "speaks TCP",
            TcpStream::connect(("127.0.0.1", 9))
                .map_or_else(|error| error.kind() != ErrorKind::Unsupported, |_| true),
        ),
        ("speaks to sockets", UnixStream::pair().is_ok()),
        ("starts a program", Command::new("/bin/true").spawn().is_ok()),
        ("cannot read an asset", File::open(&asset).is_err()),
        (
            "cannot start a thread",
            std::thread::Builder::new().spawn(|| 1).map_or(true, |thread| thread.join().is_err()),
        ),
    ];
    trials.into_iter().filter(|(_, wrong)| *wrong).map(|(what, _)| what).collect()
}

#[test]
fn nothing_can_be_done_from_within() {
    let assets = start(MEMORY).assets;
    if std::env::var_os(INSIDE).is_some() {
        // Threads of the test harness live already, but none of them does what is tried here.
        let confinement = sandbox::enter(Sandbox::Require, &assets, MEMORY).unwrap();
        assert_eq!(confinement.missing(), None);
        let done = try_to_break_out(&assets);
        eprintln!("from within: {done:?}");
        std::process::exit(i32::from(!done.is_empty()));
    }
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::nothing_can_be_done_from_within", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(inside.status.success(), "{}", String::from_utf8_lossy(&inside.stderr));
}

#[tokio::test]
async fn an_engine_is_told_no_secrets_and_is_shut_in() {
    let memory = MEMORY + 5;
    let engines = Engines::new(1, start(memory), Limits::default(), DEADLINE);
    assert_eq!(engines.start().await.unwrap().missing(), None);
    let [pid] = pids(memory)[..] else { panic!("one engine") };
    let folder = format!("/proc/{}", pid.as_raw_nonzero());
    let environment = std::fs::read_to_string(format!("{folder}/environ")).unwrap();
    assert!(environment.is_empty(), "{environment:?}");
    let status = std::fs::read_to_string(format!("{folder}/status")).unwrap();
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{status}");
    }
    let descriptors = std::fs::read_dir(format!("{folder}/fd")).unwrap();
    let targets =
        descriptors.map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap().display().to_string());
    let mut kinds: Vec<String> =
        targets.map(|target| target.split(':').next().unwrap_or_default().to_owned()).collect();
    kinds.sort();
    kinds.dedup();
    // its socket, twice; /dev/null; the log, wherever that goes here; and its own number of pages
    assert!(
        kinds.iter().filter(|kind| kind.starts_with('/')).count() <= 3 && kinds.contains(&"socket".into()),
        "{kinds:?}"
    );
}
