//! Pieces of a body, as nginx has read them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::slice;

use ngx::ffi::{ngx_buf_t, ngx_chain_t};

use crate::request::Request;

/// Bytes that are read at once of a body that lies in a file.
const FILE_PIECE: u64 = 64 * 1024;

/// A piece, or what is left of it.
pub(crate) enum Piece {
    /// In memory of nginx's, which keeps it as it is until pieces are given back.
    Memory { start: *const u8, length: usize },
    /// A body that somebody else has read before us may lie in a temporary file.
    File { file: File, start: u64, end: u64, read: Vec<u8>, used: usize },
}

impl Piece {
    /// Bytes that are left.
    fn len(&self) -> u64 {
        match self {
            Piece::Memory { length, .. } => *length as u64,
            Piece::File { start, end, read, used, .. } => end - start + (read.len() - used) as u64,
        }
    }

    /// The next bytes; none when it is used up.
    pub(crate) fn bytes(&mut self) -> io::Result<&[u8]> {
        match self {
            Piece::Memory { length: 0, .. } => Ok(&[]),
            // SAFETY: the length is what is left of the memory, and no piece is given back while one is in use.
            Piece::Memory { start, length } => Ok(unsafe { slice::from_raw_parts(*start, *length) }),
            Piece::File { file, start, end, read, used } => {
                if *used == read.len() {
                    let wanted = FILE_PIECE.min(*end - *start);
                    read.resize(usize::try_from(wanted).unwrap_or_default(), 0);
                    file.read_exact_at(read, *start)?;
                    *start += wanted;
                    *used = 0;
                }
                Ok(&read[*used..])
            }
        }
    }

    /// Goes on behind so many of the bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        match self {
            Piece::Memory { start, length } => {
                let count = count.min(*length);
                // SAFETY: it stays within the memory, or goes to its end.
                *start = unsafe { start.add(count) };
                *length -= count;
            }
            Piece::File { read, used, .. } => *used = (*used + count).min(read.len()),
        }
    }

    fn of(buffer: &ngx_buf_t) -> io::Result<Self> {
        // SAFETY: both point into the buffer's memory, or are null.
        let length = usize::try_from(unsafe { buffer.last.offset_from(buffer.pos) }).unwrap_or(0);
        if length > 0 || buffer.in_file() == 0 {
            return Ok(Piece::Memory { start: buffer.pos, length });
        }
        // SAFETY: nginx keeps the file open as long as the buffer that refers to it.
        let file = unsafe { BorrowedFd::borrow_raw((*buffer.file).fd) };
        let start = u64::try_from(buffer.file_pos).unwrap_or(0);
        let end = u64::try_from(buffer.file_last).unwrap_or(0).max(start);
        Ok(Piece::File { file: file.try_clone_to_owned()?.into(), start, end, read: Vec::new(), used: 0 })
    }
}

/// The pieces nginx has for this request that are not empty. They stay its own.
pub(crate) fn of_request(request: Request) -> io::Result<VecDeque<Piece>> {
    let mut pieces = VecDeque::new();
    // SAFETY: the request is alive; what it has of a body is null or good.
    unsafe {
        let body = (*request.as_ptr()).request_body.as_ref();
        let mut link: *const ngx_chain_t = body.map_or(std::ptr::null(), |body| body.bufs.cast_const());
        while let Some(piece) = link.as_ref() {
            pieces.push_back(Piece::of(&*piece.buf)?);
            link = piece.next;
        }
    }
    pieces.retain(|piece| piece.len() > 0);
    Ok(pieces)
}

/// Bytes of all these pieces.
pub(crate) fn total(pieces: &VecDeque<Piece>) -> u64 {
    pieces.iter().map(Piece::len).sum()
}

/// Lets nginx use its pieces again: nobody may read them any more.
pub(crate) fn give_back(request: Request) {
    // SAFETY: the request is alive. Its links go to its pool's free ones, as ngx_free_chain(), a macro, would put them
    // there. A buffer whose position is at its end is nginx's to fill again.
    unsafe {
        let r = request.as_ptr();
        let Some(body) = (*r).request_body.as_mut() else { return };
        while let Some(link) = body.bufs.as_mut() {
            let buffer = link.buf;
            (*buffer).pos = (*buffer).last;
            (*buffer).file_pos = (*buffer).file_last;
            body.bufs = link.next;
            link.next = (*(*r).pool).chain;
            (*(*r).pool).chain = link;
        }
    }
}
