//! The account of everything that came in.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::Digests;

/// Every part of one body, in the order it came in, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Whether the body was one bare file and no form.
    pub bare: bool,
    /// Files in the spool.
    pub files: Vec<FilePart>,
    /// Plain fields.
    pub fields: Vec<FieldPart>,
    /// File parts that were read past and are not in the spool.
    pub dropped: Vec<DroppedPart>,
}

impl Parts {
    /// The account as JSON, an object with the members `bare`, `files`, `fields` and `dropped`.
    pub fn to_json(&self) -> String {
        // It cannot fail: there are no maps, and every string is UTF-8.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A file in the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilePart {
    /// The field's name; empty for a bare body.
    pub name: String,
    /// The name the client gave the file, without a path.
    pub filename: String,
    /// The Content-Type the client gave; empty if none.
    pub content_type: String,
    /// Where the file lies once the part has ended.
    #[serde(serialize_with = "path_as_text")]
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
    /// Of its content, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Other digests of its content, which are no part of the account.
    #[serde(skip)]
    pub digests: Digests,
}

/// A plain field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldPart {
    /// Empty for a part that has none.
    pub name: String,
    /// Bytes that are not UTF-8 are U+FFFD here.
    pub value: String,
}

/// A file part that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedPart {
    /// The field's name; empty for a bare body.
    pub name: String,
    /// The name the client gave the file, without a path.
    pub filename: String,
    /// Why it was not kept.
    pub reason: Reason,
    /// The limit that was passed, in bytes.
    pub limit: u64,
}

/// Why a file part was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is larger than one file may be.
    TooLarge,
}

fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_readers_expect() {
        let parts = Parts {
            bare: false,
            files: vec![FilePart {
                name: "image".into(),
                filename: "a\"b.jpg".into(),
                content_type: "image/jpeg".into(),
                path: "/spool/0000000001".into(),
                size: 3,
                sha256: "00ff".into(),
                digests: Digests { crc32: "00000000".into(), ..Digests::default() },
            }],
            fields: vec![FieldPart { name: "filters".into(), value: "sepia(0.8)\n".into() }],
            dropped: vec![DroppedPart {
                name: "image".into(),
                filename: "b".into(),
                reason: Reason::TooLarge,
                limit: 1000,
            }],
        };
        assert_eq!(
            parts.to_json(),
            r#"{"bare":false,"files":[{"name":"image","filename":"a\"b.jpg","content_type":"image/jpeg","path":"/spool/0000000001","size":3,"sha256":"00ff"}],"fields":[{"name":"filters","value":"sepia(0.8)\n"}],"dropped":[{"name":"image","filename":"b","reason":"too_large","limit":1000}]}"#
        );
        assert_eq!(Parts::default().to_json(), r#"{"bare":false,"files":[],"fields":[],"dropped":[]}"#);
    }
}
