//! An engine from within: takes jobs from its socket, one at a time, until the worker is gone.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use imgfilter_filters as filters;
use imgfilter_filters::Refusal;
use rustix::event::{PollFd, PollFlags, poll};
use sha2::{Digest, Sha256};

use super::channel;
use super::message::{Answer, Hello, Job, Made};
use super::parcel::{self, Packing};
use super::sandbox::{self, MemoryLimit, Sandbox};

/// Serves the worker at the other end of `socket`. Returns when that is gone.
pub fn serve(
    socket: OwnedFd,
    assets: &Path,
    sandbox: Sandbox,
    max_memory: u64,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let memory = MemoryLimit::new(max_memory)?;
    let confinement = sandbox::enter(sandbox, assets, max_memory)?;
    end_with_the_worker(socket.try_clone()?)?;
    channel::send(&socket, Packing::new()?.finish(&Hello { confinement })?)?;
    while let Some(parcel) = channel::receive(&socket)? {
        let (job, image): (Job, _) = parcel::open(parcel)?;
        memory.allow(job.memory)?;
        channel::send(&socket, answer(&job, &image)?)?;
    }
    Ok(())
}

/// Does a job and packs what came of it.
fn answer(job: &Job, image: &[u8]) -> io::Result<OwnedFd> {
    let (results, timings) = filters::process_timed(&filters::Job {
        input: image,
        chains: &job.chains,
        encoding: job.encoding,
        limits: job.limits,
        deadline: Some(Instant::now() + Duration::from_millis(job.deadline_ms)),
        threads: job.threads,
        // The worker has a surer way: it kills.
        cancel: None,
    });
    let mut packing = Packing::new()?;
    let outcome = match results {
        Ok(results) => {
            Ok(results.into_iter().map(|result| pack(&mut packing, result)).collect::<io::Result<_>>()?)
        }
        Err(refusal) => Err(refusal),
    };
    packing.finish(&Answer { outcome, timings })
}

/// Puts the bytes of a result into the parcel; what remains is its description.
fn pack(
    packing: &mut Packing,
    result: Result<filters::Output, Refusal>,
) -> io::Result<Result<Made, Refusal>> {
    let output = match result {
        Ok(output) => output,
        Err(refusal) => return Ok(Err(refusal)),
    };
    packing.write_all(&output.bytes)?;
    Ok(Ok(Made {
        format: output.format,
        width: output.width,
        height: output.height,
        bytes: output.bytes.len(),
        sha256: hex::encode(Sha256::digest(&output.bytes)),
    }))
}

/// Ends this process as soon as the worker is gone, also in the middle of a job: nobody waits for it any more.
fn end_with_the_worker(socket: OwnedFd) -> io::Result<()> {
    let socket = File::from(socket);
    std::thread::Builder::new().name("watch".into()).spawn(move || {
        let mut watched = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::RDHUP)];
        while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        std::process::exit(0);
    })?;
    Ok(())
}
