//! A PostgreSQL of the tests' own, on a unix socket in a private folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::connect;

/// Ends the cluster and removes its folder when its standard input ends: that is, when the tests have ended, however
/// they did.
const GUARD: &str = r#"read -r _; "$@" -m immediate stop >/dev/null 2>&1; rm -rf "$FOLDER""#;

/// A running cluster.
pub struct Cluster {
    folder: PathBuf,
    databases: AtomicU32,
    guard: Child,
}

impl Cluster {
    /// The one that all tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One that may be restarted.
    pub fn start() -> Self {
        // The path of a unix socket must be short, so not under a build folder.
        let folder = tempfile::Builder::new().prefix("imgf-").tempdir_in("/tmp").unwrap().keep();
        for part in ["data", "socket"] {
            std::fs::create_dir(folder.join(part)).unwrap();
        }
        run(Command::new("chmod").arg("755").arg(&folder));
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.join("data")).arg(folder.join("socket")));
        }
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args(words(&pg_ctl(&folder)))
            .env("FOLDER", &folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self { folder, databases: AtomicU32::new(0), guard };
        let mut initdb = as_postgres("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]);
        run(initdb.arg(cluster.folder.join("data")));
        cluster.run_postgres();
        cluster
    }

    fn run_postgres(&self) {
        let socket = self.folder.join("socket");
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c timezone=Asia/Kolkata",
            socket.display()
        );
        let log = self.folder.join("data/log");
        run(pg_ctl(&self.folder).args(["-w", "-o", &options, "-l"]).arg(log).arg("start"));
    }

    /// Ends it at once, as a crash would, and starts it again.
    pub fn restart(&self) {
        self.stop();
        self.run_postgres();
    }

    /// Ends it at once.
    pub fn stop(&self) {
        run(pg_ctl(&self.folder).args(["-m", "immediate", "stop"]));
    }

    /// An empty database. Returns its name.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let admin = connect(&self.url("postgres", "postgres")).await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        name
    }

    pub fn url(&self, user: &str, database: &str) -> String {
        format!("host={} user={user} dbname={database}", self.folder.join("socket").display())
    }

    /// The folder of its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program of PostgreSQL, as a user who may run it: it refuses root.
fn as_postgres(program: &str) -> Command {
    let bin = Command::new("pg_config").arg("--bindir").output().expect("pg_config: install postgresql");
    let program = Path::new(String::from_utf8(bin.stdout).unwrap().trim()).join(program);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn pg_ctl(folder: &Path) -> Command {
    let mut command = as_postgres("pg_ctl");
    command.arg("-D").arg(folder.join("data"));
    command
}

fn words(command: &Command) -> Vec<std::ffi::OsString> {
    let all = std::iter::once(command.get_program()).chain(command.get_args());
    all.map(ToOwned::to_owned).collect()
}

/// Runs a command that must succeed. What it says is shown only if it does not.
fn run(command: &mut Command) {
    // Not through a pipe: the server that pg_ctl leaves behind would keep it open.
    let log = tempfile::NamedTempFile::new().unwrap();
    let status = command.stdout(log.reopen().unwrap()).stderr(log.reopen().unwrap()).status().unwrap();
    assert!(status.success(), "{command:?}: {}", std::fs::read_to_string(log.path()).unwrap());
}
