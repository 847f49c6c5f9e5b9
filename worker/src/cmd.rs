//! The subcommands: a file each, with its options and its `run`.

pub mod config;
pub mod link_key;
pub mod migrate;
pub mod store;
pub mod webhook_secret;

use std::future::Future;

use crate::cli::Outcome;

/// Runs an asynchronous subcommand on a runtime of its own.
fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
