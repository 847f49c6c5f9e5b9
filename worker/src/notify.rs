//! Telling users: takes deliveries from the outbox, sends them, and records how it went.
//!
//! A delivery is told at least once. Its id is the same for every try, so a receiver can tell a repetition.

pub mod address;
pub mod schedule;
pub mod signature;
pub mod webhook;

use std::sync::Arc;
use std::time::Duration;

use imgfilter_api::link::LinkKeys;
use imgfilter_api::task;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::db::DbError;
use crate::db::deliveries::{Delivery, Verdict};
use crate::queue::{Worker, jittered};

/// How long a claimed delivery stays this worker's: well beyond the longest try.
const LEASE: Duration = Duration::from_secs(60);
/// Time between two looks into the outbox when nothing was heard.
const POLL: Duration = Duration::from_secs(1);

/// What an event looks like to its receiver.
#[derive(Debug, Serialize)]
struct Event<'a> {
    r#type: &'a str,
    timestamp: &'a str,
    data: task::Task,
}

/// The part of a worker that tells.
pub struct Notifier {
    /// The worker it belongs to.
    pub worker: Arc<Worker>,
    /// Sends webhooks.
    pub webhooks: webhook::Sender,
    /// Begins every URL.
    pub public_url: String,
    /// Signs download links.
    pub link_keys: LinkKeys,
    /// How many may be under way.
    pub concurrency: usize,
    /// A place for each of them.
    pub places: Arc<Semaphore>,
}

impl Notifier {
    /// Claims and sends until `ending` becomes true. What was begun goes on.
    pub async fn run(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = Arc::clone(&self).round() => {}
                _ = ending.wait_for(|ending| *ending) => return,
            }
        }
    }

    async fn round(self: Arc<Self>) {
        let mut places: Vec<OwnedSemaphorePermit> = Vec::new();
        places.extend(Arc::clone(&self.places).acquire_owned().await.ok());
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            places.push(place);
        }
        let worker = self.worker.number();
        let claimed = self.worker.db.claim_deliveries(worker, "webhook", places.len(), LEASE).await;
        let claimed = claimed.unwrap_or_else(|error| {
            tracing::warn!(error = %crate::cli::with_causes(&error), "cannot look into the outbox");
            Vec::new()
        });
        let nothing = claimed.is_empty();
        for (delivery, place) in claimed.into_iter().zip(places) {
            let notifier = Arc::clone(&self);
            tokio::spawn(async move {
                if let Err(error) = notifier.deliver(&delivery).await {
                    // Its lease will end, and it will be tried again under the same id.
                    tracing::warn!(error = %crate::cli::with_causes(&error), "a delivery could not be recorded");
                }
                drop(place);
            });
        }
        if nothing {
            let _ = tokio::time::timeout(jittered(POLL), self.worker.news.notified()).await;
        }
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), DbError> {
        let body = match &delivery.body {
            Some(body) => body.clone(),
            None => match self.worker.db.store_body(delivery.held, &self.render(delivery)?).await? {
                Some(body) => body,
                None => return Ok(()),
            },
        };
        let (attempt, retry_after) = self.webhooks.send(delivery.id, &delivery.target, body).await;
        let pause = schedule::pause_after(delivery.attempts, retry_after);
        let became = self.worker.db.finish_delivery(delivery.held, &attempt, pause).await?;
        match attempt.verdict {
            Verdict::Delivered => tracing::info!(attempt = delivery.attempts, "told by webhook"),
            _ => tracing::info!(
                attempt = delivery.attempts,
                detail = attempt.detail,
                became,
                "not told by webhook"
            ),
        }
        Ok(())
    }

    /// The bytes of an event: rendered once, before its first sending.
    fn render(&self, delivery: &Delivery) -> Result<Vec<u8>, DbError> {
        let unreadable = |error: serde_json::Error| DbError::Connection(error.into());
        let view: task::View =
            serde_json::from_value(delivery.task.clone().unwrap_or_default()).map_err(unreadable)?;
        let data = task::render(view, &self.public_url, &self.link_keys);
        let event = Event { r#type: &delivery.event, timestamp: &delivery.event_at, data };
        serde_json::to_vec(&event).map_err(unreadable)
    }
}
