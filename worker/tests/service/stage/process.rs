//! Processes of the program under test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(40);

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A running process; killed when dropped. What it says goes to a file, which is shown if the test fails.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program with these settings and no others, and waits until it says `ready`.
    pub fn start(
        folder: &Path,
        arguments: &[&str],
        settings: &[(&'static str, String)],
        ready: &str,
    ) -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let log = folder.join(format!("{}-{number}.log", arguments[0]));
        let file = File::create(&log).unwrap();
        let child = command(arguments, settings)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut process = Self { child, log };
        let begun = Instant::now();
        while !process.said().contains(ready) {
            assert!(process.child.try_wait().unwrap().is_none(), "it ended: {}", process.said());
            assert!(begun.elapsed() < PATIENCE, "it never said {ready:?}: {}", process.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// All it has said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The first line it said with these words.
    pub fn line_with(&self, words: &str) -> String {
        self.said().lines().find(|line| line.contains(words)).unwrap_or_default().to_owned()
    }

    /// Waits until it says these words.
    pub fn says(&self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "it never said {words:?}: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Kills it as the machine's power would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.said());
        }
    }
}

/// The program with these settings and no others.
pub fn command(arguments: &[&str], settings: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgfilter"));
    command.args(arguments).env_clear().env("RUST_LOG", "warn,imgfilter=debug");
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}
