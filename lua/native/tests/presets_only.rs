//! An edge that takes nothing but presets. In a process of its own, because the configuration is the process's.

#![allow(clippy::unwrap_used, reason = "a helper that cannot unwrap says less, as in the tests themselves")]

use std::fs;
use std::path::Path;

use imgfilter_native::calls::answer;
use serde_json::{Value, json};

fn call(name: &str, input: &Value) -> Value {
    serde_json::from_str(&answer(name.as_bytes(), input.to_string().as_bytes())).unwrap()
}

fn config(presets: &Path) -> Value {
    json!({
        "public_url": "https://img.example/f", "assets": "/nowhere", "presets": presets, "presets_only": true,
        "link_keys": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "link_life": "3 months", "max_link_life": "1 year",
        "max_filters": 2, "max_chain_length": 1000, "max_chain_filters": 5, "max_equation_length": 40,
        "max_equation_depth": 4, "max_equation_operations": 9, "max_dimension": 16384, "max_pixels": 100_000_000,
        "max_frames": 1000, "max_total_pixels": 250_000_000, "max_output_dimension": 5000, "fast_lane_ms": 500.0, "cost_scale": 1.0,
        "max_attempts": 5, "anonymous_webhook": false, "webhook_insecure": false,
        "webhook_secret": null, "channels": "", "push_hosts": "", "push_key": null, "topics": "", "max_targets": 20,
        "storage": {"host": "s3.example", "region": "us-east-1", "access_key": "AK", "secret_key": "SK"},
        "presigned_base": "https://s3.example",
    })
}

/// The code that an upload with this chain is refused with. The file is not there: it is looked at last.
fn code(chain: &str) -> Value {
    let upload = json!({
        "parts": {
            "bare": false, "fields": [{"name": "filters", "value": chain}],
            "files": [{"name": "image", "filename": "a.png", "path": "/nowhere/file", "size": 1,
                       "sha256": "ab".repeat(32)}],
        },
        "query": "",
    });
    let answer = call("prepare_upload", &upload);
    let body: Value = serde_json::from_str(answer["problem"]["body"].as_str().unwrap()).unwrap();
    body["code"].clone()
}

#[test]
fn nothing_but_presets_and_never_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |answer: Value| answer["fault"].as_str().unwrap().to_owned();
    assert!(fault(call("initialise", &config(folder.path()))).contains("IMGFILTER_PRESETS_ONLY is true"));

    fs::write(folder.path().join("small.chain"), "# Small\nresize(width=100)\n").unwrap();
    assert_eq!(call("initialise", &config(folder.path())), json!({ "ok": {} }));
    for chain in ["", "invert", "preset(small)|invert", "look(noir)"] {
        assert_eq!(code(chain), "presets_only", "{chain}");
    }
    assert_eq!(code("preset(smal)"), "invalid_filters");
    let of_the_file = code("preset(small)|preset(small)");
    assert_ne!(of_the_file, "presets_only");

    // A reload with a broken preset tells where, and the former configuration stays.
    fs::write(folder.path().join("new.chain"), "invert\n| sepai\n").unwrap();
    let told = fault(call("initialise", &config(folder.path())));
    assert!(told.starts_with("IMGFILTER_PRESETS: ") && told.contains("new.chain:2:3: "), "{told}");
    assert!(told.contains("did you mean sepia?"), "{told}");
    assert_eq!(code("preset(small)"), of_the_file);

    let answer = call("catalogue", &json!({}));
    let body: Value = serde_json::from_str(answer["ok"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["presets"], json!([{"name": "small", "title": "Small"}]));
    assert_eq!(body["presets_only"], true);
}
