//! The calls as the Lua side makes them, on real files.

#![allow(clippy::unwrap_used, reason = "a helper that cannot unwrap says less, as in the tests themselves")]

use std::path::Path;

use imgfilter_api::link::LinkKeys;
use imgfilter_api::problem::Code;
use imgfilter_filters::Format;
use imgfilter_native::calls::answer;
use serde_json::{Value, json};

/// Assets and presets for tests.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../worker/filters/tests");
/// That of an example in RFC 8292.
const PUSH_KEY: &str =
    "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
const LINK_KEYS: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn call(name: &str, input: &Value) -> Value {
    serde_json::from_str(&answer(name.as_bytes(), input.to_string().as_bytes())).unwrap()
}

fn initialise() {
    let config = json!({
        "public_url": "https://img.example/f", "assets": format!("{FILES}/assets"),
        "presets": format!("{FILES}/presets"), "presets_only": false, "link_keys": LINK_KEYS, "link_life": "3 months",
        "max_link_life": "1 year",
        "max_filters": 2, "max_chain_length": 1000, "max_chain_filters": 5, "max_equation_length": 40,
        "max_equation_depth": 4, "max_equation_operations": 9, "max_dimension": 16384, "max_pixels": 100_000_000,
        "max_frames": 1000, "max_total_pixels": 250_000_000, "max_output_dimension": 5000, "fast_lane_ms": 500.0, "cost_scale": 1.0,
        "max_attempts": 5,
        "anonymous_webhook": false, "webhook_insecure": false,
        "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "channels": "webhook,email,push",
        "push_hosts": "push.example.com", "push_key": PUSH_KEY, "topics": "", "max_targets": 20,
        "storage": {"host": "s3.example", "region": "us-east-1", "access_key": "AK", "secret_key": "SK"},
        "presigned_base": "https://s3.example",
    });
    assert_eq!(call("initialise", &config), json!({ "ok": {} }));
}

/// A 1 × 1 opaque PNG, whole and well formed.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
    1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, 0x49, 0x44, 0x41, 0x54, 8, 0xd7, 0x63, 0xf8, 0xcf,
    0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60,
    0x82,
];

fn upload(path: &Path, filters: &[&str]) -> Value {
    let fields: Vec<Value> = filters.iter().map(|chain| json!({"name": "filters", "value": chain})).collect();
    let size = path.metadata().map_or(1, |metadata| metadata.len());
    json!({
        "parts": {
            "bare": false, "fields": fields, "dropped": [],
            "files": [{"name": "image", "filename": "dot\n.png", "content_type": "text/plain", "path": path,
                       "size": size, "sha256": "ab".repeat(32)}],
        },
        "query": "",
    })
}

/// The problem that `prepare_upload` answers: its status and its body.
fn refusal(input: &Value) -> (u64, Value) {
    let answer = call("prepare_upload", input);
    let problem = &answer["problem"];
    let body = problem["body"].as_str().unwrap_or_else(|| panic!("not refused: {answer}"));
    (problem["status"].as_u64().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn a_good_upload_becomes_a_request_for_the_database() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, PNG).unwrap();

    let prepared = call("prepare_upload", &upload(&file, &["sepia(0.8)|blur(3)", "grayscale"]));
    let prepared = &prepared["ok"];
    let request: Value = serde_json::from_str(prepared["request"].as_str().unwrap()).unwrap();
    assert_eq!(request["task"], prepared["task"]);
    assert_eq!(request["lane"], "fast");
    assert_eq!(request["spec"]["filters"], json!(["sepia(0.8)|blur(3)", "grayscale"]));
    assert_eq!(request["image"]["format"], "png");
    assert_eq!(request["image"]["bytes"], PNG.len());
    assert_eq!(request["image"]["filename"], "dot.png");
    assert!(request["cost_ms"].as_f64().unwrap() >= 0.0);
    assert!((8..20).contains(&request["memory"].as_u64().unwrap()), "MiB for a pixel: {}", request["memory"]);
    let key = prepared["object_key"].as_str().unwrap();
    assert_eq!(request["image"]["object_key"], key);
    let (month, id) = key.strip_prefix("o/").unwrap().split_once('/').unwrap();
    assert!(month.len() == 6 && month.starts_with("20"), "{month}");
    assert_eq!(request["image"]["id"], id);
    assert_eq!(prepared["mime"], "image/png");
}

