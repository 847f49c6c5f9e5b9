//! What systemd is told. Without systemd there is no one to be told, which is no error.

use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use sd_notify::NotifyState;

/// Notices that may wait to be sent; a sign of life more than that would be no news.
const WAITING: usize = 4;

/// Tells systemd of a change, without ever waiting for it: a socket that nobody empties blocks its writer, and must not
/// take a thread of the runtime with it.
pub fn tell(state: NotifyState<'static>) {
    static NOTICES: OnceLock<SyncSender<NotifyState<'static>>> = OnceLock::new();
    let notices = NOTICES.get_or_init(|| {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::spawn(move || {
            for state in receiver {
                let _ = sd_notify::notify(&[state]);
            }
        });
        sender
    });
    let _ = notices.try_send(state);
}
