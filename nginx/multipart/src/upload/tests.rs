use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::{DroppedPart, FieldPart, Hashes, Reason};

fn counting(_: bool) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

fn form(folder: &Path, limits: Limits) -> Upload {
    Upload::form(b"BB".to_vec(), Spool::new(folder, counting), limits)
}

/// Plays the server: fields about each file, and fields handed on whose names begin with `p`.
fn decide(upload: &mut Upload, step: Step) -> Result<(), Error> {
    match (step, upload.part()) {
        (Step::FileStarted, Some(Part::File { number, file, has_ended: false })) => {
            assert!(!file.path.exists());
            let (name, value) = (format!("{}.name", file.name), format!("{number} {}", file.filename));
            upload.add_field(name.as_bytes(), value.as_bytes())
        }
        (Step::FileEnded, Some(Part::File { file, has_ended: true, .. })) => {
            assert_eq!(fs::metadata(&file.path).unwrap().len(), file.size);
            let (name, value) = (format!("{}.sha256", file.name), file.sha256.clone());
            upload.add_field(name.as_bytes(), value.as_bytes())
        }
        (Step::FieldStarted, Some(Part::Field { name })) if name.starts_with('p') || name.is_empty() => {
            upload.pass_field()
        }
        (Step::FieldStarted, _) => Ok(()),
        (step, part) => panic!("{step:?} with {part:?}"),
    }
}

fn receive(upload: &mut Upload, pieces: &[&[u8]]) -> Result<(), Error> {
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match upload.push(&mut rest)? {
                Step::Hungry => break,
                step => decide(upload, step)?,
            }
        }
    }
    loop {
        match upload.end()? {
            Step::Done => return Ok(()),
            step => decide(upload, step)?,
        }
    }
}

fn part(disposition: &str, data: &str) -> String {
    format!("--BB\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{data}\r\n")
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_form_comes_apart() {
    let folder = tempfile::tempdir().unwrap();
    let body = [
        part("name=\"passed\"", "v"),
        part("name=\"image\"; filename=\"/x/a.jpg\"", "abc"),
        part("name=\"other\"", "w"),
        part("name=\"empty\"; filename=\"\"", ""),
        "--BB\r\nContent-Type: text/plain\r\n\r\nnameless\r\n--BB--\r\n".to_owned(),
    ]
    .concat();
    let mut upload = form(folder.path(), Limits::default());
    receive(&mut upload, &[body.as_bytes()]).unwrap();
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let parts = upload.parts();
    assert_eq!(parts.files.len(), 1);
    let file = &parts.files[0];
    assert_eq!((&*file.name, &*file.filename, file.size, &*file.sha256), ("image", "a.jpg", 3, sha));
    assert_eq!(fs::read(&file.path).unwrap(), b"abc");
    let fields: Vec<_> = parts.fields.iter().map(|field| (&*field.name, &*field.value)).collect();
    assert_eq!(fields, [("passed", "v"), ("other", "w"), ("empty", ""), ("", "nameless")]);
    assert_eq!(
        String::from_utf8(upload.take_body()).unwrap(),
        format!(
            "{}{}{}--BB--\r\n",
            part("name=\"passed\"", "v"),
            part("name=\"image.name\"", "1 a.jpg"),
            part("name=\"image.sha256\"", sha)
        )
    );
    assert_eq!(upload.content_type(), None);

    upload.keep_files();
    drop(upload);
    assert_eq!(count(folder.path()), 1);
}

#[test]
fn other_digests_are_computed_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let body = part("name=\"a\"; filename=\"b\"", "abc") + &part("name=\"c\"; filename=\"d\"", "") + "--BB--";
    for wanted in [true, false] {
        let hashes = Hashes { md5: wanted, crc32: wanted, ..Hashes::default() };
        let spool = Spool::new(folder.path(), counting).with_hashes(hashes);
        let mut upload = Upload::form(b"BB".to_vec(), spool, Limits::default());
        receive(&mut upload, &[body.as_bytes()]).unwrap();
        let digests: Vec<_> =
            upload.parts().files.iter().map(|file| (&*file.digests.md5, &*file.digests.crc32)).collect();
        match wanted {
            true => assert_eq!(
                digests,
                [
                    ("900150983cd24fb0d6963f7d28e17f72", "352441c2"),
                    ("d41d8cd98f00b204e9800998ecf8427e", "00000000")
                ]
            ),
            false => assert_eq!(digests, [("", ""), ("", "")]),
        }
    }
}

#[test]
fn a_bare_body_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), counting);
    let disposition = b"attachment; name=ignored; filename=\"a.png\"";
    let mut upload = Upload::bare("image/png", disposition, spool.clone(), Limits::default());
    receive(&mut upload, &[b"a", b"", b"bc"]).unwrap();
    let parts = upload.parts();
    assert!(parts.bare);
    let file = &parts.files[0];
    assert_eq!((&*file.name, &*file.filename, &*file.content_type, file.size), ("", "a.png", "image/png", 3));
    let content_type = upload.content_type().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
    assert!(boundary.len() == 20 && boundary.bytes().all(|byte| byte.is_ascii_digit()));
    let handed_on = String::from_utf8(upload.take_body()).unwrap();
    assert!(
        handed_on.starts_with(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\".name\""))
    );
    drop(upload);
    assert_eq!(count(folder.path()), 0);

    let mut empty = Upload::bare("", b"", spool, Limits::default());
    receive(&mut empty, &[]).unwrap();
    assert_eq!(empty.parts().files[0].size, 0);
}

