//! Uploads in pieces: what an edge knows of each until it has become a task.
//!
//! An upload is two files in a folder of the spool: its bytes, which the upload module appends to, and beside them
//! `….info`, a JSON text that is written once when it begins and once when it has ended. How far it has come is the
//! size of the first, so there is nothing to keep in step, and an nginx that is killed loses nothing of it. The account of
//! one that has ended lies in a folder of its own, out of the way of those that are counted.
//! The ids of task and image are chosen when it begins: whoever finishes it twice makes one task.

mod metadata;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imgfilter_api::options::{Field, FilePart, Parts};
use imgfilter_api::problem::{Code, Problem};
use imgfilter_api::trace::Trace;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::calls::Refused;
use crate::prepare::{self, Caller, Ids, PreparedUpload, Upload};
use crate::state::State;

/// What the name of an account ends in.
const INFO: &str = ".info";
/// The same while it is being written.
const FRESH: &str = ".fresh";
/// The folder of the accounts of uploads that have ended.
const ENDED: &str = "ended";
/// Bytes that are hashed at once.
const PIECE: usize = 256 * 1024;
/// Length of the part of an upload's name that nobody can guess, in hexadecimal digits.
const SECRET_DIGITS: usize = 32;

/// Where uploads lie, and whose they are.
#[derive(Debug, Deserialize)]
pub struct Place {
    /// The folder; it is made when missing.
    pub folder: PathBuf,
    /// The edge's name, with which the names of its uploads begin.
    pub edge: String,
    /// How long an upload may wait for its next piece, in seconds.
    pub life: f64,
}

/// A folder that is looked through.
#[derive(Debug, Deserialize)]
pub struct Sweep {
    place: Place,
}

/// An upload that begins.
#[derive(Debug, Deserialize)]
pub struct Beginning {
    place: Place,
    /// Bytes it will have.
    length: u64,
    /// `Upload-Metadata`, as it came.
    metadata: String,
    caller: Caller,
    /// Uploads that the folder may hold.
    max_uploads: usize,
}

/// An upload that is asked for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    place: Place,
    id: String,
    /// Who asks.
    caller: Caller,
}

/// What is known of an upload, beside its bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Info {
    length: u64,
    metadata: String,
    owner: Option<String>,
    task: Uuid,
    image: Uuid,
    /// Of the request that began it.
    #[serde(default, deserialize_with = "Trace::forgiving")]
    trace: Option<Trace>,
    /// Whether the task exists; then the bytes are gone from here, and the metadata, which may hold what nobody else
    /// is to read.
    ended: bool,
}

impl Info {
    /// Whoever finishes it, with the trace of whoever began it.
    fn caller(&self, wanted: &Wanted) -> Caller {
        Caller { trace: self.trace.or(wanted.caller.trace), ..wanted.caller.clone() }
    }
}

/// How far an upload has come.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// Its name.
    pub id: String,
    /// The file of its bytes.
    pub path: PathBuf,
    /// Bytes that are there.
    pub offset: u64,
    /// Bytes it will have.
    pub length: u64,
    /// `Upload-Metadata`, as it came.
    pub metadata: String,
    /// When it ends unless more comes, in seconds since 1970.
    pub expires: u64,
    /// Whether it has become its task.
    pub ended: bool,
    /// The task.
    pub task: Uuid,
}

/// Begins an upload.
///
/// # Errors
/// The problem to tell the client: options that would be refused at the end are refused now.
pub fn begin(beginning: &Beginning, state: &State) -> Result<Progress, Refused> {
    let Beginning { place, length, metadata, caller, .. } = beginning;
    prepare::check_options(&parts(metadata, *length, Path::new(""), "")?, caller, state)?;
    DirBuilder::new().recursive(true).mode(0o700).create(place.folder.join(ENDED))?;
    if count(&place.folder)? >= beginning.max_uploads {
        let detail = "this edge holds as many unfinished uploads as it may";
        return Err(Problem::new(Code::TooManyUploads, detail).limit(beginning.max_uploads as u64).into());
    }
    let secret = Uuid::new_v4().simple().to_string();
    let found = Found { path: place.folder.join(&secret), id: format!("{}-{secret}", place.edge) };
    let ids = Ids::choose();
    let info = Info {
        length: *length,
        metadata: metadata.clone(),
        owner: caller.owner.clone(),
        task: ids.task,
        image: ids.image,
        trace: caller.trace,
        ended: false,
    };
    found.write(&info, &found.account()).map_err(full_disk)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&found.path).map_err(full_disk)?;
    progress(found, info, place)
}

/// How far an upload has come.
///
/// # Errors
/// [`Code::NotFound`] if there is none of this name, or it is another's; [`Code::Gone`] if its time is over.
pub fn find(wanted: &Wanted) -> Result<Progress, Refused> {
    let (found, info) = open(wanted)?;
    progress(found, info, &wanted.place)
}

/// What is to be done with an upload that is complete.
///
/// # Errors
/// As [`find`]; and those of any upload.
pub fn finish(wanted: &Wanted, state: &State) -> Result<PreparedUpload, Refused> {
    let (found, info) = open(wanted)?;
    if info.ended {
        return Err(Problem::new(Code::UploadLocked, "another request has just stored this upload").into());
    }
    let sha256 = hash(&found.path)?;
    let upload = Upload {
        parts: parts(&info.metadata, info.length, &found.path, &sha256)?,
        query: String::new(),
        caller: info.caller(wanted),
        ids: Some(Ids { task: info.task, image: info.image }),
    };
    Ok(prepare::prepare(&upload, state)?)
}

