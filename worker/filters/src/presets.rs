//! The operator's presets: chains with a name, a file each.
//!
//! `NAME.chain` holds a chain, over as many lines as it likes. Lines that begin with `#` are comments; the first
//! comment, if the file begins with it, is what people read. A preset may hold any filter but another preset. Presets
//! are read when a program starts, all of them, so that a mistake in one is told to the operator and not to a user.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;

use crate::chain::{Mistake, check_within};
use crate::limits::{ChainLimits, PresetUse};

/// Characters that a name has at most.
pub(crate) const MAX_NAME: usize = 64;
/// Bytes that a file has at most.
const MAX_BYTES: u64 = 1 << 20;
/// The extension of the files; others are left alone.
const EXTENSION: &str = "chain";

/// A chain of the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preset {
    /// The name in `preset(name)`.
    pub name: String,
    /// What people read: the file's first comment, or else the name.
    pub title: String,
    /// The filters that make it, in their one spelling.
    pub chain: String,
}

/// A preset that cannot be used, told as compilers tell it: `file:line:column: reason`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PresetMistake {
    /// The file, or the folder if that cannot be read.
    pub file: PathBuf,
    /// Line and column of the mistake, from 1; nothing where it is the file as a whole.
    pub place: Option<(usize, usize)>,
    /// The mistake in words.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for PresetMistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(formatter, ":{line}:{column}")?;
        }
        write!(formatter, ": {}", self.message)?;
        match &self.suggestion {
            Some(meant) => write!(formatter, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

static PRESETS: RwLock<Option<Arc<[Preset]>>> = RwLock::new(None);

/// Says which presets there are, for every chain of this process from now on.
pub fn set_presets(presets: Vec<Preset>) {
    *PRESETS.write().unwrap_or_else(PoisonError::into_inner) = Some(presets.into());
}

/// The presets of this process, sorted by name.
pub(crate) fn current() -> Arc<[Preset]> {
    let presets = PRESETS.read().unwrap_or_else(PoisonError::into_inner).clone();
    // Unit tests share a process and a folder.
    #[cfg(test)]
    let presets = presets.or_else(|| {
        static FOR_TESTS: std::sync::LazyLock<Arc<[Preset]>> = std::sync::LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/presets");
            read_presets(&folder, &ChainLimits::default()).unwrap_or_default().into()
        });
        Some(Arc::clone(&FOR_TESTS))
    });
    presets.unwrap_or_default()
}

/// A chain that names a preset, to show how it is done.
pub(crate) fn example() -> Option<String> {
    current().first().map(|preset| format!("preset({})", preset.name))
}

/// Reads every preset of a folder, which need not exist, and checks it by these limits.
///
/// # Errors
/// Every mistake that was found, by file name.
pub fn read_presets(folder: &Path, limits: &ChainLimits) -> Result<Vec<Preset>, Vec<PresetMistake>> {
    let limits = ChainLimits { presets: PresetUse::Forbidden, ..*limits };
    let files = files(folder).map_err(|mistake| vec![mistake])?;
    let (mut presets, mut mistakes) = (Vec::new(), Vec::new());
    for file in files {
        match read(&file, &limits) {
            Ok(preset) => presets.push(preset),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(presets) } else { Err(mistakes) }
}

/// The files of a folder, sorted by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PresetMistake> {
    let unreadable = |error: std::io::Error| whole(folder, format!("the folder cannot be read: {error}"));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn whole(file: &Path, message: impl Into<String>) -> PresetMistake {
    PresetMistake { file: file.to_owned(), place: None, message: message.into(), suggestion: None }
}

fn read(file: &Path, limits: &ChainLimits) -> Result<Preset, PresetMistake> {
    let name = file.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_name(stem));
    let Some(name) = name else {
        let message = format!("the name of a preset has letters, digits, _ and - alone, {MAX_NAME} at most");
        return Err(whole(file, message));
    };
    let unreadable = |error: std::io::Error| whole(file, format!("it cannot be read: {error}"));
    if fs::metadata(file).map_err(unreadable)?.len() > MAX_BYTES {
        return Err(whole(file, format!("it has more than {MAX_BYTES} bytes")));
    }
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let chain = without_comments(&text);
    let checked = check_within(&chain, limits).map_err(|mistake| placed(file, &chain, mistake))?;
    let canonical = checked.canonical();
    if canonical.is_empty() {
        return Err(whole(file, "it has no filter"));
    }
    // Written out in a request it is held against the same limit.
    let length = canonical.chars().count();
    if length > limits.max_length {
        let most = limits.max_length;
        let message = format!("a chain may have at most {most} characters, not {length} when written out");
        return Err(whole(file, message));
    }
    Ok(Preset { name: name.to_owned(), title: title(&text).unwrap_or(name).to_owned(), chain: canonical })
}

fn is_name(name: &str) -> bool {
    let letters = |each: u8| each.is_ascii_alphanumeric() || each == b'_' || each == b'-';
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(letters)
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
}

/// The text with every comment emptied, so that lines and columns stay what they are in the file.
fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| if is_comment(line) { "" } else { line }).collect();
    lines.join("\n").trim_end().to_owned()
}

fn title(text: &str) -> Option<&str> {
    let first = text.lines().next().filter(|line| is_comment(line))?;
    Some(first.trim_start_matches('#').trim()).filter(|title| !title.is_empty())
}

/// A mistake of a chain at its place in the file.
fn placed(file: &Path, chain: &str, mistake: Mistake) -> PresetMistake {
    let before: String = chain.chars().take(mistake.offset).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|each| *each != '\n').count() + 1;
    PresetMistake {
        place: Some((line, column)),
        suggestion: mistake.suggestion,
        ..whole(file, mistake.message)
    }
}

#[cfg(test)]
mod tests;
