//! The operator's files: images, colour tables and fonts that chains may name.
//!
//! They lie in one folder with the subfolders `images/`, `luts/` and `fonts/`. A chain names a file without its
//! extension, in letters, digits, `_` and `-` alone, so that no other file can be reached. A file is read when it is
//! first named, and again when it has changed.

use std::any::Any;
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use crate::codec;
use crate::context::Context;
use crate::filter::ArgumentError;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::spelling;

/// Characters that a name has at most.
pub(crate) const MAX_NAME: usize = 64;
/// Longest side of an operator's image, in pixels.
const MAX_SIDE: u32 = 8192;
/// Pixels of an operator's image: 64 MiB when decoded.
const MAX_PIXELS: u64 = 16 << 20;

/// What a file is for; each kind has its own subfolder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A picture, in any format that is read.
    Image,
    /// A colour table.
    Lut,
    /// A font.
    Font,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Image => "images",
            Self::Lut => "luts",
            Self::Font => "fonts",
        }
    }

    /// What it is called in messages.
    fn noun(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Lut => "colour table",
            Self::Font => "font",
        }
    }

    /// Extensions of its files; of two files with one name the first counts.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["png", "webp", "jpg", "jpeg", "gif"],
            Self::Lut => &["cube", "png"],
            Self::Font => &["ttf", "otf", "ttc"],
        }
    }

    /// Bytes that a file has at most.
    fn max_bytes(self) -> u64 {
        match self {
            Self::Image | Self::Lut => 16 << 20,
            // One of all Chinese characters has 20 MiB.
            Self::Font => 64 << 20,
        }
    }
}

/// What a file became when it was read.
type Read = Arc<dyn Any + Send + Sync>;

/// A file that was read, and how it was then.
#[derive(Debug, Clone)]
struct Cached {
    path: PathBuf,
    modified: Option<SystemTime>,
    bytes: u64,
    read: Read,
}

/// A folder of the operator's files.
#[derive(Debug)]
struct Assets {
    folder: PathBuf,
    cache: Mutex<HashMap<(Kind, String), Cached>>,
}

static ASSETS: RwLock<Option<Arc<Assets>>> = RwLock::new(None);

/// The only file outside of that folder which is ever read: what words are written in where the operator has no font
/// named `default`, from Debian's `fonts-dejavu-core`.
pub const SYSTEM_FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// Says where the operator's files lie, for every chain of this process from now on. The folder has the subfolders
/// `images/`, `luts/` and `fonts/`, each of which may be missing. Without a folder, or with `None`, chains that name
/// a file are mistakes.
pub fn set_assets_folder(folder: Option<&Path>) {
    let assets = folder.map(|folder| Arc::new(Assets::new(folder)));
    *ASSETS.write().unwrap_or_else(PoisonError::into_inner) = assets;
}

/// The folder of this process.
fn current() -> Option<Arc<Assets>> {
    let assets = ASSETS.read().unwrap_or_else(PoisonError::into_inner).clone();
    // Unit tests share a process and a folder.
    #[cfg(test)]
    let assets = assets.or_else(|| {
        static FOR_TESTS: std::sync::OnceLock<Arc<Assets>> = std::sync::OnceLock::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assets");
        Some(Arc::clone(FOR_TESTS.get_or_init(|| Arc::new(Assets::new(&folder)))))
    });
    assets
}

/// The file that the argument `parameter` names, as `read` understands its bytes.
///
/// # Errors
/// At `parameter`: no folder is configured, no file of this name is there, or it cannot be used.
pub(crate) fn load<T: Any + Send + Sync>(
    kind: Kind,
    parameter: &'static str,
    name: &str,
    read: impl Fn(&[u8]) -> Result<T, String>,
) -> Result<Arc<T>, ArgumentError> {
    let assets = current().ok_or_else(|| {
        let message =
            format!("the operator has configured no assets, so there is no {} to name", kind.noun());
        ArgumentError::new(parameter, message)
    })?;
    assets.load(kind, parameter, name, read)
}

/// The picture that the argument `parameter` names: 8 bits, with alpha; of an animation the first frame.
///
/// # Errors
/// As [`load`].
pub(crate) fn image(parameter: &'static str, name: &str) -> Result<Arc<Frame>, ArgumentError> {
    load(Kind::Image, parameter, name, decode)
}

/// Whether the operator has a file of this kind and name.
pub(crate) fn has(kind: Kind, name: &str) -> bool {
    current().is_some_and(|assets| assets.find(kind, name).is_some())
}

fn decode(bytes: &[u8]) -> Result<Frame, String> {
    let limits = Limits { max_dimension: MAX_SIDE, max_pixels: MAX_PIXELS, ..Limits::default() };
    let context =
        Context { deadline: None, cancel: None, threads: 1, limits, frame_index: 0, keeps_profile: false };
    let first = codec::open(bytes, &limits).and_then(|(_, mut decoder)| decoder.next(&context));
    match first {
        Ok(Some(timed)) => Ok(timed.frame.narrowed().with_alpha()),
        Ok(None) => Err("it has no frames".to_owned()),
        Err(refusal) => Err(refusal.detail),
    }
}

