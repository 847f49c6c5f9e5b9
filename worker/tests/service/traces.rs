//! The trace of a request, followed to logs, to whoever is told, and to a collector.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rustix::process::Signal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::receiver::Hook;
use crate::stage::{Stage, photo};

const SOON: Duration = Duration::from_secs(30);
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const PARENT: &str = "b7ad6b7169203331";

/// Orders as the edge does, in the name of a caller that keeps its spans or does not.
async fn order(stage: &Stage, image: &[u8], spec: Value, flags: &str) -> Uuid {
    let (task, key) = (Uuid::now_v7(), format!("o/202601/{}", Uuid::now_v7()));
    stage.store.put(&key, image.to_vec().into(), "image/png").await.unwrap();
    submit(stage, task, &key, image, spec, flags).await;
    task
}

/// The same of an object that is not there yet.
async fn submit(stage: &Stage, task: Uuid, key: &str, image: &[u8], spec: Value, flags: &str) {
    let mut request = stage.request(task, key, image, &spec, 5);
    let received: f64 =
        stage.value("SELECT extract(epoch FROM now() - interval '1 s')::double precision").await;
    request["trace"] =
        json!({"id": ID, "span": SPAN, "parent": PARENT, "flags": flags, "received": received});
    stage.sql.query_one("SELECT imgfilter.submit_task($1)", &[&request]).await.unwrap();
}

