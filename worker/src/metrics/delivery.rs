//! Deliveries: what became of tries, and how long they took.

use std::time::Duration;

use super::family::{About, BOTH, Counter, Family, Histogram, Label, PATIENT};

/// The channels.
pub(super) const CHANNEL: Label = Label::of("channel", &["webhook", "email", "push", "sms", "topic"]);

static DELIVERIES: Counter<2> = Counter::new(About::new(
    "imgfilter_deliveries_total",
    BOTH,
    &[
        CHANNEL,
        Label::of("end", &["delivered", "retry", "gone", "failed", "unknown", "deferred", "unrecorded"]),
    ],
    "Tries to tell somebody, by what they came to; deferred is what was given back untried, for want of a place.",
    "`delivered` beside the others. Many `failed` or `retry` of one channel: its server or our credentials; `unknown` may \
     have arrived and is not repeated; `gone` are receivers that want no more; of `unrecorded` the database could not be \
     told, and they are told once more, or are `unknown` where that would be worse.",
));

static SECONDS: Histogram<1> = Histogram::new(
    PATIENT,
    About::new(
        "imgfilter_delivery_seconds",
        BOTH,
        &[CHANNEL],
        "Seconds of a try.",
        "How quick receivers and the servers of channels are.",
    ),
);

pub(super) static ALL: &[&dyn Family] = &[&DELIVERIES, &SECONDS];

/// A delivery was tried, and that took so long.
pub fn took(channel: &str, time: Duration) {
    SECONDS.took([channel], time);
}

/// What came of a try: what the database says has become of its delivery, `gone`, or `unrecorded`.
pub fn ended(channel: &str, end: &str) {
    DELIVERIES.one([channel, end]);
}

/// Deliveries were given back untried.
pub fn deferred(channel: &str) {
    DELIVERIES.one([channel, "deferred"]);
}
