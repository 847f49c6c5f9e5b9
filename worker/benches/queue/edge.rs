//! The edge's side: orders as `lua/native` prepares them, each submitted by a call that is a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::Outcome;
use crate::course::Course;

/// Time between two announcements of a lane, by all connections together.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(50);

/// Whom orders come from.
#[derive(Debug, Clone, Copy)]
pub enum Callers {
    /// Nobody is asked for a key and nothing is counted: what an installation does by default.
    Anyone,
    /// So many owners of keys with quotas, by turns.
    Owners(u64),
}

/// What all connections of an edge share.
pub struct Edge {
    callers: Callers,
    begun: Instant,
    orders: AtomicU64,
    announced: AtomicU64,
}

/// One connection.
pub struct Line {
    client: Client,
    submit: Statement,
    announce: Statement,
}

impl Edge {
    /// With nothing submitted yet.
    pub fn new(callers: Callers) -> Self {
        Self { callers, begun: Instant::now(), orders: AtomicU64::new(0), announced: AtomicU64::new(0) }
    }

    /// The next order: the id of its task and the text for `submit_task`.
    fn order(&self) -> (Uuid, String) {
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        let (task, image) = (unguessable_id(), unguessable_id());
        let (owner, quota) = match self.callers {
            Callers::Anyone => (None, Value::Null),
            Callers::Owners(count) => {
                let quota = json!({"requests": 10_000_000, "megapixels": 100_000_000, "open_tasks": 100_000});
                (Some(format!("owner-{}", number % count)), quota)
            }
        };
        let request = json!({
            "task": task, "owner": owner, "client": null, "quota": quota, "idempotency": null,
            "image": {
                "id": image, "sha256": format!("{}{}", task.simple(), image.simple()), "format": "jpeg", "width": 1920,
                "height": 1280, "frames": 1, "bytes": 1_242_241, "object_key": format!("o/202611/{image}"),
                "filename": "IMG_2041.jpg",
            },
            "spec": {
                "filters": ["resize(width=800)|brightness(10)|sepia(0.8)"], "format": null, "quality": null,
                "expires_in": null, "webhook": null,
            },
            "lane": "fast", "cost_ms": 41.7, "memory": 64, "max_attempts": 5,
        });
        (task, request.to_string())
    }

    /// Whether it is time to wake the workers again.
    fn should_announce(&self) -> bool {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let pause = u64::try_from(ANNOUNCE_EVERY.as_millis()).unwrap_or(u64::MAX);
        let last = self.announced.load(Ordering::Relaxed);
        now >= last + pause
            && self.announced.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Line {
    /// Connects as the edge's role.
    pub async fn connect(url: &str) -> Outcome<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        // as lua/imgfilter/database_thread.lua writes it; text both ways
        let submit = client.prepare("select imgfilter.submit_task($1::text::jsonb)::text as answer").await?;
        let announce = client.prepare("select imgfilter.announce($1::text)::text as answer").await?;
        Ok(Self { client, submit, announce })
    }

    /// Submits one order, which was due at `due`.
    pub async fn submit(&self, edge: &Edge, course: &Course, due: Instant) -> Outcome<Uuid> {
        let (task, request) = edge.order();
        course.begin(task, due);
        let asked = Instant::now();
        let row = self.client.query_one(&self.submit, &[&request]).await?;
        course.submitted(asked);
        if !row.get::<_, &str>(0).contains("queued") {
            return Err(format!("submit_task answered {}", row.get::<_, &str>(0)).into());
        }
        if edge.should_announce() {
            self.client.query_one(&self.announce, &[&"fast"]).await?;
        }
        Ok(task)
    }

    /// Submits orders one after the other until `end`, while there is room.
    pub async fn submit_until(self, edge: Arc<Edge>, course: Arc<Course>, end: Instant) -> Outcome<()> {
        while let Ok(Ok(room)) = tokio::time::timeout_at(end.into(), course.room.acquire()).await {
            room.forget();
            if Instant::now() >= end {
                break;
            }
            self.submit(&edge, &course, Instant::now()).await?;
        }
        Ok(())
    }
}

/// As the edge chooses ids.
fn unguessable_id() -> Uuid {
    Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext))
}
