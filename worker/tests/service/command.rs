//! The other subcommands.

use std::io::Write;
use std::process::{Output, Stdio};

use imgfilter::notify::push::{Vapid, VapidKeys};
use serde_json::Value;

use crate::stage::photo;
use crate::stage::process::command;

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn apply_filters_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.png"), folder.path().join("out.jpg"));
    std::fs::write(&from, photo()).unwrap();
    let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
    text(&run(&["apply", from, "-f", "grayscale", "-o", to], b""));
    assert_eq!(&std::fs::read(to).unwrap()[..3], b"\xff\xd8\xff", "its name said JPEG");
}

#[test]
fn apply_filters_a_stream() {
    let output = run(&["apply", "-", "-f", "grayscale", "-o", "-"], &photo());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pixels = image::load_from_memory(&output.stdout).unwrap().to_rgb8();
    assert_eq!(pixels.dimensions(), (8, 6));
    assert!(pixels.pixels().all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]), "all grey");
}

#[test]
fn apply_points_at_a_mistake() {
    let output = run(&["apply", "-", "-f", "grayscale|sepai", "-o", "-"], &photo());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\n            ^^^^^") && said.contains("sepia"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn each_limit_holds_for_local_files_too() {
    for (option, chain, code) in [
        ("--max-chain-length=5", "invert", "at most 5 characters"),
        ("--max-chain-filters=1", "flip|flip", "at most 1 filters"),
        ("--max-equation-length=4", "equation(r=g+b)", "at most 4 characters"),
        ("--max-equation-depth=1", "equation(r=-g)", "at most 1 deep"),
        ("--max-equation-operations=2", "equation(r=g+b)", "at most 2 operations"),
        ("--max-output-dimension=7", "invert", "output_dimension_too_large"),
        ("--max-dimension=7", "invert", "dimension_too_large"),
    ] {
        let output = run(&["apply", "-", option, "-f", chain, "-o", "-"], &photo());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(code), "{option}: {said}");
    }
}

#[test]
fn presets_are_checked_and_applied() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gray.chain"), "# Gray\ngrayscale\n").unwrap();
    let presets = format!("--presets={}", folder.path().display());
    assert!(text(&run(&["presets", &presets], b"")).starts_with("gray: Gray\n    grayscale"));
    let output = run(&["apply", "-", &presets, "-f", "preset(gray)", "-o", "-"], &photo());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pixels = image::load_from_memory(&output.stdout).unwrap().to_rgb8();
    assert!(pixels.pixels().all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]), "all grey");
    std::fs::write(folder.path().join("bad.chain"), "invert\n| preset(gray)\n").unwrap();
    let broken = run(&["presets", &presets], b"");
    let said = String::from_utf8(broken.stderr).unwrap();
    assert_eq!(broken.status.code(), Some(1));
    assert!(said.contains("bad.chain:2:3: a preset cannot be made of presets"), "{said}");
}

#[test]
fn filters_are_listed() {
    let listed: Value = serde_json::from_str(&text(&run(&["filters", "--json"], b""))).unwrap();
    let names: Vec<_> = listed["filters"].as_array().unwrap().iter().map(|filter| &filter["name"]).collect();
    assert!(names.iter().any(|name| *name == "grayscale"), "{names:?}");
    assert!(text(&run(&["filters"], b"")).contains("grayscale"));
}

#[test]
fn new_secrets_are_accepted_where_they_are_used() {
    let key = text(&run(&["link-key", "--number", "7"], b""));
    assert!(key.starts_with("7:") && imgfilter_api::link::LinkKeys::parse(key.trim()).is_ok());
    let secret = text(&run(&["webhook-secret"], b""));
    assert!(imgfilter_api::signing::Masters::parse(secret.trim()).is_ok());
    assert_ne!(secret, text(&run(&["webhook-secret"], b"")));
    let pair = text(&run(&["vapid-key"], b""));
    let (private, public) = pair.trim().split_once("\nIMGFILTER_VAPID_PUBLIC_KEY=").unwrap();
    let private = private.strip_prefix("IMGFILTER_VAPID_KEY=").unwrap().parse().unwrap();
    let keys = VapidKeys { private, public: public.to_owned() };
    assert!(Vapid::new(&keys, "mailto:us@example.com").is_ok());
}

#[test]
fn nginx_gets_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nginx.conf");
    text(&run(&["nginx-config", "--output", file.to_str().unwrap(), "--port", "8099"], b""));
    assert!(std::fs::read_to_string(&file).unwrap().contains("listen 127.0.0.1:8099;"));
    assert!(!run(&["nginx-config", "--listen", "a;b"], b"").status.success());
}

#[test]
fn help_shows_no_secrets() {
    let secret = "to={to}&token=s3cr3t";
    let output = command(&["notify", "run", "--help"], &[("IMGFILTER_SMS_BODY", secret.to_owned())]).output();
    let help = text(&output.unwrap());
    assert!(help.contains("IMGFILTER_SMS_BODY") && !help.contains("s3cr3t"), "{help}");
}

#[test]
fn a_worker_without_its_secrets_says_what_is_missing() {
    let output = run(&["worker"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("IMGFILTER_S3_ACCESS_KEY is not set"));
}
