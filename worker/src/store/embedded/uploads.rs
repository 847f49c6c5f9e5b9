//! Uploads in parts: a folder for each, in which every part is a file like an object's. When it is completed its parts
//! are copied, by the kernel, into one draft. A part by itself is not synced: what is promised is the object.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use s3s::S3ErrorCode::{EntityTooSmall, InvalidPart, InvalidPartOrder, NoSuchUpload};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::disk::{Disk, Draft, is_absent};
use super::errors::{failed, missing};
use super::record::{Record, Stored};

/// What an upload is for.
const ABOUT: &str = "about.json";
/// Fewest bytes of a part that is not the last, as the protocol has it.
const SMALLEST: u64 = 5 << 20;
/// Highest number of a part.
pub const MOST_PARTS: i32 = 10_000;

/// What an upload is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    /// The object's bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its record, as far as it is known.
    pub record: Record,
    /// When the upload began.
    pub begun: SystemTime,
}

/// A part that is there.
#[derive(Debug)]
pub struct Part {
    /// Its number, from 1.
    pub number: i32,
    /// Its file.
    pub stored: Stored,
}

/// An upload that has not ended.
#[derive(Debug)]
pub struct Upload {
    folder: PathBuf,
    /// What it is for.
    pub about: About,
}

impl Upload {
    /// Begins one; its id.
    pub fn begin(disk: &Disk, bucket: &str, key: &str, record: Record) -> io::Result<String> {
        let id = Uuid::new_v4().to_string();
        let folder = disk.uploads().join(&id);
        let about =
            About { bucket: bucket.to_owned(), key: key.to_owned(), record, begun: SystemTime::now() };
        fs::create_dir(&folder)?;
        fs::write(folder.join(ABOUT), serde_json::to_vec(&about)?)?;
        Ok(id)
    }

    /// The upload with this id, if it is for this object.
    pub fn find(disk: &Disk, id: &str, bucket: &str, key: &str) -> S3Result<Self> {
        let id = Uuid::try_parse(id).map_err(|_| S3Error::new(NoSuchUpload))?;
        let upload = Self::read(disk.uploads().join(id.to_string())).map_err(missing(NoSuchUpload))?;
        if upload.about.bucket == bucket && upload.about.key == key {
            Ok(upload)
        } else {
            Err(s3_error!(NoSuchUpload))
        }
    }

    fn read(folder: PathBuf) -> io::Result<Self> {
        let about = serde_json::from_slice(&fs::read(folder.join(ABOUT))?)?;
        Ok(Self { folder, about })
    }

    /// All uploads of a bucket whose keys begin with `prefix`, with their ids, by their keys.
    pub fn all(disk: &Disk, bucket: &str, prefix: &str) -> io::Result<Vec<(String, About)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(disk.uploads())? {
            let entry = entry?;
            // One that has just ended is not shown.
            if let (Ok(id), Ok(upload)) = (entry.file_name().into_string(), Self::read(entry.path()))
                && upload.about.bucket == bucket
                && upload.about.key.starts_with(prefix)
            {
                found.push((id, upload.about));
            }
        }
        found.sort_by(|one, other| (&one.1.key, &one.0).cmp(&(&other.1.key, &other.0)));
        Ok(found)
    }

    /// Removes uploads that began longer ago than `age`, as a bucket's lifecycle rule would. Returns how many.
    pub fn remove_old(disk: &Disk, age: Duration) -> io::Result<u64> {
        let mut removed = 0;
        for entry in fs::read_dir(disk.uploads())? {
            let path = entry?.path();
            let is_old = fs::metadata(&path)
                .and_then(|about| about.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|since| since > age));
            if is_old && fs::remove_dir_all(&path).is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn path_of(&self, number: i32) -> PathBuf {
        self.folder.join(format!("{number:05}"))
    }

    /// Makes a draft a part, in place of the one of that number.
    pub fn keep(&self, mut draft: Draft, number: i32, etag: &str) -> io::Result<()> {
        let record = Record { etag: etag.to_owned(), ..Record::default() };
        io::Write::write_all(&mut draft.file, &record.trailer()?)?;
        fs::rename(draft.path(), self.path_of(number))
    }

    /// A part.
    pub fn part(&self, number: i32) -> io::Result<Part> {
        let stored = Stored::of(fs::File::open(self.path_of(number))?)?;
        Ok(Part { number, stored })
    }

    /// The parts with numbers above `after`, in order, `limit` at most; and whether there are more.
    pub fn parts(&self, after: i32, limit: usize) -> io::Result<(Vec<Part>, bool)> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let number = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            numbers.extend(number.filter(|number| *number > after));
        }
        numbers.sort_unstable();
        let has_more = numbers.len() > limit;
        numbers.truncate(limit);
        let parts: io::Result<Vec<_>> = numbers.into_iter().map(|number| self.part(number)).collect();
        Ok((parts?, has_more))
    }

    /// Puts these parts, each with its entity tag, together: the object's file and its record.
    pub fn assemble(&self, mut draft: Draft, wanted: &[(i32, String)]) -> S3Result<(Draft, Record)> {
        if !wanted.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(S3Error::new(InvalidPartOrder));
        }
        let mut tags = Sha256::new();
        for (at, (number, etag)) in wanted.iter().enumerate() {
            let part = self.part(*number).map_err(missing(InvalidPart))?;
            if part.stored.record.etag != *etag {
                return Err(S3Error::new(InvalidPart));
            }
            if part.stored.size < SMALLEST && at + 1 < wanted.len() {
                return Err(S3Error::new(EntityTooSmall));
            }
            tags.update(etag);
            copy(&part.stored, 0..part.stored.size, &mut draft).map_err(failed)?;
        }
        let etag = format!("{}-{}", hex::encode(&tags.finalize()[..16]), wanted.len());
        Ok((draft, Record { etag, ..self.about.record.clone() }))
    }

    /// Removes it and its parts.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Adds a range of an object's bytes to a draft, by the kernel where it can.
pub fn copy(from: &Stored, range: std::ops::Range<u64>, to: &mut Draft) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = &from.file;
    file.seek(SeekFrom::Start(range.start))?;
    let wanted = range.end - range.start;
    let copied = io::copy(&mut file.take(wanted), &mut to.file)?;
    if copied == wanted { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
