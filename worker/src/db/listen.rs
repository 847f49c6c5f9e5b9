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

/// Calls `wake` for each announcement on the channel `imgfilter`, or `canceled` if it is about a canceled task, for ever.
/// A connection that breaks is made again; what was announced meanwhile is not lost, since that is a wake-up too.
pub async fn forward(url: String, wake: Arc<Notify>, canceled: Arc<Notify>) {
    loop {
        if let Err(error) = listen(&url, &wake, &canceled).await {
            tracing::debug!(%error, "no announcements for now");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen(url: &str, wake: &Notify, canceled: &Notify) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    let mut messages = std::pin::pin!(stream::poll_fn(move |context| connection.poll_message(context)));
    let mut listening = std::pin::pin!(client.batch_execute("LISTEN imgfilter"));
    let mut asked = false;
    loop {
        tokio::select! {
            answer = listening.as_mut(), if !asked => { answer?; asked = true; wake.notify_waiters(); canceled.notify_one(); }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(said))) if said.payload() == CANCEL => canceled.notify_one(),
                Some(Ok(AsyncMessage::Notification(_))) => wake.notify_waiters(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            }
        }
    }
}
