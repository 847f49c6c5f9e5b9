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
    let mut request = stage.request(task, &key, image, &spec, 5);
    let received: f64 =
        stage.value("SELECT extract(epoch FROM now() - interval '1 s')::double precision").await;
    request["trace"] =
        json!({"id": ID, "span": SPAN, "parent": PARENT, "flags": flags, "received": received});
    stage.sql.query_one("SELECT imgfilter.submit_task($1)", &[&request]).await.unwrap();
    task
}

/// A collector of spans, which says that it takes them.
struct Collector {
    url: String,
    bodies: Receiver<Vec<u8>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let (sender, bodies) = mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut read = Vec::new();
                let mut piece = [0; 65536];
                let body = loop {
                    let count = stream.read(&mut piece).unwrap();
                    read.extend_from_slice(&piece[..count]);
                    if let Some(body) = whole_body(&read) {
                        break body;
                    }
                    assert!(count > 0, "a request that breaks off");
                };
                let _ = sender.send(body);
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { url, bodies }
    }

    /// All spans, as soon as there are so many.
    fn spans(&self, count: usize) -> Vec<Span> {
        let (begun, mut spans) = (Instant::now(), Vec::new());
        while spans.len() < count {
            let left = SOON.saturating_sub(begun.elapsed());
            let body = self.bodies.recv_timeout(left).unwrap_or_else(|_| panic!("only {spans:?}"));
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

/// The body of a request, once all of it is there.
fn whole_body(read: &[u8]) -> Option<Vec<u8>> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let lines = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
    assert!(lines.starts_with("post /v1/traces "), "{lines}");
    assert!(lines.contains("content-type: application/x-protobuf"), "{lines}");
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let body = &read[head + 4..];
    (body.len() >= length).then(|| body[..length].to_vec())
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
        assert!(format!("{:?}", span.attributes).contains(&task.to_string()), "{span:?}");
    }
    assert_eq!(hex::encode(&named(&spans, "upload").span_id), SPAN);
    let notify = hex::encode(&named(&spans, "notify").span_id);
    assert_eq!(header, format!("00-{ID}-{notify}-01"), "what is told belongs to the span of its try");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_sent_at_the_end_and_a_lost_collector_keeps_nothing_waiting() {
    let stage = Stage::set().await;
    let collector = Collector::start();
    let mut worker = stage.worker(&[("IMGFILTER_OTLP", &collector.url)]);
    let task = order(&stage, &photo(), json!({}), "00").await;
    stage.until(task, "done").await;
    worker.signal(Signal::TERM);
    assert!(worker.ended().success());
    assert_eq!(collector.spans(6).len(), 6, "all of them, for all are sent unless a part is asked for");

    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nowhere}/v1/traces");
    let worker = stage.worker(&[("IMGFILTER_OTLP", &url)]);
    let task = order(&stage, &photo(), json!({}), "01").await;
    stage.until(task, "done").await;
    worker.says("spans cannot be sent");
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
