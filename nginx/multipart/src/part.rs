//! The part that is being received.

use crate::FilePart;

/// What is known of the current part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A plain field.
    Field {
        /// Its name; empty for a part that has none.
        name: &'a str,
    },
    /// A file part.
    File {
        /// Its place among the file parts of the request, dropped ones included, from 1.
        number: u32,
        /// Its facts; size and digest are right once it has ended.
        file: &'a FilePart,
        /// Whether it is complete.
        has_ended: bool,
    },
}
