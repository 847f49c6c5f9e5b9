//! What hostile headers cost in memory. One test alone in its process, because the process is what is measured.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap says less, not more")]

use imgfilter_filters::{Encoding, Job, Limits, RefusalCode, probe, process};

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_claim_of_many_pixels_takes_no_memory() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(65_000u32.to_be_bytes());
    png.extend(65_000u32.to_be_bytes());
    png.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
    // A VP8 picture of 16,383 × 16,383 on a canvas of 10 × 10.
    let mut webp = b"WEBPVP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x09\0\0VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a".to_vec();
    webp.extend([0xff, 0x3f, 0xff, 0x3f]);
    let webp = [b"RIFF", &(webp.len() as u32).to_le_bytes()[..], &webp].concat();
    // A GIF frame of 60,000 × 60,000 on a canvas of 10 × 10.
    let mut gif = b"GIF89a\x0a\0\x0a\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0".to_vec();
    gif.extend([0x60, 0xea, 0x60, 0xea, 0, 2, 2, 0x4c, 1, 0, b';']);
    let before = peak();
    for (file, code) in [
        (png, RefusalCode::DimensionTooLarge),
        (webp, RefusalCode::BrokenImage),
        (gif, RefusalCode::DimensionTooLarge),
    ] {
        assert_eq!(probe(&file, &Limits::default()).unwrap_err().code, code);
        let job = Job {
            input: &file,
            chains: &[String::new(), "blur(3)".to_owned()],
            encoding: Encoding::default(),
            limits: Limits::default(),
            deadline: None,
            threads: 1,
            cancel: None,
        };
        assert_eq!(process(&job).unwrap_err().code, code);
    }
    let taken = peak() - before;
    assert!(taken < 2_048, "{taken} KiB");
}
