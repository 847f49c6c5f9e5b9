//! Events with all their fields, handed to whoever writes them.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The field of what an event says in words.
const MESSAGE: &str = "message";

/// What is to be written.
#[derive(Debug)]
pub struct Entry {
    /// How bad it is.
    pub level: Level,
    /// The module that says it.
    pub target: &'static str,
    /// In words.
    pub message: String,
    /// Its own fields, then those of the spans around it, from within. No name is there twice: the inner one counts.
    pub fields: Map<String, Value>,
}

/// Whoever writes entries. What goes wrong with that cannot be logged.
pub trait Scribe: Send + Sync + 'static {
    /// Writes one.
    fn write(&self, entry: &Entry);
}

/// The layer that hands events to a scribe.
pub struct Told<S> {
    scribe: S,
}

impl<S: Scribe> Told<S> {
    /// One that tells this scribe.
    pub fn to(scribe: S) -> Self {
        Self { scribe }
    }
}

/// The fields of a span or an event.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl<S: Scribe, R: Subscriber + for<'a> LookupSpan<'a>> Layer<R> for Told<S> {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, R>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, R>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, R>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = match fields.0.shift_remove(MESSAGE) {
            Some(Value::String(message)) => message,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields(outer)) = span.extensions().get::<Fields>() {
                for (name, value) in outer {
                    fields.0.entry(name.as_str()).or_insert_with(|| value.clone());
                }
            }
        }
        let metadata: &'static Metadata<'static> = event.metadata();
        let entry = Entry { level: *metadata.level(), target: metadata.target(), message, fields: fields.0 };
        self.scribe.write(&entry);
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.put(field, value),
            Err(_) => self.put(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

impl Entry {
    /// As one text: the words, and the fields after them.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for (name, value) in &self.fields {
            let _ = match value {
                Value::String(value) if value.contains(char::is_whitespace) => {
                    write!(text, " {name}={value:?}")
                }
                Value::String(value) => write!(text, " {name}={value}"),
                value => write!(text, " {name}={value}"),
            };
        }
        text
    }
}

/// Writes one JSON object a line on standard error: `time`, `level`, `message`, `target`, and the fields beside them.
pub struct Json;

impl Scribe for Json {
    fn write(&self, entry: &Entry) {
        let mut time = String::new();
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let _ = std::io::stderr().lock().write_all(line(entry, time).as_bytes());
    }
}

fn line(entry: &Entry, time: String) -> String {
    let mut object = Map::new();
    object.insert("time".into(), time.into());
    object.insert("level".into(), entry.level.as_str().to_lowercase().into());
    object.insert(MESSAGE.into(), entry.message.as_str().into());
    object.insert("target".into(), entry.target.into());
    for (name, value) in &entry.fields {
        object.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<(String, String)>>>);

    impl Scribe for Heard {
        fn write(&self, entry: &Entry) {
            self.0.lock().unwrap().push((line(entry, "now".into()), entry.text()));
        }
    }

    fn heard(say: impl FnOnce()) -> Vec<(String, String)> {
        let heard = Heard::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Told::to(heard.clone())), say);
        heard.0.lock().unwrap().clone()
    }

    #[test]
    fn an_event_has_the_fields_of_what_is_around_it() {
        let all = heard(|| {
            let outer = tracing::info_span!("job", task = "t", attempt = 1, trace = tracing::field::Empty);
            let _outer = outer.enter();
            outer.record("trace", "4bf9");
            let _inner = tracing::info_span!("try", attempt = 2).entered();
            tracing::warn!(ms = 3_u128, ratio = 0.5, ok = true, why = %"no \"way\"", target = "x", "not done");
        });
        let (line, text) = &all[0];
        let object: Value = serde_json::from_str(line).unwrap();
        let expected = json!({"time": "now", "level": "warn", "message": "not done", "target": object["target"], "ms": 3,
                              "ratio": 0.5, "ok": true, "why": "no \"way\"", "attempt": 2, "task": "t", "trace": "4bf9"});
        assert_eq!(object, expected);
        assert!(object["target"].as_str().unwrap().starts_with("imgfilter"));
        assert!(line.ends_with("}\n") && line.lines().count() == 1);
        assert_eq!(
            text,
            r#"not done ms=3 ratio=0.5 ok=true why="no \"way\"" target=x attempt=2 task=t trace=4bf9"#
        );
    }

    #[test]
    fn a_line_stays_one() {
        let all = heard(|| tracing::error!(detail = "a\nb", "c\nd"));
        assert_eq!(all[0].0.lines().count(), 1, "{}", all[0].0);
    }
}