/// Notes that an upload has become its task, and removes its bytes.
///
/// # Errors
/// As [`find`].
pub fn end(wanted: &Wanted) -> Result<(), Refused> {
    let (found, info) = open(wanted)?;
    found.write(&Info { ended: true, metadata: String::new(), ..info }, &found.ended_account()?)?;
    forgive_missing(fs::remove_file(found.account()))?;
    forgive_missing(fs::remove_file(&found.path))?;
    Ok(())
}

/// Removes an upload, whatever it is.
///
/// # Errors
/// As [`find`].
pub fn remove(wanted: &Wanted) -> Result<(), Refused> {
    let (found, _) = open(wanted)?;
    for file in [found.path.clone(), found.account(), found.ended_account()?] {
        forgive_missing(fs::remove_file(file))?;
    }
    Ok(())
}

/// Removes the files of uploads whose time is over; returns how many there were.
///
/// # Errors
/// The folder cannot be read.
pub fn sweep(sweep: &Sweep) -> io::Result<u64> {
    let place = &sweep.place;
    Ok(sweep_folder(&place.folder, place.life)? + sweep_folder(&place.folder.join(ENDED), place.life)?)
}

fn sweep_folder(folder: &Path, life: f64) -> io::Result<u64> {
    let mut removed = 0;
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        // An account lives as long as the bytes beside it.
        let bytes = path.with_extension("");
        let lives = [&path, &bytes].into_iter().any(|file| !is_over(file, life));
        if !lives && path.is_file() && fs::remove_file(&path).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The names of one upload.
struct Found {
    id: String,
    path: PathBuf,
}

impl Found {
    /// The account while the upload goes on.
    fn account(&self) -> PathBuf {
        self.path.with_extension(&INFO[1..])
    }

    /// The account when it has ended.
    fn ended_account(&self) -> io::Result<PathBuf> {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Err(ErrorKind::InvalidInput.into());
        };
        Ok(folder.join(ENDED).join(name).with_extension(&INFO[1..]))
    }

    /// Writes an account so that it is whole or not there, also after a loss of power.
    fn write(&self, info: &Info, account: &Path) -> io::Result<()> {
        let fresh = account.with_extension(&FRESH[1..]);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec(info)?)?;
        file.sync_data()?;
        fs::rename(&fresh, account)?;
        File::open(account.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// The upload of this name, if it lives and whoever asks may know of it.
fn open(wanted: &Wanted) -> Result<(Found, Info), Refused> {
    let missing = || Problem::new(Code::NotFound, "there is no upload of this name");
    let place = &wanted.place;
    let secret = wanted.id.strip_prefix(&place.edge).and_then(|rest| rest.strip_prefix('-'));
    let secret = secret.filter(|secret| is_secret(secret)).ok_or_else(missing)?;
    let found = Found { id: wanted.id.clone(), path: place.folder.join(secret) };
    // It may end between two looks, but never begin again.
    let info = match (read(&found.account())?, read(&found.ended_account()?)?) {
        (_, Some(info)) | (Some(info), None) => info,
        (None, None) => return Err(missing().into()),
    };
    if info.owner.is_some() && info.owner != wanted.caller.owner {
        return Err(missing().into());
    }
    Ok((found, info))
}

fn read(account: &Path) -> Result<Option<Info>, Refused> {
    match fs::read(account) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => Ok(Some(serde_json::from_slice(&text?)?)),
    }
}

fn is_secret(text: &str) -> bool {
    text.len() == SECRET_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn progress(found: Found, info: Info, place: &Place) -> Result<Progress, Refused> {
    let life = Duration::try_from_secs_f64(place.life).unwrap_or(Duration::MAX);
    let file = if info.ended { found.ended_account()? } else { found.path.clone() };
    let about = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Its bytes went after its account was read, because it has become its task.
            if let (false, Some(info)) = (info.ended, read(&found.ended_account()?)?) {
                return progress(found, info, place);
            }
            return Err(Problem::new(Code::Gone, "this upload has ended").into());
        }
        about => about?,
    };
    let expires = about.modified()?.checked_add(life).unwrap_or(UNIX_EPOCH);
    if expires <= SystemTime::now() {
        return Err(Problem::new(Code::Gone, "this upload waited too long for its next piece").into());
    }
    Ok(Progress {
        id: found.id,
        path: found.path,
        offset: if info.ended { info.length } else { about.len() },
        length: info.length,
        metadata: info.metadata,
        expires: expires.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        ended: info.ended,
        task: info.task,
    })
}

/// The upload as the form it stands for.
fn parts(metadata: &str, length: u64, path: &Path, sha256: &str) -> Result<Parts, Problem> {
    let metadata = metadata::read(metadata)?;
    let fields = metadata.fields.into_iter().map(|(name, value)| Field { name, value }).collect();
    let file = FilePart {
        name: "image".into(),
        filename: metadata.filename,
        path: path.to_string_lossy().into_owned(),
        size: length,
        sha256: sha256.into(),
    };
    Ok(Parts { bare: false, files: vec![file], fields, dropped: Vec::new() })
}

fn hash(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher, mut piece) = (File::open(path)?, Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            count => hasher.update(&piece[..count]),
        }
    }
}

/// Uploads in a folder that have not ended, by their accounts.
fn count(folder: &Path) -> io::Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        count += usize::from(entry?.file_name().as_encoded_bytes().ends_with(INFO.as_bytes()));
    }
    Ok(count)
}

/// Whether a file is missing, or was last changed longer than `life` seconds ago.
fn is_over(file: &Path, life: f64) -> bool {
    let since = fs::metadata(file).and_then(|about| about.modified()).map(|at| at.elapsed());
    match since {
        Ok(since) => since.is_ok_and(|since| since.as_secs_f64() >= life),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn full_disk(error: io::Error) -> Refused {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Problem::new(Code::SpoolUnavailable, "the disk for uploads is full").into()
        }
        _ => error.into(),
    }
}

fn forgive_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests;
