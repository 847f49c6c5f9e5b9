//! `imgfilter vapid-key`: a new pair of keys for web push.

use std::process::ExitCode;

use crate::cli::Outcome;
use crate::notify::push::VapidKeys;

/// Prints a new pair as settings. The private key is a secret; the public one goes to every browser. Those that have
/// subscribed know the old public key, and have to subscribe anew when it changes.
pub fn run() -> Outcome {
    let keys = VapidKeys::generate()?;
    println!("IMGFILTER_VAPID_KEY={}", keys.private.reveal());
    println!("IMGFILTER_VAPID_PUBLIC_KEY={}", keys.public);
    Ok(ExitCode::SUCCESS)
}
