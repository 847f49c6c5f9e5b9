//! Other programs, photographs, and the engine with the usual options.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use imgfilter_filters::{Encoding, Format, Job, Limits, Output, Refusal, process};
use tempfile::TempDir;

/// Debian's ImageMagick, by its full name because other things are called convert too.
const CONVERT: &str = "/usr/bin/convert";
const VIPS: &str = "/usr/bin/vips";
const VIPSHEADER: &str = "/usr/bin/vipsheader";
const IDENTIFY: &str = "/usr/bin/identify";

/// A photograph of mate-backgrounds, such as `nature/RainDrops.jpg`.
pub fn photo(name: &str) -> Vec<u8> {
    let path = Path::new("/usr/share/backgrounds/mate").join(name);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; install mate-backgrounds", path.display()))
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; install imagemagick and libvips-tools"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let done = child.wait_with_output().unwrap();
    // A program that needs no input may end before it has read any.
    let _ = writer.join().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {errors}");
    done.stdout
}

/// ImageMagick: what it writes for the bytes that it gets.
pub fn convert(input: &[u8], arguments: &[&str]) -> Vec<u8> {
    run(CONVERT, arguments, input)
}

/// What ImageMagick says of each frame, by a format such as `%w`.
pub fn identify(image: &[u8], format: &str) -> String {
    String::from_utf8(run(IDENTIFY, &["-format", format, "-"], image)).unwrap()
}

/// A folder of files for programs that take no bytes.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file with these bytes.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs an operation of libvips on an image, and gives what it writes as a file of this name.
    pub fn vips(&self, operation: &str, input: &Path, output: &str, arguments: &[&str]) -> Vec<u8> {
        let path = self.0.path().join(output.split('[').next().unwrap());
        let written = self.0.path().join(output);
        let ends = [operation, input.to_str().unwrap(), written.to_str().unwrap()];
        run(VIPS, &[&ends, arguments].concat(), &[]);
        std::fs::read(path).unwrap()
    }

    /// A field of an image as libvips reads it.
    pub fn vips_field(&self, image: &Path, field: &str) -> String {
        let animates = image.extension().is_some_and(|extension| extension == "gif" || extension == "webp");
        let all = format!("{}{}", image.display(), if animates { "[n=-1]" } else { "" });
        let text = run(VIPSHEADER, &["-f", field, &all], &[]);
        String::from_utf8(text).unwrap().trim().to_owned()
    }
}

/// Runs one chain.
pub fn engine(input: &[u8], chain: &str, format: Option<Format>) -> Result<Output, Refusal> {
    encoded(input, chain, Encoding { format, ..Encoding::default() })
}

/// Runs one chain, and writes its result in this way.
pub fn encoded(input: &[u8], chain: &str, encoding: Encoding) -> Result<Output, Refusal> {
    let job = Job {
        input,
        chains: &[chain.to_owned()],
        encoding,
        limits: Limits::default(),
        deadline: None,
        threads: 2,
        cancel: None,
    };
    process(&job).and_then(|results| results.into_iter().next().unwrap())
}

/// Runs one chain, which must succeed, and gives the file.
pub fn filtered(input: &[u8], chain: &str, format: Format) -> Vec<u8> {
    engine(input, chain, Some(format)).unwrap_or_else(|refusal| panic!("{chain}: {refusal}")).bytes
}
