//! Listings against a plain sorted list of keys.

use std::collections::BTreeSet;

use super::*;
use crate::store::embedded::disk::Disk;
use crate::store::embedded::record::Record;

const BUCKET: &str = "photos";

fn disk_of(folder: &Path, keys: &[&str]) -> Disk {
    let disk = Disk::open(folder).unwrap();
    disk.make_bucket(BUCKET).unwrap();
    for key in keys {
        let record = Record { etag: "tag".to_owned(), ..Record::default() };
        disk.publish(disk.draft().unwrap(), &record, BUCKET, key, false).unwrap();
    }
    disk
}

fn names(page: &Page) -> Vec<&str> {
    let mut names = Vec::new();
    for line in &page.lines {
        names.push(match line {
            Line::Object { key, .. } | Line::Common(key) => key.as_str(),
        });
    }
    names
}

/// All pages of a listing, one after the other.
fn listed(disk: &Disk, query: &Query) -> Vec<String> {
    let (mut query, mut found) = (query.clone(), Vec::new());
    loop {
        let page = page(&disk.recent, &disk.bucket(BUCKET).unwrap(), &query).unwrap();
        assert!(page.lines.len() <= query.limit);
        found.extend(names(&page).into_iter().map(str::to_owned));
        match page.next {
            Some(next) => query.after = next,
            None => return found,
        }
    }
}

/// The same of a plain list.
fn wanted(keys: &[&str], query: &Query) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for key in keys.iter().filter(|key| key.starts_with(&query.prefix) && **key > query.after.as_str()) {
        let rest = &key[query.prefix.len()..];
        let end = match query.delimiter.as_str() {
            "" => None,
            delimiter => rest.find(delimiter).map(|at| query.prefix.len() + at + delimiter.len()),
        };
        lines.insert(end.map_or(*key, |end| &key[..end]).to_owned());
    }
    lines.into_iter().collect()
}

/// Keys that end, begin and fork at every place where folders are cut, by a seed.
fn some_keys(seed: u64) -> Vec<String> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut keys = BTreeSet::new();
    while keys.len() < 80 {
        let length = [1, 5, 8, 9, 10, 13, 14, 16, 17, 18, 20, 97, 98, 180][chance.usize(..14)];
        // Few letters, so that many keys begin alike; a slash sorts before and after some of them.
        keys.insert(
            (0..length).map(|_| ['a', 'a', 'a', '/', '!', 'ä'][chance.usize(..6)]).collect::<String>(),
        );
    }
    keys.into_iter().collect()
}

#[test]
fn pages_show_what_a_sorted_list_would() {
    for seed in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let keys = some_keys(seed);
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        let disk = disk_of(folder.path(), &keys);
        for prefix in ["", "a", "a/", "aaaaaaaaa", "aaaaaaaaaa", "/", "!a", "zz"] {
            for delimiter in ["", "/", "a/", "ä"] {
                for limit in [1, 3, 1000] {
                    let (prefix, delimiter) = (prefix.to_owned(), delimiter.to_owned());
                    let query = Query { prefix, delimiter, limit, ..Query::default() };
                    assert_eq!(listed(&disk, &query), wanted(&keys, &query), "seed {seed}: {query:?}");
                }
            }
        }
        for after in keys.iter().step_by(7) {
            let query = Query { after: (*after).to_owned(), limit: 10, ..Query::default() };
            assert_eq!(listed(&disk, &query), wanted(&keys, &query), "seed {seed}: {query:?}");
        }
    }
}

#[test]
fn nothing_is_left_of_what_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["o/202611/0193f2a1-one", "o/202611/0193f2a1-two", "o/202611/0193f9", "short"];
    let disk = disk_of(folder.path(), &keys);
    let every = Query { limit: 1000, ..Query::default() };
    assert!(disk.remove(BUCKET, ["o/202611/0193f2a1-one", "never was"].into_iter()).unwrap().is_empty());
    assert_eq!(listed(&disk, &every), wanted(&keys[1..], &every));
    assert!(disk.remove(BUCKET, keys.into_iter()).unwrap().is_empty());
    assert!(listed(&disk, &every).is_empty());
    let bucket = disk.bucket(BUCKET).unwrap();
    assert_eq!(fs::read_dir(&bucket).unwrap().count(), 0, "no folder is left");
    disk.publish(disk.draft().unwrap(), &Record::default(), BUCKET, keys[0], false).unwrap();
    assert_eq!(listed(&disk, &every), [keys[0]], "a folder that was removed is made again");
}

#[test]
fn a_folder_that_changes_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_of(folder.path(), &["a"]);
    let every = Query { limit: 1000, ..Query::default() };
    for number in 0..50 {
        let before = listed(&disk, &every).len();
        let key = format!("b{number}");
        disk.publish(disk.draft().unwrap(), &Record::default(), BUCKET, &key, false).unwrap();
        assert_eq!(listed(&disk, &every).len(), before + 1);
    }
}

#[test]
fn a_damaged_file_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_of(folder.path(), &["good"]);
    fs::write(disk.bucket(BUCKET).unwrap().join("bad"), "no object").unwrap();
    assert_eq!(listed(&disk, &Query { limit: 1000, ..Query::default() }), ["good"]);
    assert!(disk.object(BUCKET, "bad").is_err());
}
