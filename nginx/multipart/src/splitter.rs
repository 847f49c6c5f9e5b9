//! A multipart body into header blocks and data, piece by piece (RFC 2046 section 5.1.1).
//!
//! Data is lent from the caller's piece wherever it lies in one: what is copied is a header, or the few bytes at the
//! end of a piece that may be the beginning of a delimiter. Work is linear in the size of the body whatever it holds,
//! and memory is bounded by the delimiter and the header limits.
//!
//! It is written here, and only compared with the crate `multer` in tests, because that one copies all data, bounds
//! neither headers nor preamble, takes a part without header lines for one whose header runs into the next part, and
//! does not tell a header that came twice.

use memchr::memmem::Finder;

use crate::Error;

/// Header lines a part may have, beside the limit on the length of each. Real ones have three at most.
const MAX_HEADER_LINES: usize = 32;
/// Bytes before the first boundary and between a boundary and its line's end that are still read past.
const MAX_PADDING: usize = 16 * 1024;

/// What comes next in a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Everything given was used up.
    Hungry,
    /// The header of a part is complete: its lines, unfolded, without their ends.
    Part(Vec<Vec<u8>>),
    /// Some of the part's content.
    Data(&'a [u8]),
    /// The part's content is complete.
    PartEnd,
    /// The closing boundary was seen. What follows it is ignored, as the standard says.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    AfterBoundary,
    Header,
    Content,
    Closing,
    Epilogue,
}

/// Splits one body.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// CR LF, two hyphens and the boundary.
    delimiter: Finder<'static>,
    max_line: usize,
    state: State,
    /// In preamble and content: bytes that may be the beginning of a delimiter. Elsewhere: the unfinished line.
    held: Vec<u8>,
    /// Held bytes that proved to be content, while they are lent to the caller.
    lent: Vec<u8>,
    lines: Vec<Vec<u8>>,
    padding: usize,
}

impl Splitter {
    /// For bodies delimited by `boundary`; a header line may have `max_line` bytes.
    pub(crate) fn new(boundary: &[u8], max_line: usize) -> Self {
        let delimiter = [b"\r\n--", boundary].concat();
        Splitter {
            delimiter: Finder::new(&delimiter).into_owned(),
            max_line,
            state: State::Preamble,
            // The first delimiter has its line end only if there is a preamble.
            held: b"\r\n".to_vec(),
            lent: Vec::new(),
            lines: Vec::new(),
            padding: 0,
        }
    }