#[test]
fn a_file_over_the_limit_is_dropped_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_file_size: 4, ..Limits::default() };
    let body = [
        part("name=\"a\"; filename=\"big\"", "12345"),
        part("name=\"b\"; filename=\"fits\"", "1234"),
        part("name=\"passed\"", "123456"),
        "--BB--".to_owned(),
    ]
    .concat();
    for piece in [1, 3, 1000] {
        let mut upload = form(folder.path(), limits.clone());
        receive(&mut upload, &body.as_bytes().chunks(piece).collect::<Vec<_>>()).unwrap();
        let parts = upload.parts();
        let dropped =
            DroppedPart { name: "a".into(), filename: "big".into(), reason: Reason::TooLarge, limit: 4 };
        assert_eq!(parts.dropped, [dropped]);
        assert_eq!(parts.files.iter().map(|file| &*file.filename).collect::<Vec<_>>(), ["fits"]);
        assert_eq!(parts.fields, [FieldPart { name: "passed".into(), value: "123456".into() }]);
        let handed_on = String::from_utf8(upload.take_body()).unwrap();
        assert!(
            handed_on
                .starts_with("--BB\r\nContent-Disposition: form-data; name=\"b.name\"\r\n\r\n2 fits\r\n")
        );
    }
    let mut bare = Upload::bare("", b"", Spool::new(folder.path(), counting), limits);
    receive(&mut bare, &[b"123", b"45"]).unwrap();
    assert_eq!((bare.parts().files.len(), bare.parts().dropped.len()), (0, 1));
    assert_eq!(count(folder.path()), 0);
}

#[test]
fn what_is_kept_in_memory_has_limits() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_output_body_len: 100, max_parts: 3, ..Limits::default() };
    let long = "x".repeat(101);
    for body in [
        part("name=\"other\"", &long),
        part("name=\"passed\"", &long),
        part(&format!("name=\"{long}\""), ""),
        part("name=\"a\"; filename=\"b\"", "").repeat(2) + &part("name=\"other\"", &long),
        part("name=\"a\"", "").repeat(4),
    ] {
        let mut upload = form(folder.path(), limits.clone());
        let error = receive(&mut upload, &[(body.clone() + "--BB--").as_bytes()]).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{body}: {error}");
        upload.discard();
        assert_eq!(count(folder.path()), 0);
    }
}

#[test]
fn a_broken_body_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = part("name=\"a\"; filename=\"b\"", "abc");
    for body in [
        file.clone(),
        file.clone() + "--BB\r\nContent-Disposition: form-data; name=\"c\"; filename=\"d\"\r\n\r\nxyz",
        file.clone() + "--BBjunk",
        file + "--BB\r\nbroken header\r\n\r\nx\r\n--BB--",
    ] {
        let mut upload = form(folder.path(), Limits::default());
        let error = receive(&mut upload, &[body.as_bytes()]).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{body}: {error}");
        drop(upload);
        assert_eq!(count(folder.path()), 0, "{body}");
    }
}

#[test]
fn the_spool_can_fail() {
    let folder = tempfile::tempdir().unwrap();
    let body = part("name=\"a\"; filename=\"b\"", "abc");
    let error = receive(&mut form(&folder.path().join("missing"), Limits::default()), &[body.as_bytes()])
        .unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");
    assert!(matches!(Error::from(std::io::Error::from_raw_os_error(28)), Error::DiskFull(_)));
    assert!(matches!(Error::from(std::io::Error::from_raw_os_error(122)), Error::DiskFull(_)));
}

fn upload_can_move_between_threads() -> impl Send {
    form(Path::new("/nowhere"), Limits::default())
}

#[test]
fn can_be_sent_to_a_thread() {
    drop(upload_can_move_between_threads());
}

proptest! {
    #[test]
    fn the_size_of_pieces_does_not_matter(data in prop::collection::vec(any::<u8>(), 0..3000), piece in 1..3000usize, buffer in 1..3000usize) {
        let folder = tempfile::tempdir().unwrap();
        let head = b"--BB\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n";
        let body = [head, &data[..], b"\r\n--BB--\r\n"].concat();
        let mut upload = form(folder.path(), Limits { buffer_size: buffer, ..Limits::default() });
        receive(&mut upload, &body.chunks(piece).collect::<Vec<_>>()).unwrap();
        let file = &upload.parts().files[0];
        prop_assert_eq!(&fs::read(&file.path).unwrap(), &data);
        prop_assert_eq!(file.size, data.len() as u64);
    }
}