#[test]
fn an_upload_belongs_to_whoever_sent_it() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, PNG).unwrap();
    let request = |caller: Value| {
        let mut input = upload(&file, &[]);
        input["caller"] = caller;
        input["parts"]["fields"] = json!([{"name": "webhook", "value": "https://example.com/told"}]);
        let answer = call("prepare_upload", &input);
        answer["ok"]["request"].as_str().map(|text| serde_json::from_str::<Value>(text).unwrap())
    };
    let keyed = request(json!({"owner": "acme", "channels": ["webhook"], "quota": {"requests": 5}})).unwrap();
    assert_eq!(keyed["owner"], "acme");
    assert_eq!(keyed["quota"], json!({"requests": 5}));
    assert_eq!(request(json!({"owner": "acme", "channels": ["email"]})), None, "its key has not that scope");
    assert_eq!(
        request(json!({"client": "192.0.2.1", "channels": ["webhook"]})),
        None,
        "anyone may not, whatever is said"
    );
    let mut anonymous = upload(&file, &[]);
    anonymous["caller"] = json!({"client": "192.0.2.1"});
    let answer = call("prepare_upload", &anonymous);
    let anonymous: Value = serde_json::from_str(answer["ok"]["request"].as_str().unwrap()).unwrap();
    assert_eq!((&anonymous["owner"], &anonymous["client"]), (&Value::Null, &json!("192.0.2.1")));
}

#[test]
fn an_upload_is_recognised_by_its_bytes_and_options() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, PNG).unwrap();
    let idempotency = |chain: &str, change: &dyn Fn(&mut Value)| {
        let mut input = upload(&file, &[chain]);
        input["caller"] = json!({"idempotency": {"key": "k", "client": "192.0.2.1"}});
        change(&mut input["parts"]["files"][0]);
        let answer = call("prepare_upload", &input);
        let request: Value = serde_json::from_str(answer["ok"]["request"].as_str().unwrap()).unwrap();
        request["idempotency"].clone()
    };
    let first = idempotency("invert", &|_| {});
    assert_eq!((&first["key"], &first["client"]), (&json!("k"), &json!("192.0.2.1")));
    assert_eq!(first["fingerprint"].as_str().map(str::len), Some(64));
    assert_eq!(idempotency("invert", &|file| file["filename"] = "other.png".into()), first);
    assert_ne!(idempotency("invert ", &|_| {})["fingerprint"], first["fingerprint"]);
    let usual = |name: &str, value: &str| {
        let mut input = upload(&file, &["invert"]);
        input["caller"] = json!({"idempotency": {"key": "k", "client": "192.0.2.1"}});
        let fields = input["parts"]["fields"].as_array_mut().unwrap();
        fields.push(json!({"name": name, "value": value}));
        let answer = call("prepare_upload", &input);
        let request: Value = serde_json::from_str(answer["ok"]["request"].as_str().unwrap()).unwrap();
        request["idempotency"]["fingerprint"] == first["fingerprint"]
    };
    assert!(usual("priority", "normal") && usual("delay", "0"), "what is usual may be left out");
    assert!(!usual("priority", "low") && !usual("delay", "1"), "the rest are options like others");
    let another_image = idempotency("invert", &|file| file["sha256"] = "cd".repeat(32).into());
    assert_ne!(another_image["fingerprint"], first["fingerprint"]);
}

const IMAGE: &str = "01930000-0000-7000-8000-000000000002";

/// What an order for a kept image of 40 × 30 pixels becomes: `read_order`, then `prepare_again`.
fn again(caller: &Value, body: &str) -> Value {
    let input = format!("{caller}\n{body}");
    let read: Value = serde_json::from_str(&answer(b"read_order", input.as_bytes())).unwrap();
    let Some(spec) = read["ok"]["spec"].as_str() else { return read };
    assert_eq!(read["ok"]["image"], IMAGE);
    let kept = json!({"id": IMAGE, "format": "jpeg", "width": 40, "height": 30, "frames": 1});
    let spec: Value = serde_json::from_str(spec).unwrap();
    call("prepare_again", &json!({"spec": spec, "image": kept, "caller": caller}))
}

fn requested(answer: &Value) -> Value {
    let request = answer["ok"]["request"].as_str().unwrap_or_else(|| panic!("refused: {answer}"));
    serde_json::from_str(request).unwrap()
}

