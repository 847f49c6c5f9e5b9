//! What workers tell Prometheus.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use imgfilter::config::S3;
use imgfilter::metrics::{Metrics, Teller};
use imgfilter::store::Store;
use rustix::process::Signal;
use serde_json::json;

use crate::stage::process::{Process, command};
use crate::stage::receiver::{Conduct, Hook};
use crate::stage::{Stage, photo, s3};

/// Where a process that has started is asked.
fn address_of(process: &Process) -> String {
    process.says("metrics at http://");
    let line = process.line_with("metrics at http://");
    line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// What it answers: status line and headers, and the text.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), text.to_owned())
}

/// All samples of a process, by name and labels.
fn scrape(address: &str) -> BTreeMap<String, f64> {
    let (head, text) = ask(address, "GET /metrics");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The samples once one of them is as it should be.
async fn until(address: &str, name: &str, right: impl Fn(f64) -> bool) -> BTreeMap<String, f64> {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let samples = scrape(address);
        if samples.get(name).is_some_and(|value| right(*value)) {
            return samples;
        }
        assert!(Instant::now() < end, "{name} is {:?}", samples.get(name));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_what_it_did() {
    let stage = Stage::set().await;
    let receiver = Hook::answering(&["200 OK"]);
    let worker = stage.worker(&[
        ("IMGFILTER_METRICS", "127.0.0.1:0"),
        ("IMGFILTER_MEMORY_BUDGET", "1073741824"),
        ("IMGFILTER_BACKLOG_PATIENCE", "30s"),
    ]);
    let address = address_of(&worker);
    let chains = json!({"filters": ["sepia|gamma(2)", "blur(2)"], "webhook": receiver.url()});
    let first = stage.order(&photo(), chains).await;
    let second = stage.order(&photo(), json!({"filters": ["grayscale"]})).await;
    let broken = stage.order(&photo()[..20], json!({})).await;
    stage.until(first, "done").await;
    stage.until(second, "done").await;
    stage.until(broken, "failed").await;

    let told = "imgfilter_deliveries_total{channel=\"webhook\",end=\"delivered\"}";
    until(&address, told, |count| count == 1.0).await;
    until(&address, "imgfilter_tasks_total{end=\"failed\",lane=\"fast\"}", |count| count == 1.0).await;
    until(&address, "imgfilter_tasks_total{end=\"done\",lane=\"fast\"}", |count| count == 2.0).await;
    let samples = until(&address, "imgfilter_memory_used_bytes{lane=\"fast\"}", |bytes| bytes == 0.0).await;
    let is = |name: &str, value: f64| assert_eq!(samples.get(name), Some(&value), "{name}");
    is("imgfilter_tasks_total{end=\"done\",lane=\"fast\"}", 2.0);
    is("imgfilter_tasks_total{end=\"failed\",lane=\"fast\"}", 1.0);
    is("imgfilter_tasks_total{end=\"canceled\",lane=\"slow\"}", 0.0);
    is("imgfilter_queue_wait_seconds_count{lane=\"fast\"}", 3.0);
    is("imgfilter_task_retries_total{reason=\"store\"}", 0.0);
    is("imgfilter_pixels_total", 96.0);
    is("imgfilter_filter_seconds_count{filter=\"fused\"}", 1.0);
    is("imgfilter_filter_seconds_count{filter=\"blur\"}", 1.0);
    is("imgfilter_filter_seconds_count{filter=\"grayscale\"}", 1.0);
    is("imgfilter_original_bytes_total", (2 * photo().len() + 20) as f64);
    is("imgfilter_store_errors_total{operation=\"get\"}", 0.0);
    is("imgfilter_engines", 2.0);
    is("imgfilter_engines_busy", 0.0);
    is("imgfilter_memory_budget_bytes{lane=\"fast\"}", 536_870_912.0);
    is("imgfilter_memory_budget_bytes{lane=\"slow\"}", 536_870_912.0);
    is("imgfilter_memory_used_bytes{lane=\"fast\"}", 0.0);
    for stage in ["fetch", "wait", "decode", "filter", "encode", "put", "complete"] {
        let sum = samples[&format!("imgfilter_stage_seconds_sum{{stage=\"{stage}\"}}")];
        assert!(sum > 0.0, "{stage}");
    }
    assert!(samples["imgfilter_result_bytes_total"] > 0.0);
    assert!(samples["imgfilter_database_seconds_count"] > 5.0);
    assert!(samples["imgfilter_store_seconds_count{operation=\"put\"}"] >= 3.0);
    assert!(samples["process_start_time_seconds"] > 1.7e9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_by_whoever_is_asked() {
    let stage = Stage::set().await;
    for _ in 0..3 {
        stage.order(&photo(), json!({"delay": 3600})).await;
    }
    stage.sql.execute("UPDATE imgfilter.task SET cost_ms = 60000", &[]).await.unwrap();
    let one = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0"), ("IMGFILTER_UTILIZATION", "0.1")]);
    let two = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0"), ("IMGFILTER_UTILIZATION", "0.1")]);
    for worker in [&one, &two] {
        let address = address_of(worker);
        let samples = until(&address, "imgfilter_workers", |count| count == 2.0).await;
        let is = |name: &str, value: f64| assert_eq!(samples.get(name), Some(&value), "{name}");
        is("imgfilter_queue_ready{lane=\"fast\"}", 0.0);
        is("imgfilter_queue_delayed{lane=\"fast\"}", 3.0);
        is("imgfilter_queue_running{lane=\"fast\"}", 0.0);
        is("imgfilter_queue_oldest_seconds{lane=\"fast\"}", 0.0);
        is("imgfilter_queue_backlog_seconds", 0.0);
        is("imgfilter_arrival_cost", 0.6);
        is("imgfilter_workers_wanted", 3.0);
        is("imgfilter_dead", 0.0);
        is("imgfilter_links_alive", 0.0);
        is("imgfilter_deliveries_waiting{channel=\"email\"}", 0.0);
        assert!(samples["imgfilter_state_age_seconds"] >= 0.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_told_is_written_down_and_well_formed() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    until(&address, "imgfilter_workers_wanted", |_| true).await;
    let (_, text) = ask(&address, "GET /metrics");
    let mut told: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let page = command(&["metrics", "--markdown"], &[]).output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    let mut written: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    told.sort_unstable();
    written.sort_unstable();
    assert_eq!(told, written);

    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is of the package prometheus: make deps");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert!(said.status.success() && words.is_empty(), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_answered() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    for (request, status) in
        [("GET /", "404"), ("GET /metrics/x", "404"), ("POST /metrics", "405"), ("HEAD /metrics", "200")]
    {
        let (head, text) = ask(&address, request);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{request}: {head}");
        assert_eq!(head.contains("allow: get, head"), status == "405");
        assert_eq!(text.is_empty(), request.starts_with("HEAD"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_an_error() {
    let stage = Stage::set().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, setting) in
        [(&["worker"][..], "IMGFILTER_METRICS"), (&["notify", "run"][..], "IMGFILTER_NOTIFY_METRICS")]
    {
        let mut settings = stage.settings();
        settings.push((setting, address.clone()));
        let output = command(arguments, &settings).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("{setting}: cannot listen on {address}: ")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_tells_its_part() {
    let stage = Stage::set().await;
    let receiver = Hook::answering(&["200 OK"]);
    let mut settings = stage.settings();
    settings.push(("IMGFILTER_NOTIFY_METRICS", "127.0.0.1:0".to_owned()));
    let notifier = Process::start(stage.folder.path(), &["notify", "run"], &settings, "entered");
    let _worker = stage.worker(&[("IMGFILTER_NOTIFIER", "off")]);
    let task = stage.order(&photo(), json!({"webhook": receiver.url()})).await;
    stage.until(task, "done").await;
    let address = address_of(&notifier);
    let told = "imgfilter_deliveries_total{channel=\"webhook\",end=\"delivered\"}";
    let samples = until(&address, told, |count| count == 1.0).await;
    assert_eq!(samples["imgfilter_delivery_seconds_count{channel=\"webhook\"}"], 1.0);
    assert!(!samples.keys().any(|name| name.starts_with("imgfilter_tasks_total")));
    assert_eq!(samples["imgfilter_task_retries_total{reason=\"worker_lost\"}"], 0.0, "it reaps, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_is_not_lost() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    // The store does not answer, so the task stays under way until somebody ends it.
    stage.store_process.signal(Signal::STOP);
    let request = json!({"filters": [""]});
    let task = uuid::Uuid::now_v7();
    stage.order_stored(task, "o/202601/none", &photo(), request, 5).await;
    stage.until(task, "processing").await;
    stage.sql.execute("SELECT imgfilter.cancel($1)", &[&task]).await.unwrap();
    let canceled = "imgfilter_tasks_total{end=\"canceled\",lane=\"fast\"}";
    let samples = until(&address, canceled, |count| count == 1.0).await;
    assert_eq!(samples["imgfilter_leases_lost_total"], 0.0);
    stage.store_process.signal(Signal::CONT);
}

/// Has a function of the database do this in its place; what it was is now called `_truly`.
async fn instead(stage: &Stage, function: &str, arguments: &str, result: &str, body: &str) {
    let sql = format!(
        "ALTER FUNCTION imgfilter.{function} RENAME TO {function}_truly;
         CREATE FUNCTION imgfilter.{function}({arguments}) RETURNS {result} LANGUAGE plpgsql SECURITY DEFINER
         SET search_path = imgfilter AS $$ BEGIN {body} END $$;
         GRANT EXECUTE ON FUNCTION imgfilter.{function} TO imgfilter_worker"
    );
    stage.sql.batch_execute(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_but_not_answered_is_done_and_not_lost() {
    let stage = Stage::set().await;
    // Each hears it, and answers as to one who says it again.
    let many = "integer[], bigint[], bigint[], jsonb[], interval";
    let body = "PERFORM complete_many_truly($1, $2, $3, $4, $5); RETURN '{}';";
    instead(&stage, "complete_many", many, "bigint[]", body).await;
    let delivery = "integer, bigint, bigint, text, integer, integer, text, bytea, interval";
    let body = "PERFORM finish_delivery_truly($1, $2, $3, $4, $5, $6, $7, $8, $9); RETURN 'stale';";
    instead(&stage, "finish_delivery", delivery, "text", body).await;
    let receiver = Hook::answering(&["200 OK"]);
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    let task = stage.order(&photo(), json!({"webhook": receiver.url()})).await;
    stage.until(task, "done").await;
    until(&address, "imgfilter_tasks_total{end=\"done\",lane=\"fast\"}", |count| count == 1.0).await;
    let told = "imgfilter_deliveries_total{channel=\"webhook\",end=\"delivered\"}";
    let samples = until(&address, told, |count| count == 1.0).await;
    assert_eq!(samples["imgfilter_leases_lost_total"], 0.0);
    assert!(stage.objects().await.iter().any(|key| key.starts_with("r/")), "what is needed stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_was_told_but_not_answered_is_one() {
    let stage = Stage::set().await;
    // It is heard, but whoever tells has lost patience before the answer comes.
    let arguments = "integer, bigint, bigint, text, text, boolean, interval, interval";
    let body = "PERFORM pg_sleep(3 * (fail_truly($1, $2, $3, $4, $5, $6, $7, $8) <> 'stale')::integer); RETURN 'stale';";
    instead(&stage, "fail", arguments, "text", body).await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0"), ("IMGFILTER_DATABASE_TIMEOUT", "2s")]);
    let address = address_of(&worker);
    stage.order(b"no image", json!({})).await;
    let failed = "imgfilter_tasks_total{end=\"failed\",lane=\"fast\"}";
    let samples = until(&address, failed, |count| count == 1.0).await;
    assert_eq!(samples["imgfilter_leases_lost_total"], 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_done_is_lost() {
    let stage = Stage::set().await;
    let many = "integer[], bigint[], bigint[], jsonb[], interval";
    instead(&stage, "complete_many", many, "bigint[]", "RETURN '{}';").await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    stage.order(&photo(), json!({})).await;
    let lost = "imgfilter_tasks_total{end=\"lost\",lane=\"fast\"}";
    let samples = until(&address, lost, |count| count == 1.0).await;
    assert_eq!(samples["imgfilter_leases_lost_total"], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_erased_while_it_is_sent_is_not_lost() {
    let stage = Stage::set().await;
    let receiver = Hook::doing(vec![Conduct::Hang]);
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0"), ("IMGFILTER_NOTIFY_TIMEOUT", "2s")]);
    let address = address_of(&worker);
    let task = stage.order(&photo(), json!({"webhook": receiver.url()})).await;
    receiver.next(Duration::from_secs(30));
    stage.sql.execute("SELECT imgfilter.erase($1)", &[&task]).await.unwrap();
    let took = "imgfilter_delivery_seconds_count{channel=\"webhook\"}";
    until(&address, took, |count| count == 1.0).await;
    worker.says("became=\"erased\"");
    assert_eq!(scrape(&address)["imgfilter_leases_lost_total"], 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_long_ago_is_not_told() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    until(&address, "imgfilter_workers", |count| count == 1.0).await;
    let counted = "REVOKE EXECUTE ON FUNCTION imgfilter.publish_service_state FROM imgfilter_worker;
                   UPDATE imgfilter.service_state SET published_at = now() - interval '2 minutes'";
    stage.sql.batch_execute(counted).await.unwrap();
    let samples = until(&address, "imgfilter_state_age_seconds", |age| age > 100.0).await;
    for name in
        ["imgfilter_queue_ready", "imgfilter_deliveries_waiting", "imgfilter_dead", "imgfilter_workers"]
    {
        assert!(!samples.keys().any(|told| told.starts_with(name)), "{name}");
    }
    assert_eq!(worker.said().matches("cannot count the service").count(), 1, "{}", worker.said());
    let again = "GRANT EXECUTE ON FUNCTION imgfilter.publish_service_state TO imgfilter_worker";
    stage.sql.batch_execute(again).await.unwrap();
    until(&address, "imgfilter_workers", |count| count == 1.0).await;
    worker.says("the service can be counted again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_breaks_off_in_the_middle_is_counted() {
    let silent = Hook::doing(vec![Conduct::HangMidReply]);
    let address = format!("http://{}", silent.address);
    let settings = S3 { s3_timeout: Duration::from_millis(500), ..s3(&address) };
    let store = Store::new(&settings).unwrap();
    let metrics = Metrics::new(Teller::Worker);
    let error = store.read_into(&mut Vec::new(), "o/1", 100).await.unwrap_err();
    assert!(error.to_string().contains("did not arrive within 1s"), "{error}");
    let text = metrics.text().unwrap();
    for line in [
        "imgfilter_store_errors_total{operation=\"get\"} 1",
        "imgfilter_store_seconds_count{operation=\"get\"} 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_connections() {
    let stage = Stage::set().await;
    let worker = stage.worker(&[("IMGFILTER_METRICS", "127.0.0.1:0")]);
    let address = address_of(&worker);
    let asked = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream
    };
    let mut first_byte = [0];
    let mut kept: Vec<TcpStream> = (0..16).map(|_| asked()).collect();
    kept.iter_mut().for_each(|stream| stream.read_exact(&mut first_byte).unwrap());
    let mut further = asked();
    further.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(further.read_exact(&mut first_byte).is_err(), "it waits");
    kept.pop();
    further.set_read_timeout(None).unwrap();
    further.read_exact(&mut first_byte).unwrap();
}
