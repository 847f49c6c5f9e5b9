//! One body being received.

mod intake;

use crate::splitter::{Event, Splitter};
use crate::{Append, Disposition, Error, Part, Parts, Spool};
use intake::Intake;

/// How much of what a body may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file; a larger one is dropped and the rest goes on. 0 for none.
    pub max_file_size: u64,
    /// Bytes of one header line of a part.
    pub max_part_header_len: usize,
    /// Bytes of the body that is handed on, and of all plain fields together. 0 for none.
    pub max_output_body_len: usize,
    /// Parts of one body, files and fields together.
    pub max_parts: usize,
    /// Bytes that are collected before they are written to a file.
    pub buffer_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_file_size: 0,
            max_part_header_len: 512,
            max_output_body_len: 100 * 1024,
            max_parts: 1000,
            buffer_size: 4096,
        }
    }
}

/// Why an upload stopped, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Everything given was used up: it waits for the next piece, or for the end.
    Hungry,
    /// A file part begins. Fields may be added about it; its size and digest are not known yet.
    FileStarted,
    /// A file part is complete. Fields may be added about it.
    FileEnded,
    /// A plain field begins: [`Upload::pass_field`] if it is to be handed on.
    FieldStarted,
    /// The body is complete.
    Done,
}

#[derive(Debug)]
enum Source {
    Form(Box<Splitter>),
    Bare,
    Append(Box<Append>),
}

/// Receives one body. Dropped without [`Upload::keep_files`], it removes every file it made.
#[derive(Debug)]
pub struct Upload {
    source: Source,
    intake: Intake,
}

impl Upload {
    /// For a form, as [`BodyKind::Form`](crate::BodyKind::Form) describes it.
    pub fn form(boundary: Vec<u8>, spool: Spool, limits: Limits) -> Self {
        let splitter = Splitter::new(&boundary, limits.max_part_header_len);
        Upload { source: Source::Form(Box::new(splitter)), intake: Intake::new(boundary, spool, limits) }
    }

    /// For a body that is one file. The headers are the request's own; empty where it has none.
    ///
    /// The form handed on gets a boundary of its own: see [`Upload::content_type`].
    pub fn bare(content_type: &str, disposition: &[u8], spool: Spool, limits: Limits) -> Self {
        let mut intake = Intake::new(boundary(spool.number()), spool, limits);
        intake.expect_bare(content_type, Disposition::parse(disposition).filename.unwrap_or_default());
        Upload { source: Source::Bare, intake }
    }

    /// For a body whose bytes are added to the end of a file. The account tells of the file as of a bare body's, without
    /// digests. The file is never removed, and stays locked until this value is dropped.
    ///
    /// `number` is one that makes the boundary of the form handed on.
    pub fn append(file: Append, content_type: &str, disposition: &[u8], number: u64, limits: Limits) -> Self {
        let mut intake = Intake::new(boundary(number), Spool::new("", |_| 0), limits);
        intake.expect_bare(content_type, Disposition::parse(disposition).filename.unwrap_or_default());
        Upload { source: Source::Append(Box::new(file)), intake }
    }

    /// Takes bytes off the front of `input` until something is to be decided. Call it until it is hungry.
    ///
    /// # Errors
    /// See [`Error`]. After an error only [`Upload::discard`] makes sense.
    pub fn push(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        let splitter = match &mut self.source {
            Source::Form(splitter) => splitter,
            Source::Bare => return self.push_bare(input),
            Source::Append(_) => return self.push_appended(input),
        };
        loop {
            match splitter.next(input)? {
                Event::Hungry | Event::End => {
                    if input.is_empty() {
                        return Ok(Step::Hungry);
                    }
                }
                Event::Data(data) => self.intake.data(data)?,
                Event::Part(lines) => return self.intake.begin(&lines),
                Event::PartEnd => {
                    if let Some(step) = self.intake.end_part()? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    fn push_bare(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        if let Some(step) = self.intake.begin_bare()? {
            return Ok(step);
        }
        self.intake.data(input)?;
        *input = &[];
        Ok(Step::Hungry)
    }

    fn push_appended(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        let Source::Append(file) = &mut self.source else { return Ok(Step::Hungry) };
        if let Some(step) = self.intake.begin_appended(file.path()) {
            return Ok(step);
        }
        file.write(input)?;
        *input = &[];
        Ok(Step::Hungry)
    }

    /// Writes out what is collected of a file that is appended to; nothing is known to come soon. Other files are
    /// nobody's while they are not complete.
    ///
    /// # Errors
    /// [`Error::DiskFull`] and [`Error::Io`].
    pub fn flush(&mut self) -> Result<(), Error> {
        match &mut self.source {
            Source::Append(file) => file.flush(),
            Source::Form(_) | Source::Bare => Ok(()),
        }
    }

    /// Lets others write to a file that was appended to. Nothing may be added to it any more.
    pub fn let_go(&mut self) {
        match &mut self.source {
            Source::Append(file) => file.let_go(),
            Source::Form(_) | Source::Bare => {}
        }
    }

    /// The body is over. Call it until it is done.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a form's closing boundary is missing, else as [`Upload::push`].
    pub fn end(&mut self) -> Result<Step, Error> {
        match &mut self.source {
            Source::Form(splitter) if splitter.is_complete() => Ok(Step::Done),
            Source::Form(_) => Err(Error::Malformed("it ends before its closing boundary")),
            Source::Bare => match self.intake.begin_bare()? {
                Some(step) => Ok(step),
                None => Ok(self.intake.end_part()?.unwrap_or(Step::Done)),
            },
            Source::Append(file) => match self.intake.begin_appended(file.path()) {
                Some(step) => Ok(step),
                None => Ok(self.intake.end_appended(|| file.sync())?.unwrap_or(Step::Done)),
            },
        }
    }

    /// The part that began or ended with the last step; None between parts and at the end.
    pub fn part(&self) -> Option<Part<'_>> {
        self.intake.part()
    }

    /// Adds a field to the body that is handed on.
    ///
    /// Fields that are added while a file part is received go with it, should it turn out to be too large.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the body grows over its limit; [`Error::Malformed`] if the value holds its boundary.
    pub fn add_field(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        self.intake.form.add(name, value)
    }

    /// Hands on the plain field that has begun. A nameless part is never handed on.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the body grows over its limit.
    pub fn pass_field(&mut self) -> Result<(), Error> {
        self.intake.pass_field()
    }

    /// Everything that came in so far.
    pub fn parts(&self) -> &Parts {
        &self.intake.parts
    }

    /// The body to hand on, ended. It can be taken once.
    pub fn take_body(&mut self) -> Vec<u8> {
        self.intake.form.finish()
    }

    /// The Content-Type of the body that is handed on, if it is not the one that came in.
    pub fn content_type(&self) -> Option<String> {
        match self.source {
            Source::Form(_) => None,
            Source::Bare | Source::Append(_) => {
                let boundary = self.intake.form.boundary().escape_ascii();
                Some(format!("multipart/form-data; boundary={boundary}"))
            }
        }
    }

    /// From now on the files are somebody else's: they outlive this value.
    pub fn keep_files(&mut self) {
        self.intake.keep = true;
    }

    /// Removes every file it made, kept or not, at once. What was appended is put on the disk as well as can be.
    pub fn discard(&mut self) {
        match &mut self.source {
            Source::Form(_) | Source::Bare => self.intake.discard(),
            Source::Append(file) => drop(file.sync()),
        }
    }
}

/// A boundary for a form that is made of no form.
fn boundary(number: u64) -> Vec<u8> {
    format!("{number:020}").into_bytes()
}

#[cfg(test)]
mod tests;