#[test]
fn an_order_for_a_kept_image_becomes_a_request_without_its_file() {
    initialise();
    let caller = json!({"owner": "acme", "quota": {"requests": 5}});
    let body = json!({"image": IMAGE, "filters": ["preset(thumbnail)", "flip"], "quality": 70});
    let answer = again(&caller, &body.to_string());
    let request = requested(&answer);
    let image = json!({"id": IMAGE, "kept": true, "width": 40, "height": 30, "frames": 1, "bytes": 0});
    assert_eq!((&request["image"], &request["task"]), (&image, &answer["ok"]["task"]));
    assert_eq!((&request["owner"], &request["quota"]), (&json!("acme"), &json!({"requests": 5})));
    assert_eq!((&request["lane"], &answer["ok"]["lane"]), (&json!("fast"), &json!("fast")));
    assert_eq!(request["spec"]["filters"], json!(["preset(thumbnail)", "flip"]));
    assert!(request["spec"]["chains"][0].as_str().unwrap().starts_with("resize(width=320,"), "{request}");
    assert_eq!(request["spec"]["quality"], 70);
    assert!(request["memory"].as_u64().unwrap() >= 8, "MiB: {request}");
    let later = again(&caller, &json!({"image": IMAGE, "priority": "low", "delay": 60}).to_string());
    let spec = &requested(&later)["spec"];
    assert_eq!((&spec["priority"], &spec["delay"]), (&json!("low"), &json!(60)));
}

#[test]
fn an_order_is_refused_as_an_upload_is() {
    initialise();
    let code = |more: Value| {
        let mut body = json!({ "image": IMAGE });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = again(&json!({}), &body.to_string());
        let problem = answer["problem"]["body"].as_str().unwrap_or_else(|| panic!("not refused: {answer}"));
        serde_json::from_str::<Value>(problem).unwrap()["code"].clone()
    };
    assert_eq!(code(json!({"filters": ["", "sepai"]})), "invalid_filters");
    assert_eq!(code(json!({"filters": "resize(width=5001, enlarge=yes)"})), "output_dimension_too_large");
    assert_eq!(code(json!({"filters": "crop(41, 30)"})), "impossible_chain");
    assert_eq!(code(json!({"filters": ["", "", ""]})), "too_many_filters");
    assert_eq!(code(json!({"webhook": "https://example.com/told"})), "webhook_not_allowed");
    let unknown = call(
        "prepare_again",
        &json!({"spec": requested(&again(&json!({}), &json!({"image": IMAGE}).to_string()))["spec"],
                                                "image": null, "caller": {}}),
    );
    assert_eq!(unknown["problem"]["status"], 404, "{unknown}");
}

#[test]
fn an_order_has_the_trace_of_its_request() {
    initialise();
    let trace = json!({"id": "4bf92f3577b34da6a3ce929d0e0e4736", "span": "00f067aa0ba902b7", "flags": "01",
                       "received": 1795680000.25});
    let traced = |trace: &Value| {
        let body = json!({"image": IMAGE}).to_string();
        requested(&again(&json!({ "trace": trace }), &body))["trace"].clone()
    };
    assert_eq!(traced(&trace), trace);
    for other in [Value::Null, json!("00-4bf9"), json!({"id": "4bf9"})] {
        assert_eq!(traced(&other), Value::Null, "what is malformed is no reason to refuse an order");
    }
}

#[test]
fn an_order_is_recognised_by_its_image_and_options() {
    initialise();
    let caller = json!({"idempotency": {"key": "k", "client": "192.0.2.1"}});
    let print =
        |body: Value| requested(&again(&caller, &body.to_string()))["idempotency"]["fingerprint"].clone();
    let first = print(json!({"image": IMAGE, "filters": "invert"}));
    assert_eq!(first.as_str().map(str::len), Some(64));
    assert_eq!(print(json!({"filters": ["invert"], "image": IMAGE})), first, "however it is written");
    assert_ne!(print(json!({"image": IMAGE, "filters": "sepia"})), first);
}

#[test]
fn keys_are_hashed_and_nonsense_is_not() {
    let key = imgfilter_api::key::write(&[7; 32]);
    let hash = call("hash_key", &json!({ "key": key }))["ok"]["sha256"].clone();
    assert_eq!(hash.as_str().map(str::len), Some(64));
    assert_eq!(call("hash_key", &json!({"key": "imgf_x"})), json!({"ok": {"sha256": null}}));
}

#[test]
fn a_problem_may_know_when_trying_again_makes_sense() {
    let told = |retry_after: Value| {
        let occasion = json!({"code": "requests_quota_exceeded", "limit": 3, "retry_after": retry_after});
        call("problem", &occasion)["ok"]["retry_after"].clone()
    };
    assert_eq!((told(json!(77)), told(Value::Null)), (json!(77), json!(5)));
}