/// A collector of spans, which says that it takes them.
struct Collector {
    url: String,
    /// The head of each request, in small letters, and its body.
    requests: Receiver<(String, Vec<u8>)>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut read = Vec::new();
                let mut piece = [0; 65536];
                let request = loop {
                    let count = stream.read(&mut piece).unwrap();
                    read.extend_from_slice(&piece[..count]);
                    if let Some(request) = whole(&read) {
                        break request;
                    }
                    assert!(count > 0, "a request that breaks off");
                };
                let _ = sender.send(request);
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { url, requests }
    }

    /// All spans, as soon as there are so many.
    fn spans(&self, count: usize) -> Vec<Span> {
        self.spans_with("content-type: application/x-protobuf", count)
    }

    /// The same; each request had this header.
    fn spans_with(&self, header: &str, count: usize) -> Vec<Span> {
        let (begun, mut spans) = (Instant::now(), Vec::new());
        while spans.len() < count {
            let left = SOON.saturating_sub(begun.elapsed());
            let (head, body) = self.requests.recv_timeout(left).unwrap_or_else(|_| panic!("only {spans:?}"));
            assert!(head.lines().any(|line| line == header), "{head}");
            let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
            for resource in request.resource_spans {
                let about = format!("{:?}", resource.resource);
                assert!(about.contains("service.name") && about.contains("imgfilter"), "{about}");
                spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        spans
    }
}

/// Head and body of a request, once all of it is there.
fn whole(read: &[u8]) -> Option<(String, Vec<u8>)> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let lines = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
    assert!(lines.starts_with("post /v1/traces "), "{lines}");
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let body = &read[head + 4..];
    (body.len() >= length).then(|| (lines, body[..length].to_vec()))
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut all = spans.iter().filter(|span| span.name == name);
    let found = all.next().unwrap_or_else(|| panic!("no {name} among {spans:?}"));
    assert!(all.next().is_none(), "two spans {name}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_whole_way_of_a_task() {
    let stage = Stage::set().await;
    let (collector, hook) = (Collector::start(), Hook::answering(&["200 OK"]));
    let _worker = stage.worker(&[("IMGFILTER_OTLP", &collector.url), ("IMGFILTER_OTLP_RATIO", "0")]);
    let unwanted = order(&stage, &photo(), json!({}), "00").await;
    stage.until(unwanted, "done").await;
    let task = order(&stage, &photo(), json!({"webhook": hook.url()}), "01").await;
    let view = stage.until(task, "done").await;
    assert_eq!(view["trace"], ID);
    let header = hook.next(SOON).header("traceparent").to_owned();

    let parts = ["upload", "queue", "fetch", "engine", "put", "complete", "notify"];
    let spans = collector.spans(parts.len());
    for name in parts {
        let span = named(&spans, name);
        assert_eq!(hex::encode(&span.trace_id), ID);
        assert!(span.end_time_unix_nano > span.start_time_unix_nano, "{span:?}");
        let parent = if name == "upload" { PARENT } else { SPAN };
        assert_eq!(hex::encode(&span.parent_span_id), parent, "{name}");
        assert!(
            !format!("{span:?}").contains(&task.to_string()),
            "whoever has the id may read the task: {span:?}"
        );
        assert!(format!("{:?}", span.attributes).contains("imgfilter.attempt"), "{span:?}");
    }
    assert_eq!(hex::encode(&named(&spans, "upload").span_id), SPAN);
    let notify = hex::encode(&named(&spans, "notify").span_id);
    assert_eq!(header, format!("00-{ID}-{notify}-01"), "what is told belongs to the span of its try");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_sent_at_the_end_and_a_lost_collector_keeps_nothing_waiting() {
    let stage = Stage::set().await;
    let collector = Collector::start();
    let mut worker = stage
        .worker(&[("IMGFILTER_OTLP", &collector.url), ("OTEL_EXPORTER_OTLP_HEADERS", "x-from=one of ours")]);
    let task = order(&stage, &photo(), json!({}), "00").await;
    stage.until(task, "done").await;
    worker.signal(Signal::TERM);
    assert!(worker.ended().success());
    let spans = collector.spans_with("x-from: one of ours", 6);
    assert_eq!(spans.len(), 6, "all of them, for all are sent unless a part is asked for");

    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nowhere}/v1/traces");
    let mut worker = stage.worker(&[("IMGFILTER_OTLP", &url)]);
    let task = order(&stage, &photo(), json!({}), "01").await;
    stage.until(task, "done").await;
    worker.says("spans cannot be sent");
    let task = order(&stage, &photo(), json!({}), "01").await;
    stage.until(task, "done").await;
    worker.signal(Signal::TERM);
    assert!(worker.ended().success());
    assert_eq!(
        worker.said().matches("spans cannot be sent").count(),
        1,
        "it is said once: {}",
        worker.said()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_holds_up_no_end() {
    let stage = Stage::set().await;
    // Connections are made, and nobody accepts them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", silent.local_addr().unwrap());
    let drain = Duration::from_secs(30);
    let mut worker = stage.worker(&[("IMGFILTER_OTLP", &url), ("IMGFILTER_DRAIN", "30s")]);
    let task = order(&stage, &photo(), json!({}), "01").await;
    stage.until(task, "done").await;
    let begun = Instant::now();
    worker.signal(Signal::TERM);
    assert!(worker.ended().success());
    assert!(begun.elapsed() < drain, "{}", worker.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_given_back_has_one_upload() {
    let stage = Stage::set().await;
    let collector = Collector::start();
    let settings = [("IMGFILTER_OTLP", collector.url.as_str()), ("IMGFILTER_DRAIN", "100ms")];
    let mut first = stage.worker(&settings);
    stage.store_process.signal(Signal::STOP);
    let (task, key) = (Uuid::now_v7(), format!("o/202601/{}", Uuid::now_v7()));
    submit(&stage, task, &key, &photo(), json!({}), "01").await;
    stage.until(task, "processing").await;
    first.signal(Signal::TERM);
    assert!(first.ended().success());
    stage.store_process.signal(Signal::CONT);
    stage.store.put(&key, photo().into(), "image/png").await.unwrap();
    let mut second = stage.worker(&settings);
    stage.until(task, "done").await;
    second.signal(Signal::TERM);
    assert!(second.ended().success());
    let spans = collector.spans(7);
    let count = |name: &str| spans.iter().filter(|span| span.name == name).count();
    assert_eq!((count("upload"), count("queue"), count("put")), (1, 2, 1), "{spans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_json_names_the_task_of_each_line() {
    let stage = Stage::set().await;
    let hook = Hook::answering(&["500 No", "200 OK"]);
    let worker = stage.worker(&[("IMGFILTER_LOG", "json")]);
    let broken = order(&stage, b"no image", json!({}), "00").await;
    stage.until(broken, "failed").await;
    let task = order(&stage, &photo(), json!({"webhook": hook.url()}), "00").await;
    stage.until(task, "done").await;
    let tries = [hook.next(SOON), hook.next(SOON)].map(|try_| try_.header("traceparent").to_owned());
    assert!(tries.iter().all(|header| header.starts_with(&format!("00-{ID}-")) && header.ends_with("-00")));
    assert_ne!(tries[0], tries[1], "each try is a span of its own");
    worker.says("\"told\"");

    let lines: Vec<Value> =
        worker.said().lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        for name in ["time", "level", "message", "target"] {
            assert!(line[name].is_string(), "{line}");
        }
    }
    let said = |message: &str, task: Uuid| {
        let found = lines.iter().find(|line| line["message"] == message && line["task"] == json!(task));
        found.unwrap_or_else(|| panic!("no {message} of {task} in {lines:?}")).clone()
    };
    for (message, task) in [("done", task), ("failed", broken)] {
        let line = said(message, task);
        assert_eq!(
            (&line["trace"], &line["lane"], &line["attempt"]),
            (&json!(ID), &json!("fast"), &json!(1))
        );
    }
    assert_eq!(said("failed", broken)["code"], "not_an_image");
    let told = said("told", task);
    assert_eq!(
        (&told["trace"], &told["channel"], &told["attempt"]),
        (&json!(ID), &json!("webhook"), &json!(2))
    );
}
