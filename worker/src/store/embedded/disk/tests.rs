use std::io::Read;
use std::thread;

use super::*;

fn put(disk: &Disk, key: &str, bytes: &'static [u8], only_new: bool) -> io::Result<()> {
    let mut draft = disk.draft()?;
    draft.write(&[Bytes::from_static(bytes)])?;
    disk.publish(draft, &Record::default(), "photos", key, only_new)
}

fn get(disk: &Disk, key: &str) -> io::Result<Vec<u8>> {
    let stored = disk.object("photos", key)?;
    let mut bytes = Vec::new();
    stored.file.take(stored.size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn the_last_to_be_written_is_read_and_only_new_is_only_new() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    assert!(put(&disk, "a", b"no bucket", false).is_err());
    assert!(disk.make_bucket("photos").unwrap() && !disk.make_bucket("photos").unwrap());
    put(&disk, "a", b"first", true).unwrap();
    assert_eq!(put(&disk, "a", b"second", true).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(get(&disk, "a").unwrap(), b"first");
    put(&disk, "a", b"third", false).unwrap();
    assert_eq!(get(&disk, "a").unwrap(), b"third");
    assert_eq!(disk.remove_bucket("photos").unwrap_err().kind(), io::ErrorKind::DirectoryNotEmpty);
    assert_eq!(fs::read_dir(folder.path().join(DRAFTS)).unwrap().count(), 0, "no draft is left of any of it");
}

#[test]
fn a_folder_belongs_to_one_store_and_to_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(LOST_AND_FOUND)).unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    assert!(matches!(Disk::open(folder.path()), Err(OpenError::Taken(_))));
    disk.make_bucket("photos").unwrap();
    assert_eq!(disk.buckets().unwrap()[0].0, "photos");
    for name in ["..", ".drafts", "a/b", "", LOST_AND_FOUND] {
        assert!(disk.bucket(name).is_err(), "{name}");
    }
    drop(disk);
    fs::write(folder.path().join(DRAFTS).join("7"), "left by one that was killed").unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    assert_eq!(fs::read_dir(folder.path().join(DRAFTS)).unwrap().count(), 0);
    drop(disk);

    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("letter.txt"), "mine").unwrap();
    assert!(matches!(Disk::open(other.path()), Err(OpenError::Foreign(_))));
}

/// A folder is removed when its last object goes, while others are just being put there.
#[test]
fn putting_and_removing_side_by_side_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    disk.make_bucket("photos").unwrap();
    thread::scope(|scope| {
        for key in ["o/202611/0193f2a1-one", "o/202611/0193f2a1-two", "o/202611/0193f2b2-three"] {
            let disk = &disk;
            scope.spawn(move || {
                for _ in 0..100 {
                    put(disk, key, b"kept", false).unwrap();
                    assert_eq!(get(disk, key).unwrap(), b"kept");
                    assert!(disk.remove("photos", [key].into_iter()).unwrap().is_empty());
                }
            });
        }
    });
    assert_eq!(fs::read_dir(folder.path().join("photos")).unwrap().count(), 0);
}