#[test]
fn chains_are_refused_with_their_place() {
    initialise();
    let missing = Path::new("/nowhere/file");
    let (status, body) = refusal(&upload(missing, &["grayscale", "blur(1)|sepai"]));
    assert_eq!(status, 400);
    assert_eq!(body["code"], "invalid_filters");
    assert_eq!(body["position"], json!({"filters": 1, "offset": 8, "length": 5}));
    assert_eq!(body["suggestion"], "sepia");
    let (status, body) = refusal(&upload(missing, &["", "", ""]));
    assert_eq!((status, &body["code"]), (400, &json!("too_many_filters")));
}

#[test]
fn each_limit_of_chains_has_its_code() {
    initialise();
    let missing = Path::new("/nowhere/file");
    for (chain, code, limit) in [
        (" ".repeat(1001), "chain_too_long", json!(1000)),
        ("flip|".repeat(6) + "flip", "too_many_chain_filters", json!(5)),
        ("flip|flip|flip|flip|preset(thumbnail)".to_owned(), "too_many_chain_filters", json!(5)),
        (format!("equation(r=g{}+b)", " ".repeat(40)), "equation_too_long", json!(40)),
        ("equation(r=----g)".to_owned(), "equation_too_deep", json!(4)),
        ("equation(r=g+g+g+g+g+g)".to_owned(), "equation_too_complex", json!(9)),
        ("sepia(1.5)".to_owned(), "parameter_out_of_range", Value::Null),
    ] {
        let (status, body) = refusal(&upload(missing, &["", &chain]));
        assert_eq!((status, &body["code"], &body["limit"]), (400, &json!(code), &limit), "{chain}: {body}");
        assert_eq!((&body["field"], &body["position"]["filters"]), (&json!("filters"), &json!(1)), "{chain}");
    }
}

#[test]
fn presets_are_written_out_when_they_are_asked_for() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, PNG).unwrap();
    let spec = |filters: &[&str]| {
        let prepared = &call("prepare_upload", &upload(&file, filters))["ok"];
        let request: Value = serde_json::from_str(prepared["request"].as_str().unwrap()).unwrap();
        request["spec"].clone()
    };
    let with = spec(&["invert|preset(thumbnail)", "flip"]);
    assert_eq!(with["filters"], json!(["invert|preset(thumbnail)", "flip"]));
    let chain = with["chains"][0].as_str().unwrap();
    assert!(chain.starts_with("invert|resize(width=320,") && chain.contains("|sharpen("), "{chain}");
    assert_eq!(with["chains"][1], "flip");
    assert!(spec(&["invert"]).get("chains").is_none());
    let (status, body) = refusal(&upload(&file, &["preset(thumbnial)"]));
    assert_eq!((status, &body["code"]), (400, &json!("invalid_filters")));
    assert_eq!(body["suggestion"], "thumbnail");
}

#[test]
fn files_that_are_no_images_are_refused() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, "only text").unwrap();
    let (status, body) = refusal(&upload(&file, &[]));
    assert_eq!((status, &body["code"], &body["field"]), (415, &json!("not_an_image"), &json!("image")));

    let mut huge = PNG.to_vec();
    huge[16..24].copy_from_slice(&[0, 0, 0xfd, 0xe8, 0, 0, 0xfd, 0xe8]);
    std::fs::write(&file, huge).unwrap();
    let (status, body) = refusal(&upload(&file, &[]));
    assert_eq!(status, 422, "{body}");
    assert_eq!(body["limit"], 16384);
}

#[test]
fn a_chain_that_cannot_be_is_refused_before_anything_is_kept() {
    initialise();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000001");
    std::fs::write(&file, PNG).unwrap();
    let (status, body) = refusal(&upload(&file, &["", "resize(width=20000)"]));
    assert_eq!((status, &body["code"]), (422, &json!("output_too_large")), "{body}");
    let (status, body) = refusal(&upload(&file, &["", "resize(width=5001, enlarge=yes)"]));
    assert_eq!((status, &body["code"]), (422, &json!("output_dimension_too_large")), "{body}");
    assert_eq!((&body["limit"], &body["field"]), (&json!(5000), &json!("filters")));
    assert!(body["detail"].as_str().unwrap().starts_with("filters number 2: "), "{body}");
}

