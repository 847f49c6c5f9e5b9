//! The spans of traces: which parts of the way of a task took how long, for whoever collects them by OTLP.
//!
//! All spans of a task are children of its request's, whose id came with the order: so nothing has to be handed from
//! one process to the next but what the database has. The request's own span, `upload`, is sent by the worker that first
//! claims the task; the edge sends nothing. Where no collector is named, nothing is noted at all.

mod sender;

use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use imgfilter_api::trace::{Trace, TraceParent};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks, SpanProcessor};

use crate::config::{ConfigError, Traces};
use crate::db::deliveries::Delivery;
use crate::db::tasks::Claimed;
use sender::Sender;

/// The one sender of this process, where there is a collector.
static SENDER: OnceLock<Sender> = OnceLock::new();

/// Begins to send spans where these settings say. To be called within a runtime that lives until [`flush`].
///
/// # Errors
/// A setting that cannot be used.
pub fn start(settings: &Traces) -> Result<(), ConfigError> {
    let Some(url) = settings.url()? else { return Ok(()) };
    let sender = Sender::new(url.as_str(), settings.otlp_ratio)
        .map_err(|reason| ConfigError::Invalid { name: "IMGFILTER_OTLP", reason })?;
    // A second one in the same process would change nothing.
    let _ = SENDER.set(sender);
    Ok(())
}

/// Sends what has not been sent yet, and no more after that. Takes some seconds at most.
pub async fn flush() {
    if let Some(sender) = SENDER.get() {
        let _ = tokio::task::spawn_blocking(|| sender.end()).await;
    }
}

/// What the spans of a task or a delivery have in common; nothing where they are not kept. The task's id is no part of it:
/// of a task without an owner it is the right to read and to erase it, and a collector may be others'.
#[derive(Debug, Default)]
pub struct Spans(Option<Box<Kept>>);

#[derive(Debug)]
struct Kept {
    trace: Trace,
    about: Vec<KeyValue>,
}

/// One part of the way.
struct Part {
    name: &'static str,
    id: u64,
    parent: u64,
    begun: SystemTime,
    end: SystemTime,
    fault: Option<&'static str>,
}

impl Spans {
    /// Those of a task that was claimed.
    pub fn of_task(task: &Claimed) -> Self {
        Self::of(task.trace, || {
            vec![
                KeyValue::new("imgfilter.lane", task.lane.name()),
                KeyValue::new("imgfilter.attempt", i64::from(task.attempts)),
            ]
        })
    }

    /// Those of a delivery that was claimed.
    pub fn of_delivery(delivery: &Delivery) -> Self {
        Self::of(delivery.trace, || {
            vec![
                KeyValue::new("imgfilter.delivery", delivery.id.to_string()),
                KeyValue::new("imgfilter.channel", delivery.channel.clone()),
                KeyValue::new("imgfilter.event", delivery.event.clone()),
                KeyValue::new("imgfilter.attempt", i64::from(delivery.attempts)),
            ]
        })
    }

    fn of(trace: Option<Trace>, about: impl FnOnce() -> Vec<KeyValue>) -> Self {
        let kept = trace.filter(|trace| SENDER.get().is_some_and(|sender| sender.keeps(trace)));
        Self(kept.map(|trace| Box::new(Kept { trace, about: about() })))
    }

    /// Notes what lies behind a task that was just claimed: its request, once, and how long it was ready.
    pub fn claimed(&self, task: &Claimed) {
        let Some(kept) = &self.0 else { return };
        let Trace { span, parent, received, .. } = kept.trace;
        let whole = |name, id, parent, begun: SystemTime, end: SystemTime| {
            // The clocks of edge, database and worker may differ.
            kept.note(Part { name, id, parent, begun, end: end.max(begun), fault: None });
        };
        if task.first_claim {
            let received = UNIX_EPOCH + Duration::try_from_secs_f64(received).unwrap_or_default();
            whole("upload", span, parent.unwrap_or_default(), received, task.created_at);
        }
        whole("queue", fresh_id(), span, task.run_at, SystemTime::now());
    }

    /// Does a part of the work, and notes how long it took, also when it is broken off.
    pub async fn part<T, E>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let Some(kept) = &self.0 else { return work.await };
        let mut open = Open::new(kept, name, fresh_id());
        let outcome = work.await;
        open.fault = outcome.is_err().then_some("failed");
        outcome
    }

    /// As [`Spans::part`], under an id that was chosen before. `fault` says what is wrong with an outcome.
    pub async fn part_of_id<T>(
        &self,
        name: &'static str,
        id: u64,
        work: impl Future<Output = T>,
        fault: impl FnOnce(&T) -> Option<&'static str>,
    ) -> T {
        let Some(kept) = &self.0 else { return work.await };
        let mut open = Open::new(kept, name, id);
        let outcome = work.await;
        open.fault = fault(&outcome);
        outcome
    }
}

impl Kept {
    fn note(&self, part: Part) {
        let Some(sender) = SENDER.get() else { return };
        let id = SpanContext::new(
            TraceId::from(self.trace.id),
            SpanId::from(part.id),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        sender.processor.on_end(SpanData {
            span_context: id,
            parent_span_id: SpanId::from(part.parent),
            parent_span_is_remote: part.parent != 0,
            span_kind: kind(part.name),
            name: part.name.into(),
            start_time: part.begun,
            end_time: part.end,
            attributes: self.about.clone(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: part.fault.map_or(Status::Unset, Status::error),
            instrumentation_scope: InstrumentationScope::builder("imgfilter").build(),
        });
    }
}

/// A part that is being done. Dropped, it is noted as it is then.
struct Open<'a> {
    kept: &'a Kept,
    name: &'static str,
    id: u64,
    begun: SystemTime,
    since: Instant,
    fault: Option<&'static str>,
}

impl<'a> Open<'a> {
    fn new(kept: &'a Kept, name: &'static str, id: u64) -> Self {
        Self { kept, name, id, begun: SystemTime::now(), since: Instant::now(), fault: Some("broken off") }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Self { kept, name, id, begun, since, fault } = *self;
        kept.note(Part { name, id, parent: kept.trace.span, begun, end: begun + since.elapsed(), fault });
    }
}

/// What kind of part it is, in OpenTelemetry's words.
fn kind(name: &str) -> SpanKind {
    match name {
        "upload" => SpanKind::Server,
        "fetch" | "put" | "complete" | "notify" => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

/// The id of a new span: not 0.
fn fresh_id() -> u64 {
    fastrand::u64(1..)
}

/// What a receiver is told as `traceparent`: a span of this try's own, and whether it is kept.
pub fn of_try(trace: &Trace) -> TraceParent {
    let kept = SENDER.get().map_or(trace.is_sampled(), |sender| sender.keeps(trace));
    TraceParent { id: trace.id, span: fresh_id(), flags: trace.flags & !1 | u8::from(kept) }
}
