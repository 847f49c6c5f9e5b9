//! Being woken by the database. Only a hint: whoever waits also looks by himself.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, NoTls};

/// Pause before a broken connection is made again.
const RECONNECT: Duration = Duration::from_secs(1);

/// What an announcement says when a task was canceled that somebody works on.
const CANCEL: &str = "cancel";
/// What an announcement says when something was erased.
const ERASED: &str = "erased";

/// Who is woken.
#[derive(Debug, Clone)]
pub struct Sleepers {
    /// Whoever waits for work.
    pub wake: Arc<Notify>,
    /// Whoever stops tasks that were canceled.
    pub canceled: Arc<Notify>,
    /// Whoever deletes what was erased.
    pub erased: Arc<Notify>,
}

impl Sleepers {
    fn all(&self) {
        self.wake.notify_waiters();
        self.canceled.notify_one();
        self.erased.notify_one();
    }

    fn hear(&self, said: &str) {
        match said {
            CANCEL => self.canceled.notify_one(),
            ERASED => self.erased.notify_one(),
            _ => self.wake.notify_waiters(),
        }
    }
}

/// Wakes whom each announcement on the channel `imgfilter` is for, for ever. A connection that breaks is made again; what
/// was announced meanwhile is not lost, since that wakes all.
pub async fn forward(url: String, sleepers: Sleepers) {
    loop {
        if let Err(error) = listen(&url, &sleepers).await {
            tracing::debug!(%error, "no announcements for now");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen(url: &str, sleepers: &Sleepers) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    let mut messages = std::pin::pin!(stream::poll_fn(move |context| connection.poll_message(context)));
    let mut listening = std::pin::pin!(client.batch_execute("LISTEN imgfilter"));
    let mut asked = false;
    loop {
        tokio::select! {
            answer = listening.as_mut(), if !asked => { answer?; asked = true; sleepers.all(); }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(said))) => sleepers.hear(said.payload()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            }
        }
    }
}
