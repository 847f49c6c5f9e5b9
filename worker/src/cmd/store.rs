//! `imgfilter store`: an S3 of one's own, so that a single machine needs nothing else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::block_on;
use crate::cli::Outcome;
use crate::config::S3Credentials;
use crate::shutdown;
use crate::store::embedded;

/// Options of `imgfilter store`.
#[derive(Debug, Args)]
pub struct Options {
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
}

/// Serves until SIGTERM or SIGINT, then lets requests that have begun end.
pub fn run(options: Options) -> Outcome {
    let (access_key, secret_key) = options.credentials.pair()?;
    block_on(async move {
        let server = embedded::Server::bind(
            options.listen,
            &options.root,
            &options.bucket,
            access_key.reveal(),
            secret_key.reveal(),
        )
        .await?;
        println!("listening on http://{}", server.address());
        server.serve(async { drop(shutdown::requested().await) }).await;
        Ok(ExitCode::SUCCESS)
    })
}
