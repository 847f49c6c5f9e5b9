//! What must hold for any input; the fuzz targets and a test over the corpus call it. Each function panics where it
//! does not.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::header::PartHeader;
use crate::splitter::{Event, Splitter};
use crate::{BodyKind, Disposition, Error, Limits, Parts, Spool, Step, Upload};

/// The boundary of bodies; short, so that it is found by chance.
const BOUNDARY: &[u8] = b"BB";
/// Bytes of one header line of a part, small for the same reason.
const MAX_LINE: usize = 64;
/// How many of an input's first bytes say in which pieces the rest arrives.
const PIECES: usize = 6;
/// The longest body that also arrives byte by byte.
const MAX_SINGLE: usize = 2048;

/// A part's header lines and content.
type Split = Vec<(Vec<Vec<u8>>, Vec<u8>)>;

/// However a body arrives, it is split, or refused, in the same way; and what it was split into makes that body again.
pub fn body(input: &[u8]) {
    let (sizes, body) = input.split_at(PIECES.min(input.len()));
    let whole = split(std::iter::once(body)).map_err(|error| error.to_string());
    let pieces = split(cut(body, sizes)).map_err(|error| error.to_string());
    assert_eq!(whole, pieces, "{} in pieces of {sizes:?}", body.escape_ascii());
    if body.len() <= MAX_SINGLE {
        let bytes = split(body.chunks(1)).map_err(|error| error.to_string());
        assert_eq!(whole, bytes, "{} byte by byte", body.escape_ascii());
    }
    if let Ok(parts) = whole {
        let again = join(&parts);
        assert_eq!(split(std::iter::once(&again[..])).ok(), Some(parts), "{}", again.escape_ascii());
    }
}

fn split<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Split, Error> {
    let mut splitter = Splitter::new(BOUNDARY, MAX_LINE);
    let mut parts = Split::new();
    let mut open = false;
    for piece in pieces {
        let mut rest = piece;
        loop {
            match splitter.next(&mut rest)? {
                Event::Hungry => break,
                Event::Part(lines) => {
                    assert!(!std::mem::replace(&mut open, true), "a part within a part");
                    parts.push((lines, Vec::new()));
                }
                Event::Data(data) => {
                    assert!(open && !data.is_empty(), "data without a part, or a part's without data");
                    if let Some(part) = parts.last_mut() {
                        part.1.extend_from_slice(data);
                    }
                }
                Event::PartEnd => assert!(std::mem::replace(&mut open, false), "an end without a part"),
                Event::End => assert!(!open, "the body ended within a part"),
            }
        }
        assert!(rest.is_empty(), "hungry before all was eaten");
    }
    if splitter.is_complete() { Ok(parts) } else { Err(Error::Malformed("incomplete")) }
}

/// The pieces of `body`, each as long as the next of `sizes` says, and from the last again at the first.
fn cut<'a>(body: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = body;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let (&size, false) = (sizes.next()?, rest.is_empty()) else { return None };
        let (piece, after) = rest.split_at((usize::from(size) + 1).min(rest.len()));
        rest = after;
        Some(piece)
    })
}

fn join(parts: &Split) -> Vec<u8> {
    let mut body = Vec::new();
    for (lines, content) in parts {
        body.extend_from_slice(b"--BB\r\n");
        for line in lines {
            body.extend_from_slice(line);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--BB--\r\n");
    body
}

/// However a form arrives, its account is the same, every file holds what the account says, and none stays behind.
pub fn form(input: &[u8]) {
    let (sizes, body) = input.split_at(PIECES.min(input.len()));
    let folder = folder();
    let whole = receive(&folder, std::iter::once(body));
    let pieces = receive(&folder, cut(body, sizes));
    assert_eq!(whole, pieces, "{} in pieces of {sizes:?}", body.escape_ascii());
    assert_eq!(files_in(&folder), 0, "a file stayed behind: {}", body.escape_ascii());
}

/// The account without the files' paths, and the body that is handed on.
fn receive<'a>(folder: &Path, pieces: impl Iterator<Item = &'a [u8]>) -> Result<(Parts, Vec<u8>), String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let spool = Spool::new(folder, |_| NUMBER.fetch_add(1, Ordering::Relaxed));
    let limits = Limits {
        max_file_size: 100,
        max_part_header_len: MAX_LINE,
        max_output_body_len: 400,
        max_parts: 5,
        buffer_size: 16,
    };
    let mut upload = Upload::form(BOUNDARY.to_vec(), spool, limits);
    let receive = |upload: &mut Upload| -> Result<(), Error> {
        for piece in pieces {
            let mut rest = piece;
            loop {
                match upload.push(&mut rest)? {
                    Step::Hungry => break,
                    Step::FileStarted => upload.add_field(b"file", b"1")?,
                    Step::FieldStarted => upload.pass_field()?,
                    Step::FileEnded | Step::Done => {}
                }
            }
        }
        while upload.end()? != Step::Done {}
        Ok(())
    };
    receive(&mut upload).map_err(|error| error.to_string())?;
    let mut parts = upload.parts().clone();
    for file in &mut parts.files {
        let size = std::fs::metadata(&file.path).map(|metadata| metadata.len()).ok();
        assert_eq!(size, Some(file.size), "{}", file.path.display());
        assert!(is_base_name(&file.filename), "{:?}", file.filename);
        file.path = PathBuf::new();
    }
    Ok((parts, upload.take_body()))
}

/// A folder of this process, in memory where the system has such a place.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("imgfilter-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count())
}

/// Whatever a header holds, a file's name has no path, and what was read is read again from a quoted text.
pub fn header(input: &[u8]) {
    let _ = PartHeader::read(&input.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
    if let Ok(BodyKind::Form { boundary }) = BodyKind::of(input) {
        assert!((1..=200).contains(&boundary.len()), "{}", boundary.escape_ascii());
        assert!(boundary.iter().all(|&byte| byte == b' ' || byte.is_ascii_graphic()));
    }
    let found = Disposition::parse(input);
    let mut again = format!("form-data; name={}", quoted(&found.name));
    if let Some(filename) = &found.filename {
        assert!(is_base_name(filename), "{filename:?}");
        again.push_str(&format!("; filename={}", quoted(filename)));
    }
    let mut wanted = found;
    // What looks like a path of which nothing is left is an empty file name, which is no file.
    wanted.filename = wanted.filename.filter(|name| !name.is_empty());
    assert_eq!(Disposition::parse(again.as_bytes()), wanted, "{again}");
}

fn is_base_name(name: &str) -> bool {
    !name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file of the corpus, also those that were found by fuzzing and mended.
    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        for target in ["body", "form", "header"] {
            let files: Vec<_> = std::fs::read_dir(corpus.join(target)).unwrap().collect();
            assert!(files.len() >= 3, "the corpus of {target} has {} files", files.len());
            for file in files {
                let input = std::fs::read(file.unwrap().path()).unwrap();
                match target {
                    "body" => body(&input),
                    "form" => form(&input),
                    _ => header(&input),
                }
            }
        }
        std::fs::remove_dir(folder()).unwrap();
    }
}