#[test]
fn problems_come_by_code_or_by_status() {
    let by_code = &call("problem", &json!({"code": "database_unavailable"}))["ok"];
    assert_eq!((by_code["status"].as_u64(), by_code["retry_after"].as_u64()), (Some(503), Some(5)));
    let by_status = &call("problem", &json!({"status": 404, "detail": "no such page"}))["ok"];
    let body: Value = serde_json::from_str(by_status["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "/problems/not_found");
    assert_eq!(body["detail"], "no such page");
    assert!(call("problem", &json!({"code": "nonsense"}))["fault"].is_string());
}

#[test]
fn links_are_verified() {
    initialise();
    let link = uuid::Uuid::now_v7();
    let token = LinkKeys::parse(LINK_KEYS).unwrap().mint(link);
    assert_eq!(call("verify_link", &json!({ "token": token })), json!({"ok": {"link": link}}));
    assert_eq!(call("verify_link", &json!({ "token": &token[1..] })), json!({"ok": {"link": null}}));
}

#[test]
fn a_task_is_rendered_with_our_urls() {
    initialise();
    let view = json!({
        "id": "01930000-0000-7000-8000-000000000001", "version": 1, "status": "queued",
        "created_at": "2026-11-23T10:00:00Z", "results": [{"filters": "", "status": "queued"}],
        "image": {"id": "01930000-0000-7000-8000-000000000002", "format": "png", "width": 1, "height": 1,
                  "frames": 1, "bytes": 70, "sha256": "ab", "filename": "a.png"},
    });
    let rendered = &call("render_tasks", &json!([view]))["ok"][0];
    assert_eq!(rendered["ended"], false);
    assert_eq!(rendered["url"], "https://img.example/f/tasks/01930000-0000-7000-8000-000000000001");
    let body: Value = serde_json::from_str(rendered["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["status_url"], rendered["url"]);
}

#[test]
fn the_catalogue_lists_filters_and_presets() {
    initialise();
    let answer = call("catalogue", &json!({}));
    let body: Value = serde_json::from_str(answer["ok"]["body"].as_str().unwrap()).unwrap();
    let filters = body["filters"].as_array().unwrap();
    assert!(filters.iter().any(|filter| filter["name"] == "sepia"), "{body}");
    assert_eq!(body["presets"][1]["title"], "Thumbnail of 320 pixels");
    assert!(body["presets"][1]["chain"].is_string());
    assert_eq!(body["presets_only"], false);
}

#[test]
fn bad_configurations_are_faults_that_name_the_variable() {
    let answer = call("initialise", &json!({"public_url": 1}));
    assert!(answer["fault"].as_str().unwrap().contains("JSON"), "{answer}");
}

#[test]
fn the_description_of_the_api_knows_every_code_and_format() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../nginx/www/openapi.json"))
        .unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    let schemas = &description["components"]["schemas"];
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(schemas["ProblemCode"]["enum"], json!(codes));
    let of = |place: &str| schemas[place]["properties"]["format"]["enum"].clone();
    let names =
        |formats: &mut dyn Iterator<Item = Format>| json!(formats.map(Format::name).collect::<Vec<_>>());
    assert_eq!(of("Image"), names(&mut Format::ALL.into_iter().filter(|format| format.is_read())));
    assert_eq!(of("Result"), names(&mut Format::ALL.into_iter()));
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn targets_are_read_and_shown() {
    initialise();
    let body = json!({"targets": [{"channel": "webhook", "address": "https://hooks.example.com"}]});
    let read = |caller: Value| {
        let input = format!("{caller}\n{}\n{body}", json!({ "targets": [] }));
        serde_json::from_str::<Value>(&answer(b"read_targets", input.as_bytes())).unwrap()
    };
    let targets = read(json!({"owner": "acme", "channels": ["webhook"]}))["ok"]["targets"].clone();
    let expected = json!([{"channel": "webhook", "address": "https://hooks.example.com/", "events": ["task.done", "task.failed"]}]);
    assert_eq!(serde_json::from_str::<Value>(targets.as_str().unwrap()).unwrap(), expected);
    assert_eq!(read(json!({"owner": "acme"}))["problem"]["status"], 403);

    let view = json!({"targets": [{"id": "01930000-0000-7000-8000-000000000001", "channel": "webhook", "address": "https://a.example/",
                                   "events": ["task.done"], "status": "active", "reason": null,
                                   "created_at": "2026-11-23T10:00:00Z", "verified_at": null, "secret_number": 1}]});
    let shown = call("show_notifications", &view);
    let shown: Value = serde_json::from_str(shown["ok"]["body"].as_str().unwrap()).unwrap();
    // The vector of `imgfilter_api::signing`.
    assert_eq!(shown["targets"][0]["secret"], "whsec_1MM09BZWKYUNbt9s+3hWsPQ8W26SyAWEcdv8ub644cQ=");
    assert_eq!(shown["channels"], json!(["webhook", "email", "push"]));
    assert_eq!((&shown["push_key"], &shown["max_targets"]), (&json!(PUSH_KEY), &json!(20)));
}