impl Assets {
    fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), cache: Mutex::default() }
    }

    fn load<T: Any + Send + Sync>(
        &self,
        kind: Kind,
        parameter: &'static str,
        name: &str,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Arc<T>, ArgumentError> {
        check_name(kind, parameter, name)?;
        let (path, metadata) = self.find(kind, name).ok_or_else(|| self.missing(kind, parameter, name))?;
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let key = (kind, name.to_owned());
        if let Some(known) = self.cached(&key)
            && (&known.path, known.bytes, known.modified) == (&path, bytes, modified)
            && let Ok(read) = known.read.downcast::<T>()
        {
            return Ok(read);
        }
        let unusable = |reason: String| {
            ArgumentError::new(parameter, format!("the {} `{name}` cannot be used: {reason}", kind.noun()))
        };
        if bytes > kind.max_bytes() {
            return Err(unusable(format!("it has more than {} bytes", kind.max_bytes())));
        }
        // The path stays out of the message: strangers read it.
        let contents = fs::read(&path).map_err(|error| unusable(error.kind().to_string()))?;
        let read = Arc::new(read(&contents).map_err(unusable)?);
        let cached = Cached { path, modified, bytes, read: Arc::clone(&read) as Read };
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, cached);
        Ok(read)
    }

    fn cached(&self, key: &(Kind, String)) -> Option<Cached> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn find(&self, kind: Kind, name: &str) -> Option<(PathBuf, Metadata)> {
        let folder = self.folder.join(kind.folder());
        kind.extensions().iter().find_map(|extension| {
            let path = folder.join(format!("{name}.{extension}"));
            let metadata = fs::metadata(&path).ok().filter(Metadata::is_file)?;
            Some((path, metadata))
        })
    }

    fn missing(&self, kind: Kind, parameter: &'static str, name: &str) -> ArgumentError {
        let names = self.names(kind);
        ArgumentError {
            suggestion: spelling::nearest(name, names.iter().map(String::as_str)),
            ..ArgumentError::new(parameter, format!("the operator has no {} `{name}`", kind.noun()))
        }
    }

    /// The names that chains may use, sorted.
    fn names(&self, kind: Kind) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder.join(kind.folder())) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let extension = path.extension()?.to_str()?;
                let name = path.file_stem()?.to_str()?.to_owned();
                (kind.extensions().contains(&extension) && is_name(&name)).then_some(name)
            })
            .collect();
        names.sort();
        names
    }
}

fn is_name(name: &str) -> bool {
    let letters = |each: u8| each.is_ascii_alphanumeric() || each == b'_' || each == b'-';
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(letters)
}

fn check_name(kind: Kind, parameter: &'static str, name: &str) -> Result<(), ArgumentError> {
    if is_name(name) {
        return Ok(());
    }
    // `logo.png` means `logo`.
    let stem = name.split('.').next().filter(|stem| is_name(stem)).map(str::to_owned);
    let message = format!(
        "the name of the operator's {} has letters, digits, _ and - alone, {MAX_NAME} at most",
        kind.noun()
    );
    Err(ArgumentError { suggestion: stem, ..ArgumentError::new(parameter, message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Assets) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("luts")).unwrap();
        fs::write(folder.path().join("luts/warm.cube"), "first").unwrap();
        let assets = Assets::new(folder.path());
        (folder, assets)
    }

    fn text(bytes: &[u8]) -> Result<String, String> {
        String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_read_once_and_again_when_it_changes() {
        let (folder, assets) = folder();
        let first = assets.load(Kind::Lut, "name", "warm", text).unwrap();
        assert_eq!(*first, "first");
        let again =
            assets.load(Kind::Lut, "name", "warm", |_| -> Result<String, String> { panic!("read twice") });
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
        fs::write(folder.path().join("luts/warm.cube"), "second").unwrap();
        assert_eq!(*assets.load(Kind::Lut, "name", "warm", text).unwrap(), "second");
    }

    #[test]
    fn only_names_reach_files() {
        let (folder, assets) = folder();
        fs::write(folder.path().join("secret.cube"), "secret").unwrap();
        for name in ["../secret", "/etc/passwd", "", "warm.cube", "warm\0", "a b", &"a".repeat(65)] {
            let error = assets.load(Kind::Lut, "name", name, text).unwrap_err();
            assert!(error.message.contains("letters"), "{name}: {}", error.message);
        }
        let error = assets.load(Kind::Lut, "name", "warm.cube", text).unwrap_err();
        assert_eq!(error.suggestion.as_deref(), Some("warm"));
    }

    #[test]
    fn a_near_miss_is_answered_with_what_was_meant() {
        let (_folder, assets) = folder();
        let error = assets.load(Kind::Lut, "name", "wram", text).unwrap_err();
        assert_eq!((error.parameter, error.suggestion.as_deref()), ("name", Some("warm")));
        let error = assets.load(Kind::Image, "image", "warm", text).unwrap_err();
        assert_eq!((error.parameter, error.suggestion), ("image", None));
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why_but_not_where() {
        let (folder, assets) = folder();
        let error =
            assets.load(Kind::Lut, "name", "warm", |_| Err::<(), _>("it is sour".to_owned())).unwrap_err();
        assert_eq!(error.message, "the colour table `warm` cannot be used: it is sour");
        let large = fs::File::create(folder.path().join("luts/large.cube")).unwrap();
        large.set_len(Kind::Lut.max_bytes() + 1).unwrap();
        let error = assets.load(Kind::Lut, "name", "large", text).unwrap_err();
        assert!(
            error.message.contains("16777216 bytes") && !error.message.contains('/'),
            "{}",
            error.message
        );
    }

    #[test]
    fn images_are_decoded_with_alpha() {
        let logo = image("image", "logo").unwrap();
        assert_eq!((logo.size(), logo.alpha), ((120, 60), true));
        assert!(image("image", "lgoo").unwrap_err().suggestion.is_some());
    }
}
