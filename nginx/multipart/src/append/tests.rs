use std::os::unix::fs::symlink;

use super::*;
use crate::{Limits, Step, Upload};

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn open(path: &Path) -> Result<Append, Error> {
    Append::open(path, Bounds::default(), None, 4096)
}

fn limited(path: &Path, limit: u64, length: Option<u64>) -> Result<Append, Error> {
    Append::open(path, Bounds { offset: None, limit: Some(limit) }, length, 4)
}

#[test]
fn bytes_go_to_the_end_and_stay() {
    let (_folder, path) = file(b"ab");
    let mut append = open(&path).unwrap();
    append.write(b"c").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"ab");
    append.flush().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    append.write(b"d").unwrap();
    drop(append);
    assert_eq!(fs::read(&path).unwrap(), b"abcd");
}

#[test]
fn one_writer_at_a_time_and_the_other_asks_for_the_file() {
    let (_folder, path) = file(b"");
    let first = open(&path).unwrap();
    assert!(!first.yield_path().exists());
    for _ in 0..2 {
        assert!(matches!(open(&path), Err(Error::Locked(_))));
        assert!(first.yield_path().exists());
    }
    let wish = first.yield_path();
    drop(first);
    assert!(!wish.exists());
    fs::write(&wish, b"").unwrap();
    let second = open(&path).unwrap();
    assert!(!wish.exists(), "a wish from before is not for the new writer");
    drop(second);
}

#[test]
fn only_files_that_are_there() {
    let (folder, path) = file(b"");
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(open(&folder.path().join("none")), Err(Error::Missing(_))));
    assert!(matches!(open(&link), Err(Error::Io(_))));
    assert!(matches!(open(folder.path()), Err(Error::Io(_))));
    assert!(matches!(open(Path::new("/dev/null")), Err(Error::Io(_))));
}

#[test]
fn the_size_must_be_the_one_expected() {
    let (_folder, path) = file(b"abc");
    let at = |offset| Append::open(&path, Bounds { offset: Some(offset), limit: None }, None, 4096);
    assert!(matches!(at(2), Err(Error::WrongSize { size: 3, wanted: 2 })));
    assert!(matches!(at(4), Err(Error::WrongSize { size: 3, wanted: 4 })));
    assert!(at(3).is_ok());
}

#[test]
fn a_limit_holds_before_and_while_writing() {
    let (_folder, path) = file(b"abc");
    assert!(matches!(limited(&path, 5, Some(3)), Err(Error::TooLarge { limit: 5, .. })));
    assert!(matches!(limited(&path, 2, None), Err(Error::TooLarge { .. })));
    assert!(limited(&path, u64::MAX, Some(u64::MAX)).is_ok());
    let mut append = limited(&path, 5, Some(2)).unwrap();
    append.write(b"de").unwrap();
    assert!(matches!(append.write(b"f"), Err(Error::TooLarge { .. })));
    drop(append);
    assert_eq!(fs::read(&path).unwrap(), b"abcde");
}

fn upload(append: Append) -> Upload {
    Upload::append(append, "a/b", b"attachment; filename=\"x\"", 7, Limits::default())
}

#[test]
fn an_upload_tells_of_the_whole_file_and_keeps_it() {
    let (_folder, path) = file(b"ab");
    let mut upload = upload(open(&path).unwrap());
    let mut input = &b"cde"[..];
    assert_eq!(upload.push(&mut input).unwrap(), Step::FileStarted);
    assert_eq!(upload.push(&mut input).unwrap(), Step::Hungry);
    assert_eq!(upload.end().unwrap(), Step::FileEnded);
    assert_eq!(upload.end().unwrap(), Step::Done);
    let parts = upload.parts();
    assert!(parts.bare);
    assert_eq!((parts.files[0].size, parts.files[0].path.as_path()), (5, path.as_path()));
    assert_eq!((parts.files[0].filename.as_str(), parts.files[0].sha256.as_str()), ("x", ""));
    assert!(matches!(open(&path), Err(Error::Locked(_))));
    upload.discard();
    drop(upload);
    assert_eq!(fs::read(&path).unwrap(), b"abcde");
    assert!(open(&path).is_ok());
}

#[test]
fn an_empty_body_appends_nothing() {
    let (_folder, path) = file(b"ab");
    let mut upload = upload(open(&path).unwrap());
    assert_eq!(upload.end().unwrap(), Step::FileStarted);
    assert_eq!(upload.end().unwrap(), Step::FileEnded);
    assert_eq!(upload.end().unwrap(), Step::Done);
    assert_eq!(upload.parts().files[0].size, 2);
}

#[test]
fn an_upload_that_is_dropped_keeps_what_came() {
    let (_folder, path) = file(b"ab");
    let mut upload = upload(open(&path).unwrap());
    let mut input = &b"cde"[..];
    while upload.push(&mut input).unwrap() != Step::Hungry {}
    upload.flush().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abcde");
    drop(upload);
    assert_eq!(fs::read(&path).unwrap(), b"abcde");
}

#[test]
fn a_locked_file_is_locked_where_no_wish_can_be_left() {
    let (folder, _) = file(b"");
    let path = folder.path().join("f".repeat(250));
    fs::write(&path, b"").unwrap();
    let _first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(Error::Locked(_))));
}
