//! Notes which key signs links, so that a key is not given up while links that it has signed are good.

use std::sync::Arc;
use std::time::Duration;

use super::member::Member;

/// Pause between two notes: what is noted is right to an hour.
const PAUSE: Duration = Duration::from_secs(300);

/// Notes now and then that the links which this process hands out, in notifications, are signed with the key of this number.
pub async fn run(member: Arc<Member>, number: u8) {
    loop {
        if let Err(error) = member.db.note_link_key(number).await {
            tracing::warn!(error = %crate::cli::with_causes(&error), "the key that signs links could not be noted");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
