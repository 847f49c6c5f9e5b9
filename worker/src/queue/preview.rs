//! Small pictures of results for notifications, made by the engines between tasks.

use std::sync::Arc;

use async_trait::async_trait;
use imgfilter_filters::{Encoding, Format};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::Worker;
use crate::db::DbError;
use crate::engine::parcel::Packing;
use crate::engine::pool::{EngineError, Order, Turn};
use crate::notify::preview::{Previewer, Shown};
use crate::store::StoreError;

/// What is made of a result.
const CHAIN: &str = "resize(width=320, height=320, enlarge=no)";
/// How well it is written: the letter is kept until it has arrived.
const QUALITY: u8 = 70;
/// The largest result of which one is made, in pixels and in bytes of its file: the memory for it is not counted.
const MOST: (u64, u64) = (6_000_000, 16 << 20);
/// The largest small picture, in bytes.
const MOST_MADE: usize = 30_000;
/// What a pixel takes at most while it is scaled, and what an engine takes beside, in bytes.
const MEMORY: (u64, u64) = (72, 64 << 20);

/// Makes them, one at a time, for they are not counted against the memory of tasks.
pub struct Previews {
    worker: Arc<Worker>,
    turn: Semaphore,
}

/// Why there is none.
#[derive(Debug, Error)]
enum NoPreview {
    #[error("the link has ended")]
    Ended,
    #[error("it is too large")]
    TooLarge,
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Previews {
    /// Those of a worker.
    pub fn new(worker: &Arc<Worker>) -> Arc<Self> {
        Arc::new(Self { worker: Arc::clone(worker), turn: Semaphore::new(1) })
    }

    async fn made(&self, of: &Shown) -> Result<Vec<u8>, NoPreview> {
        let pixels = u64::from(of.width) * u64::from(of.height);
        if pixels > MOST.0 || of.bytes > MOST.1 {
            return Err(NoPreview::TooLarge);
        }
        let _turn = self.turn.acquire().await.map_err(|_| NoPreview::Ended)?;
        let key = self.worker.db.object_of_link(of.link).await?.ok_or(NoPreview::Ended)?;
        let mut image = Packing::new().map_err(EngineError::Memory)?;
        self.worker.store.read_into(&mut image, &key, of.bytes).await?;
        let order = Order {
            // Tasks that somebody waits for come first.
            turn: Turn::Slow,
            chains: vec![CHAIN.to_owned()],
            encoding: Encoding { format: Some(Format::Jpeg), quality: Some(QUALITY), ..Encoding::default() },
            memory: pixels * MEMORY.0 + MEMORY.1,
        };
        let made = self.worker.engines.filter(order, image).await?.pop().ok_or(NoPreview::Ended)?;
        let file = made.map_err(EngineError::from)?.file;
        if file.len() > MOST_MADE { Err(NoPreview::TooLarge) } else { Ok(file.to_vec()) }
    }
}

#[async_trait]
impl Previewer for Previews {
    async fn preview(&self, of: &Shown) -> Option<Vec<u8>> {
        match tokio::time::timeout(self.worker.settings.preview_patience, self.made(of)).await {
            Ok(Ok(made)) => Some(made),
            Ok(Err(error)) => {
                tracing::debug!(error = %crate::cli::with_causes(&error), "no small picture");
                None
            }
            Err(_) => None,
        }
    }
}
