//! `imgfilter store`: an S3 of one's own, so that a single machine needs nothing else; and `imgfilter store setup` and
//! `verify`, for any.

mod setup;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::block_on;
use crate::cli::Outcome;
use crate::config::{OldKeys, S3Credentials};
use crate::shutdown;
use crate::store::embedded;

/// Options of `imgfilter store`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Without one it serves.
    #[command(subcommand)]
    action: Option<Action>,
    /// Folder that holds the buckets; made if it is not there
    #[arg(
        long,
        env = "IMGFILTER_STORE_DIR",
        value_name = "PATH",
        default_value = "/var/lib/imgfilter/store"
    )]
    root: PathBuf,
    /// Address to listen on; port 0 takes a free one, which is printed
    #[arg(long, env = "IMGFILTER_STORE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Bucket to make if it is not there
    #[arg(long, env = "IMGFILTER_S3_BUCKET", value_name = "NAME", default_value = "imgfilter")]
    bucket: String,
    #[command(flatten)]
    credentials: S3Credentials,
    #[command(flatten)]
    old: OldKeys,
}

/// What can be done beside serving.
#[derive(Debug, Subcommand)]
enum Action {
    /// Have the bucket delete by itself what the cleanup should have deleted long before, where the store can
    Setup(Box<setup::Options>),
    /// Look whether every living link and every kept original has its object in the store
    Verify(Box<verify::Options>),
}

/// Serves until SIGTERM or SIGINT, then lets requests that have begun end.
pub fn run(options: Options) -> Outcome {
    match options.action {
        Some(Action::Setup(setup)) => return block_on(setup::run(&setup)),
        Some(Action::Verify(verify)) => return block_on(verify::run(&verify)),
        None => {}
    }
    let (access_key, secret_key) = options.credentials.pair()?;
    let mut keys = options.old.pairs()?;
    if keys.iter().any(|(old, _)| old == access_key.reveal()) {
        // a signature names its access key only: there can be one secret for each
        return Err(
            "IMGFILTER_STORE_OLD_KEYS has the access key that is in use: give the new pair another one"
                .into(),
        );
    }
    keys.push((access_key.reveal().to_owned(), secret_key));
    block_on(async move {
        let server = embedded::Server::bind(options.listen, &options.root, &options.bucket, keys).await?;
        println!("listening on http://{}", server.address());
        server.serve(async { drop(shutdown::requested().await) }).await;
        Ok(ExitCode::SUCCESS)
    })
}
