//! What happened: one event, from which the messages of all channels are made.

use imgfilter_api::link::LinkKeys;
use imgfilter_api::task::{self, Status, Task};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::carrier::Unwritable;
use crate::db::deliveries::Delivery;

/// An event as its receivers see it.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// `task.done`, `task.failed`, `link.expiring`, `target.verify` or `target.disabled`.
    pub r#type: String,
    /// When it happened, RFC 3339.
    pub timestamp: String,
    /// What it is about.
    pub data: Data,
    /// A small JPEG of its first result, for people.
    #[serde(skip)]
    pub preview: Option<Vec<u8>>,
}

/// What an event is about.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// A task.
    Task(Box<Task>),
    /// Something of an owner's: `{"code"}`, or `{"channel", "address", "reason"}`.
    Details(Value),
}

/// What a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What happened, in a few words.
    pub title: String,
    /// The same in a sentence or two.
    pub text: String,
    /// What there is to look at: a name and a URL.
    pub links: Vec<(String, String)>,
}

impl Words {
    fn of(title: impl Into<String>, text: impl Into<String>, links: Vec<(String, String)>) -> Self {
        Self { title: title.into(), text: text.into(), links }
    }
}

impl Event {
    /// The event that a delivery tells of. `public_url` begins every URL.
    ///
    /// # Errors
    /// The database's view of the task is none.
    pub fn of(delivery: &Delivery, public_url: &str, keys: &LinkKeys) -> Result<Self, Unwritable> {
        let data = match &delivery.task {
            Some(view) => {
                let view: Result<task::View, _> = serde_json::from_value(view.clone());
                let view = view.map_err(|error| Unwritable(format!("the task is none: {error}")))?;
                Data::Task(Box::new(task::render(view, public_url, keys)))
            }
            None => Data::Details(delivery.details.clone().unwrap_or_else(|| json!({}))),
        };
        let (kind, timestamp) = (delivery.event.clone(), delivery.event_at.clone());
        Ok(Self { r#type: kind, timestamp, data, preview: None })
    }

    /// The event as programs read it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn json(&self) -> Result<Vec<u8>, Unwritable> {
        serde_json::to_vec(self).map_err(|error| Unwritable(error.to_string()))
    }

    /// The event as people read it.
    pub fn words(&self) -> Words {
        match &self.data {
            Data::Task(task) => task_words(&self.r#type, task),
            Data::Details(details) => details_words(&self.r#type, details),
        }
    }

    /// The task that it is about, if it is about one.
    pub fn task(&self) -> Option<Uuid> {
        match &self.data {
            Data::Task(task) => Some(task.id),
            Data::Details(_) => None,
        }
    }

    /// The trace of the request that ordered the task.
    pub fn trace(&self) -> Option<&str> {
        match &self.data {
            Data::Task(task) => task.trace.as_deref(),
            Data::Details(_) => None,
        }
    }

    /// Where there is most to see: the only result, or the task.
    pub fn url(&self) -> Option<String> {
        let Data::Task(task) = &self.data else { return None };
        let only = match task.results.as_slice() {
            [result] => result.url.clone(),
            _ => None,
        };
        Some(only.unwrap_or_else(|| task.status_url.clone()))
    }

    /// The event as a browser's page gets it, in so many bytes at most: the text is cut short where it is too long.
    ///
    /// # Errors
    /// There is not even room for the rest.
    pub fn note(&self, most: usize) -> Result<Vec<u8>, Unwritable> {
        let Words { title, mut text, .. } = self.words();
        loop {
            let note = json!({"type": self.r#type, "task": self.task(), "title": title, "body": text, "url": self.url()});
            let note = note.to_string().into_bytes();
            if note.len() <= most {
                return Ok(note);
            }
            if text.is_empty() {
                return Err(Unwritable("it is too long".to_owned()));
            }
            text = shortened(&text, text.chars().count() / 2);
        }
    }

    /// The event as a telephone shows it.
    pub fn short(&self) -> String {
        let words = self.words();
        match self.url() {
            Some(url) => format!("{}: {url}", words.title),
            None if self.r#type == "target.verify" => words.title,
            None => format!("{}. {}", words.title, words.text),
        }
    }
}

/// The beginning of a text, of so many characters at most.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    match most {
        0 => String::new(),
        most => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

fn task_words(event: &str, task: &Task) -> Words {
    let done: Vec<_> = task.results.iter().filter(|result| result.status == Status::Done).collect();
    let links = done
        .iter()
        .filter_map(|result| Some((named(&result.filters), result.url.clone()?)))
        .chain([("All about it".to_owned(), task.status_url.clone())])
        .collect();
    let until = done.iter().filter_map(|result| result.expires_at.as_deref()).max().map(day);
    match event {
        "task.failed" => {
            let why = task.results.iter().find_map(|result| result.error.as_ref());
            let why =
                why.map_or_else(String::new, |error| format!(" {}.", error.detail.trim_end_matches('.')));
            let failed = task.results.iter().filter(|result| result.error.is_some()).count();
            match task.results.len() {
                1 => {
                    Words::of("Your image could not be filtered", format!("It was not filtered.{why}"), links)
                }
                all => {
                    let text = format!("{failed} of {all} results failed. The first of them:{why}");
                    Words::of("An image was not filtered as you wanted", text, links)
                }
            }
        }
        "link.expiring" => {
            let when = until.map_or_else(|| "soon".to_owned(), |day| format!("on {day}"));
            let text =
                format!("The links to your filtered images end {when}. Download what you want to keep.");
            Words::of(format!("Your links end {when}"), text, links)
        }
        _ => {
            let title = match done.len() {
                1 => "Your image is ready".to_owned(),
                count => format!("Your {count} images are ready"),
            };
            let until = until.map_or_else(String::new, |day| format!(" They can be downloaded until {day}."));
            Words::of(title.clone(), format!("{title}.{until}"), links)
        }
    }
}

fn details_words(event: &str, details: &Value) -> Words {
    let said = |name: &str| details[name].as_str().unwrap_or_default().to_owned();
    if event == "target.verify" {
        let title = format!("Your code is {}", said("code"));
        let text = format!(
            "{title}. Enter it where you asked to be told here; it is good for half an hour. If you did not ask for it, \
             there is nothing to do."
        );
        return Words::of(title, text, Vec::new());
    }
    let why = match details["reason"].as_str() {
        Some("gone") => "it said that it wants no more",
        _ => "nothing has arrived there for days",
    };
    let text = format!("Nothing is sent to {} any more: {why}. You can turn it on again.", said("address"));
    Words::of(format!("Notifications by {} were turned off", said("channel")), text, Vec::new())
}

/// A chain as the name of its result.
fn named(filters: &str) -> String {
    if filters.is_empty() { "The image".to_owned() } else { shortened(filters, 80) }
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> String {
    time.get(..10).unwrap_or(time).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::workers::Held;

    const KEY: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn event(kind: &str, results: Value) -> Event {
        let view = json!({
            "id": "01930000-0000-7000-8000-000000000001", "version": 3, "status": "done",
            "created_at": "2026-11-23T10:00:00Z",
            "image": {"id": "01930000-0000-7000-8000-000000000002", "format": "jpeg", "width": 2, "height": 1,
                      "frames": 1, "bytes": 99, "sha256": "ab", "filename": "a.jpg"},
            "results": results,
        });
        let keys = LinkKeys::parse(KEY).unwrap();
        let task = task::render(serde_json::from_value(view).unwrap(), "https://x.example", &keys);
        let timestamp = "2026-11-23T10:00:01Z".to_owned();
        Event { r#type: kind.to_owned(), timestamp, data: Data::Task(Box::new(task)), preview: None }
    }

    fn about(kind: &str, details: Value) -> Event {
        let timestamp = "2026-11-23T10:00:01Z".to_owned();
        Event { r#type: kind.to_owned(), timestamp, data: Data::Details(details), preview: None }
    }

    fn done(filters: &str) -> Value {
        json!({"filters": filters, "status": "done", "link": "01930000-0000-7000-8000-000000000003", "format": "jpeg",
               "width": 2, "height": 1, "bytes": 5, "expires_at": "2027-02-23T10:00:00Z", "filename": "a.jpg"})
    }

    #[test]
    fn what_is_no_task_cannot_be_written() {
        let delivery = Delivery {
            held: Held { worker: 1, queue: 1, lease: 1 },
            attempts: 1,
            id: Uuid::nil(),
            channel: "webhook".to_owned(),
            event: "task.done".to_owned(),
            event_at: "2026-11-23T10:00:01Z".to_owned(),
            target: "https://a.example/".to_owned(),
            target_id: None,
            keys: None,
            owner: None,
            details: None,
            secret_numbers: Vec::new(),
            begun: false,
            body: None,
            task: Some(json!({"id": "none"})),
            trace: None,
        };
        let refused = Event::of(&delivery, "https://x.example", &LinkKeys::parse(KEY).unwrap()).unwrap_err();
        assert!(refused.to_string().starts_with("nothing can be written: the task is none"), "{refused}");
    }

    #[test]
    fn one_image_is_where_its_link_leads() {
        let event = event("task.done", json!([done("sepia")]));
        let words = event.words();
        assert_eq!(words.title, "Your image is ready");
        assert_eq!(words.links[0].0, "sepia");
        assert!(event.short().starts_with("Your image is ready: https://x.example/d/"), "{}", event.short());
        assert!(event.short().chars().count() <= 160, "one message: {}", event.short());
    }

    #[test]
    fn several_images_are_where_their_task_is() {
        let event = event("task.done", json!([done("sepia"), done("")]));
        assert_eq!(event.words().title, "Your 2 images are ready");
        assert!(event.url().unwrap().ends_with("/tasks/01930000-0000-7000-8000-000000000001"));
        assert_eq!(event.words().links.len(), 3);
    }

    #[test]
    fn failures_say_why() {
        let failed = json!({"filters": "", "status": "failed", "error": {"code": "not_an_image", "detail": "No image."}});
        let words = event("task.failed", json!([failed])).words();
        assert_eq!(words.text, "It was not filtered. No image.");
        let words = event("task.failed", json!([done("sepia"), failed])).words();
        assert_eq!(words.text, "1 of 2 results failed. The first of them: No image.");
    }

    #[test]
    fn ends_codes_and_notices() {
        assert_eq!(event("link.expiring", json!([done("")])).words().title, "Your links end on 2027-02-23");
        let code = about("target.verify", json!({"code": "123456"}));
        assert_eq!(code.short(), "Your code is 123456");
        assert!(
            code.words().text.starts_with("Your code is 123456. Enter it"),
            "also for who sees no subject"
        );
        let off = json!({"channel": "webhook", "address": "https://a.example/", "reason": "gone"});
        assert!(
            about("target.disabled", off)
                .short()
                .starts_with("Notifications by webhook were turned off. Nothing")
        );
    }

    #[test]
    fn a_note_fits() {
        let failed = |detail: String| json!({"filters": "", "status": "failed", "error": {"code": "not_an_image", "detail": detail}});
        let event = event("task.failed", json!([failed("ü\"".repeat(5000))]));
        let note = event.note(3000).unwrap();
        assert!(note.len() <= 3000, "{}", note.len());
        let note: Value = serde_json::from_slice(&note).unwrap();
        assert_eq!(
            (&note["type"], &note["task"]),
            (&json!("task.failed"), &json!("01930000-0000-7000-8000-000000000001"))
        );
        assert!(note["body"].as_str().unwrap().ends_with('…'));
        assert!(event.note(50).is_err());
    }
}
