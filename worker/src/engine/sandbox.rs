//! The walls around an engine. Each is put up where the kernel has it, and the worker says which are missing.
//!
//! - [`memory`]: limits on memory, files and descriptors; no core dumps.
//! - [`files`]: of all files only the operator's assets can be read, and no network address reached (Landlock).
//! - [`calls`]: of the kernel's calls only those that filtering needs (seccomp): no sockets, no other programs.
//!
//! Beyond that an engine gets no environment and no descriptor but its socket and the worker's log, so that there is no
//! secret to find.

mod calls;
mod files;
mod memory;

use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use memory::MemoryLimit;

/// How much an engine has to be shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sandbox {
    /// As far as this kernel can.
    Auto,
    /// Wholly, or it does not start.
    Require,
    /// Not at all, but for its memory.
    Off,
}

impl Sandbox {
    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Require => "require",
            Self::Off => "off",
        }
    }
}

/// Which walls stand. The words say why one does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Files and network.
    pub files: Result<(), String>,
    /// Calls of the kernel.
    pub calls: Result<(), String>,
}

impl Confinement {
    /// What is missing, in words; none: nothing.
    pub fn missing(&self) -> Option<String> {
        let parts = [("Landlock", &self.files), ("seccomp", &self.calls)];
        let words: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, wall)| wall.as_ref().err().map(|why| format!("{name}: {why}")))
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// A wall that cannot be put up though it has to be.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// A limit was refused.
    #[error("a limit cannot be set")]
    Limit(#[source] rustix::io::Errno),
    /// The sandbox is required.
    #[error("the sandbox is not whole: {0}")]
    NotWhole(String),
}

/// Shuts this process in for good. To be called while it has a single thread: the walls around files stand around the
/// thread that builds them and those that it starts later.
pub fn enter(sandbox: Sandbox, assets: &Path, max_bytes: u64) -> Result<Confinement, SandboxError> {
    memory::limit_files(max_bytes).map_err(SandboxError::Limit)?;
    if sandbox == Sandbox::Off {
        let off = || Err("turned off".to_owned());
        return Ok(Confinement { files: off(), calls: off() });
    }
    let confinement = Confinement {
        files: files::only(assets).map_err(|error| crate::cli::with_causes(&*error)),
        calls: calls::only_what_is_needed().map_err(|error| crate::cli::with_causes(&*error)),
    };
    match confinement.missing() {
        Some(missing) if sandbox == Sandbox::Require => Err(SandboxError::NotWhole(missing)),
        _ => Ok(confinement),
    }
}
