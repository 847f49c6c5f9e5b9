//! The trace of a request, as W3C Trace Context has it: what binds the answer's header, the log lines, the task and what is
//! told of it together.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Seconds since 1970 at which no request can have come: before this was written, or in thousands of years.
const EARLIEST: f64 = 1.5e9;
const LATEST: f64 = 1e11;

/// The trace that a task belongs to, and the span of the request that ordered it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trace {
    /// Not 0.
    pub id: u128,
    /// The edge's own span, to which all belongs that is done for the task. Not 0.
    pub span: u64,
    /// The caller's span, if the request came with one. Not 0.
    pub parent: Option<u64>,
    /// As they came; the lowest bit says that the caller keeps its spans.
    pub flags: u8,
    /// When the request came, in seconds since 1970.
    pub received: f64,
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    span: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    flags: String,
    received: f64,
}

impl Trace {
    /// Reads `{"id", "span", "parent", "flags", "received"}`. `None`: it is none, or anything about it is wrong.
    pub fn read(value: &Value) -> Option<Self> {
        let written = Written::deserialize(value).ok()?;
        let span = |text: &str| u64::try_from(number(text, 16)?).ok().filter(|span| *span != 0);
        Some(Self {
            id: number(&written.id, 32).filter(|id| *id != 0)?,
            span: span(&written.span)?,
            parent: match &written.parent {
                Some(parent) => Some(span(parent)?),
                None => None,
            },
            flags: u8::try_from(number(&written.flags, 2)?).ok()?,
            received: Some(written.received).filter(|at| (EARLIEST..=LATEST).contains(at))?,
        })
    }

    /// For serde: what [`Trace::read`] makes of a value, which is never an error.
    ///
    /// # Errors
    /// The text is not JSON at all.
    pub fn forgiving<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Self::read(&Value::deserialize(deserializer)?))
    }

    /// The id as it is shown: 32 hexadecimal digits.
    pub fn shown(&self) -> String {
        format!("{:032x}", self.id)
    }

    /// Whether the caller keeps its spans, and wants ours.
    pub fn is_sampled(&self) -> bool {
        self.parent.is_some() && self.flags & 1 == 1
    }
}

/// The value of a `traceparent` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// Of the trace.
    pub id: u128,
    /// The span that the receiver's are children of.
    pub span: u64,
    /// Whether that span is kept.
    pub flags: u8,
}

impl fmt::Display for TraceParent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{:032x}-{:016x}-{:02x}", self.id, self.span, self.flags)
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            id: self.shown(),
            span: format!("{:016x}", self.span),
            parent: self.parent.map(|parent| format!("{parent:016x}")),
            flags: format!("{:02x}", self.flags),
            received: self.received,
        };
        written.serialize(serializer)
    }
}

/// A number of exactly so many hexadecimal digits in lower case.
fn number(text: &str, digits: usize) -> Option<u128> {
    let is_one = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_one.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({"id": "4bf92f3577b34da6a3ce929d0e0e4736", "span": "00f067aa0ba902b7", "parent": "b7ad6b7169203331",
               "flags": "01", "received": 1795680000.25})
    }

    #[test]
    fn what_is_read_is_written_again() {
        let trace = Trace::read(&good()).unwrap();
        assert_eq!(serde_json::to_value(trace).unwrap(), good());
        assert_eq!(trace.shown(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let mut orphan = good();
        orphan.as_object_mut().unwrap().remove("parent");
        assert_eq!(serde_json::to_value(Trace::read(&orphan).unwrap()).unwrap(), orphan);
    }

    #[test]
    fn only_a_caller_can_have_kept_its_span() {
        assert!(Trace::read(&good()).unwrap().is_sampled());
        for (name, value) in [("flags", json!("02")), ("parent", Value::Null)] {
            let mut other = good();
            other[name] = value;
            assert!(!Trace::read(&other).unwrap().is_sampled(), "{other}");
        }
    }

    #[test]
    fn what_is_malformed_is_no_trace() {
        let bad = [
            ("id", json!("4BF92F3577B34DA6A3CE929D0E0E4736")),
            ("id", json!("0".repeat(32))),
            ("id", json!("4bf92f3577b34da6a3ce929d0e0e473")),
            ("id", json!("+bf92f3577b34da6a3ce929d0e0e4736")),
            ("id", json!(7)),
            ("span", json!("0".repeat(16))),
            ("span", json!("00f067aa0ba902b")),
            ("span", Value::Null),
            ("parent", json!("")),
            ("parent", json!("0".repeat(16))),
            ("flags", json!("1")),
            ("flags", json!(1)),
            ("received", json!("1795680000")),
            ("received", json!(0)),
            ("received", json!(1e300)),
        ];
        for (name, value) in bad {
            let mut trace = good();
            trace[name] = value;
            assert_eq!(Trace::read(&trace), None, "{trace}");
        }
        for other in [Value::Null, json!("x"), json!([]), json!({})] {
            assert_eq!(Trace::read(&other), None, "{other}");
        }
    }

    #[test]
    fn a_header_is_written_as_others_read_it() {
        let parent = TraceParent { id: 0x4bf9, span: 0x2b7, flags: 1 };
        assert_eq!(parent.to_string(), "00-00000000000000000000000000004bf9-00000000000002b7-01");
    }
}
