//! What becomes of the parts of a body.

use std::fs;
use std::path::Path;

use crate::form::Form;
use crate::header::PartHeader;
use crate::parts::{DroppedPart, FieldPart, FilePart, Parts, Reason};
use crate::spool::{Spool, SpoolFile};
use crate::{Error, Limits, Part, Step};

/// Takes parts in: files to the spool, fields to the account, both to the form where the owner says so.
#[derive(Debug)]
pub(super) struct Intake {
    spool: Spool,
    limits: Limits,
    current: Current,
    /// Facts of the current or last file.
    file: FilePart,
    file_number: u32,
    parts_seen: usize,
    field_bytes: usize,
    pub(super) form: Form,
    pub(super) parts: Parts,
    pub(super) keep: bool,
}

#[derive(Debug)]
enum Current {
    /// Between parts, or at the end.
    None,
    /// A bare body that has not begun.
    BareToCome,
    Field {
        name: String,
        value: Vec<u8>,
        passed: bool,
    },
    File {
        out: Box<SpoolFile>,
        /// Where the form ended before this file.
        checkpoint: usize,
    },
    /// A file that somebody else keeps is appended to.
    Appended,
    /// A file that is complete; its facts are of use until the next part.
    FileEnded,
    /// A file that was too large; the rest of it is read past.
    Dropped,
}

impl Intake {
    pub(super) fn new(boundary: Vec<u8>, spool: Spool, limits: Limits) -> Self {
        Intake {
            form: Form::new(boundary, limits.max_output_body_len),
            spool,
            limits,
            current: Current::None,
            file: FilePart::default(),
            file_number: 0,
            parts_seen: 0,
            field_bytes: 0,
            parts: Parts::default(),
            keep: false,
        }
    }

    /// The body is one file, with this type and name.
    pub(super) fn expect_bare(&mut self, content_type: &str, filename: String) {
        self.parts.bare = true;
        self.file = FilePart { filename, content_type: content_type.to_owned(), ..FilePart::default() };
        self.current = Current::BareToCome;
    }

    /// Begins the one file of a bare body, if it has not begun.
    pub(super) fn begin_bare(&mut self) -> Result<Option<Step>, Error> {
        if !matches!(self.current, Current::BareToCome) {
            return Ok(None);
        }
        let file = std::mem::take(&mut self.file);
        self.begin_file(file).map(Some)
    }

    /// Begins to append to the file at `path`, if that has not begun.
    pub(super) fn begin_appended(&mut self, path: &Path) -> Option<Step> {
        if !matches!(self.current, Current::BareToCome) {
            return None;
        }
        self.keep = true;
        self.file.path = path.to_owned();
        self.file_number = 1;
        self.current = Current::Appended;
        Some(Step::FileStarted)
    }

    /// Ends the file that is appended to, if it has not ended; `sync` returns its size.
    pub(super) fn end_appended(
        &mut self,
        sync: impl FnOnce() -> Result<u64, Error>,
    ) -> Result<Option<Step>, Error> {
        if !matches!(self.current, Current::Appended) {
            return Ok(None);
        }
        self.file.size = sync()?;
        self.parts.files.push(self.file.clone());
        self.current = Current::FileEnded;
        Ok(Some(Step::FileEnded))
    }

    /// Begins the part with this header.
    pub(super) fn begin(&mut self, lines: &[Vec<u8>]) -> Result<Step, Error> {
        self.parts_seen += 1;
        if self.parts_seen > self.limits.max_parts {
            return Err(Error::TooLarge { what: "parts", limit: self.limits.max_parts });
        }
        let PartHeader { disposition, content_type } = PartHeader::read(lines)?;
        match disposition.filename {
            Some(filename) => self.begin_file(FilePart {
                name: disposition.name,
                filename,
                content_type,
                ..FilePart::default()
            }),
            None => {
                self.count_field_bytes(disposition.name.len())?;
                self.current = Current::Field { name: disposition.name, value: Vec::new(), passed: false };
                Ok(Step::FieldStarted)
            }
        }
    }

    fn begin_file(&mut self, file: FilePart) -> Result<Step, Error> {
        let out = Box::new(self.spool.create(self.limits.buffer_size)?);
        self.file = FilePart { path: out.path().to_owned(), ..file };
        self.file_number += 1;
        self.current = Current::File { out, checkpoint: self.form.checkpoint() };
        Ok(Step::FileStarted)
    }

    /// Hands on the field that has begun.
    pub(super) fn pass_field(&mut self) -> Result<(), Error> {
        if let Current::Field { name, passed, .. } = &mut self.current
            && !name.is_empty()
            && !*passed
        {
            *passed = true;
            self.form.begin(name.as_bytes())?;
        }
        Ok(())
    }

    /// Takes in some of the current part's content.
    pub(super) fn data(&mut self, data: &[u8]) -> Result<(), Error> {
        match &mut self.current {
            Current::File { out, checkpoint } => {
                let limit = self.limits.max_file_size;
                if limit != 0 && out.size() + data.len() as u64 > limit {
                    self.form.roll_back(*checkpoint);
                    self.parts.dropped.push(DroppedPart {
                        name: std::mem::take(&mut self.file.name),
                        filename: std::mem::take(&mut self.file.filename),
                        reason: Reason::TooLarge,
                        limit,
                    });
                    self.current = Current::Dropped;
                } else {
                    out.write(data)?;
                }
            }
            Current::Field { value, passed, .. } => {
                if *passed {
                    self.form.extend(data)?;
                }
                value.extend_from_slice(data);
                self.count_field_bytes(data.len())?;
            }
            Current::None
            | Current::BareToCome
            | Current::Appended
            | Current::FileEnded
            | Current::Dropped => {}
        }
        Ok(())
    }

    fn count_field_bytes(&mut self, bytes: usize) -> Result<(), Error> {
        self.field_bytes += bytes;
        let limit = self.limits.max_output_body_len;
        if limit != 0 && self.field_bytes > limit {
            return Err(Error::TooLarge { what: "bytes of fields", limit });
        }
        Ok(())
    }

    /// Ends the current part, if there is one.
    pub(super) fn end_part(&mut self) -> Result<Option<Step>, Error> {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::File { out, .. } => {
                let facts = out.finish()?;
                self.file.size = facts.size;
                self.file.sha256 = facts.sha256;
                self.file.digests = facts.digests;
                self.parts.files.push(self.file.clone());
                self.current = Current::FileEnded;
                Ok(Some(Step::FileEnded))
            }
            Current::Field { name, value, .. } => {
                self.parts
                    .fields
                    .push(FieldPart { name, value: String::from_utf8_lossy(&value).into_owned() });
                Ok(None)
            }
            Current::None
            | Current::BareToCome
            | Current::Appended
            | Current::FileEnded
            | Current::Dropped => Ok(None),
        }
    }

    /// The part that is being received or has just ended.
    pub(super) fn part(&self) -> Option<Part<'_>> {
        match &self.current {
            Current::Field { name, .. } => Some(Part::Field { name }),
            Current::File { .. } | Current::Appended | Current::FileEnded => {
                let has_ended = matches!(self.current, Current::FileEnded);
                Some(Part::File { number: self.file_number, file: &self.file, has_ended })
            }
            Current::None | Current::BareToCome | Current::Dropped => None,
        }
    }

    /// Removes every file.
    pub(super) fn discard(&mut self) {
        self.current = Current::None;
        for file in self.parts.files.drain(..) {
            // Whoever it was handed to may have moved it; nothing better can be done about one that will not go.
            let _ = fs::remove_file(file.path);
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if !self.keep {
            self.discard();
        }
    }
}
