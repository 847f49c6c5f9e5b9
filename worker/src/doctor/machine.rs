//! What this machine's processor and kernel can.

use std::time::Duration;

use super::Context;
use super::finding::Finding;
use crate::engine::pool::Engines;
use crate::engine::process::{self, Start};
use crate::engine::sandbox::Sandbox;

/// The longest that the engine, which is only started, may work.
const WORK: Duration = Duration::from_secs(1);

/// Instructions that filters are compiled to.
#[cfg(target_arch = "x86_64")]
fn missing() -> Option<&'static str> {
    let (avx2, fma) =
        (std::arch::is_x86_feature_detected!("avx2"), std::arch::is_x86_feature_detected!("fma"));
    match (avx2, fma) {
        (true, true) => None,
        (false, _) => Some("AVX2"),
        (true, false) => Some("FMA"),
    }
}

/// Instructions that filters are compiled to.
#[cfg(target_arch = "aarch64")]
fn missing() -> Option<&'static str> {
    (!std::arch::is_aarch64_feature_detected!("neon")).then_some("NEON")
}

/// Instructions that filters are compiled to.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn missing() -> Option<&'static str> {
    Some("an instruction set that filters are compiled to")
}

/// Whether chains of filters can be compiled here.
#[expect(clippy::unused_async, reason = "checks are alike")]
pub(super) async fn processor(_: &Context) -> Finding {
    match missing() {
        None => Finding::ok("filters are compiled for this processor"),
        Some(missing) => Finding::warning(
            format!(
                "this processor lacks {missing}: filters are interpreted, which takes several times as long"
            ),
            "use a processor of 2013 or later; a virtual machine may hide it (CPU type `host`). Then `imgfilter calibrate`",
        ),
    }
}

/// Starts an engine as a worker does, and asks how well it is shut in.
pub(super) async fn sandbox(context: &Context) -> Finding {
    let settings = &context.settings.worker;
    let start = Start {
        program: process::THIS_PROGRAM.into(),
        assets: context.settings.assets.assets.clone(),
        sandbox: settings.sandbox,
        max_memory: settings.engine_memory,
    };
    let engines = Engines::new(1, start, (&context.settings.limits).into(), WORK);
    let confinement = match engines.start().await {
        Ok(confinement) => confinement,
        Err(error) => {
            return Finding::wrong(
                format!("no engine starts: {}", crate::cli::with_causes(&error)),
                "a kernel of 6.12 or later has all of the sandbox; IMGFILTER_SANDBOX=auto goes without what is missing",
            );
        }
    };
    match confinement.missing() {
        None => Finding::ok("engines are shut in by Landlock and seccomp"),
        Some(_) if settings.sandbox == Sandbox::Off => Finding::warning(
            "IMGFILTER_SANDBOX=off: what reads strangers' images is not shut in",
            "take the setting out",
        ),
        Some(missing) => Finding::warning(
            format!("engines are not wholly shut in: {missing}"),
            "boot a kernel with Landlock and seccomp (lsm=…,landlock), and let no container forbid them",
        ),
    }
}
