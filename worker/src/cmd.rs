//! The subcommands: a file each, with its options and its `run`.

pub mod apply;
pub mod balancer_config;
pub mod calibrate;
mod change;
pub mod cleanup;
pub mod config;
pub mod doctor;
pub mod engine;
pub mod erase;
pub mod explain;
pub mod filters;
pub mod key;
pub mod link;
pub mod link_key;
pub mod manual;
pub mod metrics;
pub mod migrate;
pub mod nginx_config;
pub mod notify;
mod notify_run;
pub mod presets;
pub mod queue;
mod reading;
pub mod store;
pub mod vapid_key;
pub mod webhook_secret;
pub mod worker;

use std::fs::Permissions;
use std::future::Future;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::cli::Outcome;

/// Runs an asynchronous subcommand on a runtime of its own.
fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Writes a file so that it is either whole or as it was: beside its place, then moved. A new file may be read by all,
/// as the umask allows.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        // A device or a pipe is written to, not replaced.
        return std::fs::write(path, bytes);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    beside.write_all(bytes)?;
    beside.persist(path)?;
    Ok(())
}
