use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn always_seven(_: bool) -> u64 {
    7
}

fn counting(_: bool) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(1233);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

#[test]
fn a_file_appears_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), always_seven);
    let mut file = spool.create(4).unwrap();
    file.write(b"ab").unwrap();
    assert_eq!(names(folder.path()), ["0000000007.part"]);
    file.write(b"c").unwrap();
    assert_eq!(file.size(), 3);
    let path = file.path().to_owned();
    let facts = file.finish().unwrap();
    assert_eq!(facts.size, 3);
    assert_eq!(facts.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(names(folder.path()), ["0000000007"]);
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_unfinished_file_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = Spool::new(folder.path(), always_seven).create(4096).unwrap();
    file.write(b"abc").unwrap();
    drop(file);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn no_file_is_ever_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), always_seven);
    fs::write(folder.path().join("0000000007"), "old").unwrap();
    assert_eq!(spool.create(1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(names(folder.path()), ["0000000007"]);

    fs::rename(folder.path().join("0000000007"), folder.path().join("0000000007.part")).unwrap();
    assert!(spool.create(1).is_err());
    assert_eq!(fs::read(folder.path().join("0000000007.part")).unwrap(), b"old");
}

#[test]
fn levels_are_made_when_missing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), counting).with_levels([1, 2, 0]).with_access(0o640);
    let file = spool.create(1).unwrap();
    assert_eq!(file.path(), folder.path().join("4/23/0000001234"));
    let path = file.path().to_owned();
    file.finish().unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().join("missing"), always_seven);
    assert_eq!(spool.create(1).unwrap_err().kind(), ErrorKind::NotFound);
    let spool = spool.with_levels([1, 2, 0]);
    assert_eq!(spool.create(1).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!folder.path().join("missing").exists());
}

#[test]
fn names_are_those_of_the_classic_module() {
    let spool = Spool::new("/s", always_seven);
    for (levels, number, path) in [
        ([0, 0, 0], 7, "/s/0000000007"),
        ([1, 0, 0], 123_458, "/s/8/0000123458"),
        ([1, 2, 0], 123_458, "/s/8/45/0000123458"),
        ([2, 1, 3], 1_234_567_890, "/s/90/8/567/1234567890"),
        ([1, 2, 3], 0, "/s/0/00/000/0000000000"),
        ([1, 0, 0], 12_345_678_901, "/s/1/12345678901"),
    ] {
        assert_eq!(spool.clone().with_levels(levels).path(number), Path::new(path));
    }
}

#[test]
fn a_sweep_takes_what_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), always_seven);
    let living = spool.create(1).unwrap();
    for name in ["0000000001.part", "0000000002", "notes.part", "000000003.part"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    assert_eq!(spool.sweep().unwrap(), 1);
    assert_eq!(names(folder.path()), ["0000000002", "0000000007.part", "000000003.part", "notes.part"]);
    drop(living);
}

#[test]
fn a_sweep_looks_into_the_levels() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path(), always_seven).with_levels([1, 2, 0]);
    for name in ["4/23/0000001234.part", "4/23/0000051234", "keep/23/0000001234.part"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    assert_eq!(spool.sweep().unwrap(), 1);
    assert_eq!(names(&folder.path().join("4/23")), ["0000051234"]);
    assert_eq!(names(&folder.path().join("keep/23")), ["0000001234.part"]);
}
