//! Small pictures of results, for messages that people look at.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::db::deliveries::Delivery;

/// A result that could be shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Shown {
    /// Its link.
    pub link: Uuid,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
}

impl Shown {
    /// What is shown of a delivery: the first result of a task that is done.
    pub fn of(delivery: &Delivery) -> Option<Self> {
        if delivery.event != "task.done" {
            return None;
        }
        let results = delivery.task.as_ref()?.get("results").and_then(Value::as_array)?;
        results.iter().find_map(|result| Self::deserialize(result).ok())
    }
}

/// Makes small pictures: a worker, which has engines and the store. Who has none sends messages without.
#[async_trait]
pub trait Previewer: Send + Sync {
    /// A JPEG of at most 320 pixels on a side; `None`: it cannot be had now, which is no reason to wait.
    async fn preview(&self, of: &Shown) -> Option<Vec<u8>>;
}
