//! Reads bodies from standard input and prints the account of each as a line of JSON, or `{"error":…}`.
//!
//! `account SPOOL`: files pass through the folder SPOOL and are removed. A body is a Content-Type, a number that says in
//! pieces of how many bytes it arrives, and the body itself: each of the two texts after its length, and all numbers of
//! 32 bits, the highest byte first.

use std::io::{self, BufWriter, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use imgfilter_multipart::{BodyKind, Error, Limits, Spool, Step, Upload};

/// Wide enough for whatever the tests make.
const LIMITS: Limits = Limits {
    max_file_size: 0,
    max_part_header_len: 4096,
    max_output_body_len: 1 << 26,
    max_parts: 1000,
    buffer_size: 4096,
};

fn main() -> io::Result<()> {
    let spool =
        std::env::args().nth(1).ok_or_else(|| io::Error::other("say which folder the files pass through"))?;
    let mut input = io::stdin().lock();
    let mut out = BufWriter::new(io::stdout().lock());
    while let Some(length) = number(&mut input)? {
        let content_type = bytes(&mut input, length)?;
        let piece = number(&mut input)?.unwrap_or(1).max(1);
        let length = number(&mut input)?.unwrap_or(0);
        let body = bytes(&mut input, length)?;
        match account(&content_type, &body, piece, &spool) {
            Ok(account) => writeln!(out, "{account}")?,
            Err(error) => writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }))?,
        }
    }
    out.flush()
}

fn account(content_type: &[u8], body: &[u8], piece: usize, spool: &str) -> Result<String, Error> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let spool = Spool::new(spool, |_| NUMBER.fetch_add(1, Ordering::Relaxed));
    let BodyKind::Form { boundary } = BodyKind::of(content_type)? else {
        return Err(Error::Malformed("it is no form"));
    };
    let mut upload = Upload::form(boundary, spool, LIMITS);
    for piece in body.chunks(piece) {
        let mut rest = piece;
        while upload.push(&mut rest)? != Step::Hungry {}
    }
    while upload.end()? != Step::Done {}
    Ok(upload.parts().to_json())
}

/// None at the end of the input.
fn number(input: &mut impl Read) -> io::Result<Option<usize>> {
    let mut bytes = [0; 4];
    match input.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u32::from_be_bytes(bytes) as usize)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn bytes(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
