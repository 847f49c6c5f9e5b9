//! Values that must not be shown, and the files they may come from.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ConfigError;

/// A value that is never printed: its `Debug` says only that it is there.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secret from its variable, or else from its file, whose trailing newline is not part of it.
pub(super) fn optional(
    name: &'static str,
    value: &Option<Secret>,
    file: &Option<PathBuf>,
) -> Result<Option<Secret>, ConfigError> {
    if let Some(secret) = value.as_ref().filter(|secret| !secret.0.is_empty()) {
        return Ok(Some(secret.clone()));
    }
    let Some(path) = file else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile {
        name,
        path: path.clone(),
        source,
    })?;
    Ok(Some(Secret(text.trim_end().to_owned())))
}

/// As [`optional`], for a secret that must be there.
pub(super) fn required(
    name: &'static str,
    value: &Option<Secret>,
    file: &Option<PathBuf>,
) -> Result<Secret, ConfigError> {
    optional(name, value, file)?.ok_or(ConfigError::Missing(name))
}

/// As [`optional`], for a secret with a default, which a file replaces.
pub(super) fn with_default(
    name: &'static str,
    value: &Secret,
    file: &Option<PathBuf>,
) -> Result<Secret, ConfigError> {
    Ok(optional(name, &None, file)?.unwrap_or_else(|| value.clone()))
}

/// A name and a secret behind a colon. `None`: it is not both.
pub(super) fn pair(text: &str) -> Option<(String, Secret)> {
    let (name, secret) = text.split_once(':')?;
    (!name.is_empty() && !secret.is_empty()).then(|| (name.to_owned(), Secret(secret.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_in_for_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "from the file\n").unwrap();
        let value = Some(Secret("from the variable".into()));
        assert_eq!(required("X", &None, &Some(path.clone())).unwrap().reveal(), "from the file");
        assert_eq!(required("X", &value, &Some(path)).unwrap().reveal(), "from the variable");
        assert!(matches!(required("X", &None, &None), Err(ConfigError::Missing("X"))));
        assert!(matches!(
            required("X", &None, &Some("/nowhere".into())),
            Err(ConfigError::SecretFile { .. })
        ));
    }

    #[test]
    fn a_pair_has_both() {
        let (name, secret) = pair("access:a:b").unwrap();
        assert_eq!((name.as_str(), secret.reveal()), ("access", "a:b"));
        assert!(["", "access", "access:", ":secret"].iter().all(|text| pair(text).is_none()));
    }

    #[test]
    fn debug_does_not_tell() {
        assert!(!format!("{:?}", Secret("hunter2".into())).contains("hunter2"));
    }
}