    /// Whether the closing boundary was seen.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Epilogue
    }

    /// Takes bytes off the front of `input` up to the next event. Call it until it is hungry.
    pub(crate) fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Result<Event<'s>, Error> {
        loop {
            match self.state {
                State::Preamble => match self.scan(input) {
                    Scan::Nothing => return Ok(Event::Hungry),
                    Scan::Content(skipped) => {
                        self.pad(skipped.len(), "it does not begin with its boundary")?
                    }
                    Scan::Held => self.pad(self.lent.len(), "it does not begin with its boundary")?,
                    Scan::Delimiter => self.state = State::AfterBoundary,
                },
                State::Content => match self.scan(input) {
                    Scan::Nothing => return Ok(Event::Hungry),
                    Scan::Content(data) => return Ok(Event::Data(data)),
                    Scan::Held => return Ok(Event::Data(&self.lent)),
                    Scan::Delimiter => {
                        self.state = State::AfterBoundary;
                        return Ok(Event::PartEnd);
                    }
                },
                State::AfterBoundary => match self.after_boundary(input)? {
                    None => return Ok(Event::Hungry),
                    Some(next) => self.state = next,
                },
                State::Header => match self.header_line(input)? {
                    None => return Ok(Event::Hungry),
                    Some(Line::Header) => {}
                    Some(Line::Blank) => {
                        self.state = State::Content;
                        return Ok(Event::Part(std::mem::take(&mut self.lines)));
                    }
                },
                State::Closing => {
                    self.state = State::Epilogue;
                    return Ok(Event::End);
                }
                State::Epilogue => {
                    *input = &[];
                    return Ok(Event::Hungry);
                }
            }
        }
    }

    /// Content up to the next delimiter, or the delimiter itself.
    ///
    /// A delimiter has one CR, its first byte, so bytes held as its beginning either go on as a delimiter or are
    /// content as a whole: no second candidate can hide in them.
    fn scan<'a>(&mut self, input: &mut &'a [u8]) -> Scan<'a> {
        if input.is_empty() {
            return Scan::Nothing;
        }
        let delimiter = self.delimiter.needle();
        if !self.held.is_empty() {
            let missing = &delimiter[self.held.len()..];
            let seen = missing.len().min(input.len());
            if missing[..seen] != input[..seen] {
                self.lent.clear();
                std::mem::swap(&mut self.lent, &mut self.held);
                return Scan::Held;
            }
            let complete = seen == missing.len();
            self.held.extend_from_slice(take(input, seen));
            if !complete {
                return Scan::Nothing;
            }
            self.held.clear();
            return Scan::Delimiter;
        }
        match self.delimiter.find(input) {
            Some(0) => {
                take(input, delimiter.len());
                Scan::Delimiter
            }
            Some(at) => Scan::Content(take(input, at)),
            None => {
                let tail = input.len().saturating_sub(delimiter.len() - 1);
                let begins = memchr::memrchr(b'\r', &input[tail..])
                    .map(|at| tail + at)
                    .filter(|&at| delimiter.starts_with(&input[at..]))
                    .unwrap_or(input.len());
                let content = take(input, begins);
                self.held.extend_from_slice(take(input, input.len()));
                if content.is_empty() { Scan::Nothing } else { Scan::Content(content) }
            }
        }
    }

    /// Reads what follows a boundary: two hyphens close the body, white space and a line's end begin a header.
    fn after_boundary(&mut self, input: &mut &[u8]) -> Result<Option<State>, Error> {
        while !input.is_empty() {
            let byte = take(input, 1)[0];
            match (self.held.first(), byte) {
                (Some(b'-'), b'-') => {
                    self.held.clear();
                    return Ok(Some(State::Closing));
                }
                (Some(b'\r'), b'\n') => {
                    self.held.clear();
                    return Ok(Some(State::Header));
                }
                (None, b'-' | b'\r' | b' ' | b'\t') => self.held.push(byte),
                (Some(b' ' | b'\t'), b'\r' | b' ' | b'\t') => self.held[0] = byte,
                _ => return Err(Error::Malformed("a boundary is followed by something else")),
            }
            self.pad(1, "too much white space follows a boundary")?;
        }
        Ok(None)
    }

    /// Reads one header line, and folds it into the one before where it begins with white space (RFC 5322, 2.2.3).
    fn header_line(&mut self, input: &mut &[u8]) -> Result<Option<Line>, Error> {
        let end = memchr::memchr(b'\n', input);
        self.held
            .extend_from_slice(take(input, end.map_or(input.len(), |end| end + 1).min(self.max_line + 3)));
        // The length first, so that it does not depend on the pieces what is found wrong with a line.
        let ended = self.held.strip_suffix(b"\n");
        let counted = ended.unwrap_or(&self.held);
        if counted.strip_suffix(b"\r").unwrap_or(counted).len() > self.max_line {
            return Err(self.too_long());
        }
        let Some(line) = ended else { return Ok(None) };
        let Some(line) = line.strip_suffix(b"\r") else {
            return Err(Error::Malformed("a header line of a part does not end in CR LF"));
        };
        if line.is_empty() {
            self.held.clear();
            return Ok(Some(Line::Blank));
        }
        if line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(Error::Malformed("a header line of a part holds a control character"));
        }
        if matches!(line[0], b' ' | b'\t') {
            let Some(before) = self.lines.last_mut() else {
                return Err(Error::Malformed("the header of a part begins with white space"));
            };
            before.extend_from_slice(line);
        } else if self.lines.len() == MAX_HEADER_LINES {
            return Err(Error::TooLarge { what: "header lines of a part", limit: MAX_HEADER_LINES });
        } else {
            self.lines.push(line.to_vec());
        }
        self.held.clear();
        match self.lines.last() {
            Some(line) if line.len() > self.max_line => Err(self.too_long()),
            _ => Ok(Some(Line::Header)),
        }
    }

    fn too_long(&self) -> Error {
        Error::HeaderTooLong { limit: self.max_line }
    }

    /// Counts bytes that say nothing, and refuses a body that has too many.
    fn pad(&mut self, bytes: usize, complaint: &'static str) -> Result<(), Error> {
        self.padding += bytes;
        if self.padding > MAX_PADDING { Err(Error::Malformed(complaint)) } else { Ok(()) }
    }
}

enum Scan<'a> {
    Nothing,
    Content(&'a [u8]),
    /// The bytes that had been held are content; they are lent now.
    Held,
    Delimiter,
}

enum Line {
    Header,
    Blank,
}

/// Takes `count` bytes off the front of `input`.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (front, rest) = input.split_at(count);
    *input = rest;
    front
}

#[cfg(test)]
mod tests;
