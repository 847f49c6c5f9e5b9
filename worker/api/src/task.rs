//! The task object: what `GET /tasks/{id}` answers and a webhook carries.
//!
//! The database gives a [`View`]: everything but URLs. [`render`] makes the public [`Task`] of it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::link::LinkKeys;

/// What may stand in a URL's path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How far a task or one of its results has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for a worker.
    Queued,
    /// A worker has it.
    Processing,
    /// Finished; of a task: every result is.
    Done,
    /// Ended without a result; of a task: at least one result did.
    Failed,
    /// Ended by its owner.
    Canceled,
    /// The last link has ended.
    Expired,
}

impl Status {
    /// Whether nothing more will happen by itself, but the end of its links.
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Processing)
    }
}

/// The original of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: Uuid,
    /// `jpeg`, `png`, `gif`, `webp`, `tiff` or `bmp`.
    pub format: String,
    /// Pixels, as seen (orientation applied).
    pub width: u32,
    /// Pixels, as seen (orientation applied).
    pub height: u32,
    /// 1 for a still picture.
    pub frames: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a result failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskError {
    /// One of the codes in [`crate::problem::Code`].
    pub code: String,
    /// For a person.
    pub detail: String,
}

/// One result as the database has it.
#[derive(Debug, Clone, Deserialize)]
pub struct ResultView {
    filters: String,
    status: Status,
    link: Option<Uuid>,
    filename: Option<String>,
    format: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    bytes: Option<u64>,
    expires_at: Option<String>,
    error: Option<TaskError>,
}

/// A task as the database has it.
#[derive(Debug, Clone, Deserialize)]
pub struct View {
    id: Uuid,
    version: u64,
    status: Status,
    created_at: String,
    trace: Option<String>,
    image: Image,
    results: Vec<ResultView>,
}

/// One result as everyone sees it. The last six fields belong to a finished one, `error` to a failed one.
#[derive(Debug, Clone, Serialize)]
pub struct TaskResult {
    /// The chain, as given.
    pub filters: String,
    /// How far it has come.
    pub status: Status,
    /// Where to download it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `jpeg`, `png`, `gif`, `webp`, `tiff`, `bmp` or `avif`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Size of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// When the link ends, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
}

/// A task as everyone sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Task {
    /// Its id, which is also the capability to read it.
    pub id: Uuid,
    /// Rises with every change.
    pub version: u64,
    /// How far it has come.
    pub status: Status,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Where this object is read.
    pub status_url: String,
    /// The trace of the request that ordered it, 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The original.
    pub image: Image,
    /// One for each chain, in the order they were given.
    pub results: Vec<TaskResult>,
}

/// Makes the public task of the database's view. `public_url` is the service's own, with or without a last slash.
pub fn render(view: View, public_url: &str, keys: &LinkKeys) -> Task {
    let base = public_url.trim_end_matches('/');
    Task {
        id: view.id,
        version: view.version,
        status: view.status,
        created_at: view.created_at,
        status_url: format!("{base}/tasks/{}", view.id),
        trace: view.trace,
        image: view.image,
        results: view.results.into_iter().map(|result| render_result(result, base, keys)).collect(),
    }
}

fn render_result(view: ResultView, base: &str, keys: &LinkKeys) -> TaskResult {
    let url = view.link.map(|link| {
        let name = view.filename.as_deref().unwrap_or("image");
        format!("{base}/d/{}/{}", keys.mint(link), utf8_percent_encode(name, SEGMENT))
    });
    TaskResult {
        filters: view.filters,
        status: view.status,
        url,
        format: view.format,
        width: view.width,
        height: view.height,
        bytes: view.bytes,
        expires_at: view.expires_at,
        error: view.error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const KEY: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn rendered(status: &str, results: Value) -> Value {
        rendered_with(status, results, Value::Null)
    }

    fn rendered_with(status: &str, results: Value, trace: Value) -> Value {
        let view = json!({
            "id": "01930000-0000-7000-8000-000000000001", "version": 3, "status": status,
            "created_at": "2026-11-23T10:00:00Z",
            "image": {"id": "01930000-0000-7000-8000-000000000002", "format": "jpeg", "width": 2, "height": 1,
                      "frames": 1, "bytes": 99, "sha256": "ab", "filename": "a.jpg"},
            "results": results, "trace": trace,
        });
        let keys = LinkKeys::parse(KEY).unwrap();
        serde_json::to_value(render(serde_json::from_value(view).unwrap(), "https://x.example/i/", &keys))
            .unwrap()
    }

    #[test]
    fn a_queued_result_has_two_fields() {
        let task = rendered("queued", json!([{"filters": "sepia", "status": "queued"}]));
        assert_eq!(task["results"], json!([{"filters": "sepia", "status": "queued"}]));
        assert_eq!(task["status_url"], "https://x.example/i/tasks/01930000-0000-7000-8000-000000000001");
        assert!(task["image"].get("filename").is_none());
    }

    #[test]
    fn a_task_has_its_trace_if_there_is_one() {
        let results = json!([{"filters": "sepia", "status": "queued"}]);
        assert!(rendered("queued", results.clone()).get("trace").is_none());
        assert_eq!(rendered_with("queued", results, json!("4bf9"))["trace"], "4bf9");
    }

    #[test]
    fn a_finished_result_has_a_url_that_verifies() {
        let link = "01930000-0000-7000-8000-000000000003";
        let done = json!([{"filters": "", "status": "done", "link": link, "format": "jpeg", "width": 2, "height": 1,
                           "bytes": 5, "expires_at": "2027-02-23T10:00:00Z", "filename": "Grüße 1.jpg"}]);
        let task = rendered("done", done);
        let url = task["results"][0]["url"].as_str().unwrap();
        let (token, name) = url.strip_prefix("https://x.example/i/d/").unwrap().split_once('/').unwrap();
        assert_eq!(name, "Gr%C3%BC%C3%9Fe%201.jpg");
        assert_eq!(LinkKeys::parse(KEY).unwrap().verify(token).unwrap().to_string(), link);
    }

    #[test]
    fn a_failed_result_says_why() {
        let error = json!({"code": "broken_image", "detail": "cut short"});
        let task = rendered("failed", json!([{"filters": "", "status": "failed", "error": error}]));
        assert_eq!(task["results"][0]["error"], error);
        assert!(task["results"][0].get("url").is_none());
    }
}
