//! An engine as the worker sees it: a child process that answers one job at a time.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use thiserror::Error;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::channel;
use super::message::Hello;
use super::parcel::{self, ParcelError};
use super::sandbox::{Confinement, Sandbox};

/// This program itself, also when another version has taken its place on the disk meanwhile.
pub const THIS_PROGRAM: &str = "/proc/self/exe";
/// An engine that was asked to end has gone within this time.
const LAST_BREATH: Duration = Duration::from_secs(5);
/// An engine is ready within this time.
const START: Duration = Duration::from_secs(20);

/// How engines are started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The program `imgfilter`: usually [`THIS_PROGRAM`].
    pub program: PathBuf,
    /// The operator's files.
    pub assets: PathBuf,
    /// How much they are shut in.
    pub sandbox: Sandbox,
    /// Most bytes of memory that each may have.
    pub max_memory: u64,
}

/// Why an engine gives no answer.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It cannot be started.
    #[error("an engine cannot be started")]
    Start(#[source] io::Error),
    /// It was not ready in time.
    #[error("an engine was not ready within {START:?}")]
    Silent,
    /// It died.
    #[error("the engine died: {0}")]
    Died(String),
    /// It cannot be spoken with.
    #[error("the engine cannot be spoken with")]
    Channel(#[source] io::Error),
    /// It speaks nonsense.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
}

impl From<Errno> for ProcessError {
    fn from(error: Errno) -> Self {
        Self::Channel(error.into())
    }
}

/// A running engine. Dropped, it is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    socket: UnixStream,
    /// Jobs that it was given.
    pub jobs: u32,
    /// The folder of assets that it may read: a door to that very folder, not to another that takes its name later.
    assets: Option<Folder>,
}

/// Which folder it is, whatever its name: device and number.
type Folder = (u64, u64);

/// The folder of this name; none: there is none.
fn folder(name: &Path) -> Option<Folder> {
    let folder = std::fs::metadata(name).ok()?;
    Some((folder.dev(), folder.ino()))
}

impl Process {
    /// Starts an engine and waits until it is ready. Says how well it is shut in.
    pub async fn start(how: &Start) -> Result<(Self, Confinement), ProcessError> {
        let assets = folder(&how.assets);
        let (near, far) = Blocking::pair().map_err(ProcessError::Start)?;
        near.set_nonblocking(true).map_err(ProcessError::Start)?;
        let socket = UnixStream::from_std(near).map_err(ProcessError::Start)?;
        let child = Command::new(&how.program)
            .arg0("imgfilter")
            .arg("engine")
            .args(["--sandbox", how.sandbox.name()])
            .args(["--max-memory", &how.max_memory.to_string()])
            .arg("--assets")
            .arg(&how.assets)
            // Nothing of the worker's settings is its business, least of all the secrets.
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(far)))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .current_dir("/")
            // A Ctrl-C at the terminal is the worker's to answer.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(ProcessError::Start)?;
        let mut process = Self { child, socket, jobs: 0, assets };
        let Ok(hello) = tokio::time::timeout(START, process.hear()).await else {
            return Err(ProcessError::Silent);
        };
        let (hello, _): (Hello, _) = parcel::open(hello?)?;
        Ok((process, hello.confinement))
    }

    /// Whether it can read what lies in the folder of assets now.
    pub fn knows(&self, assets: &Path) -> bool {
        self.assets == folder(assets)
    }

    /// Gives it a job and waits for the answer.
    pub async fn ask(&mut self, job: OwnedFd) -> Result<OwnedFd, ProcessError> {
        self.jobs += 1;
        match channel::send(&self.socket, &job) {
            Ok(()) => self.hear().await,
            Err(Errno::PIPE | Errno::CONNRESET) => Err(self.death().await),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for its next word.
    async fn hear(&mut self) -> Result<OwnedFd, ProcessError> {
        let receive = || Ok(channel::receive(&self.socket)?);
        let received = self.socket.async_io(Interest::READABLE, receive).await;
        match received {
            Ok(Some(parcel)) => Ok(parcel),
            Ok(None) => Err(self.death().await),
            Err(error) if error.raw_os_error() == Some(Errno::CONNRESET.raw_os_error()) => {
                Err(self.death().await)
            }
            Err(error) => Err(ProcessError::Channel(error)),
        }
    }

    /// How it died; what has closed its socket does not live on.
    async fn death(&mut self) -> ProcessError {
        let status = match tokio::time::timeout(LAST_BREATH, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                // Gone or not, it is killed when this is dropped.
                let _ = self.child.start_kill();
                self.child.wait().await
            }
        };
        ProcessError::Died(status.map_or_else(|error| error.to_string(), in_words))
    }
}

/// How a process ended.
fn in_words(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.signal(), status.code()) {
        (Some(libc::SIGABRT), _) => {
            "it broke off, out of memory or by a mistake of its own (signal 6)".into()
        }
        (Some(libc::SIGKILL), _) => "it was killed (signal 9)".into(),
        (Some(signal), _) => format!("it ended with signal {signal}"),
        (None, code) => format!("it ended with code {}", code.unwrap_or_default()),
    }
}
