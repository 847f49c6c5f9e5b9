//! Pieces of the body, from nginx's unbuffered reader to the upload.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::slice;

use imgfilter_multipart::{Error, Part, Step};
use ngx::ffi::{
    NGX_AGAIN, NGX_HTTP_SPECIAL_RESPONSE, ngx_buf_t, ngx_chain_t, ngx_http_block_reading,
    ngx_http_finalize_request, ngx_http_read_unbuffered_request_body, ngx_http_request_t, ngx_int_t,
};

use crate::handler::{INTERNAL, LOCKED, Refusal, refusal};
use crate::panics::caught;
use crate::request::Request;
use crate::slot::SlotRef;
use crate::template::FieldTemplate;
use crate::{handover, headers};

/// Bytes that are read at once of a body that lies in a file.
const FILE_PIECE: usize = 64 * 1024;

/// What comes after the pieces that were there.
enum Next {
    /// nginx calls again when there are more, or when a pause is over.
    Wait,
    /// All is there.
    HandOver,
    Refuse(Refusal),
}

/// Begins to read: nginx calls it when it has a first piece, or everything, or nothing yet.
pub(crate) unsafe extern "C" fn read(r: *mut ngx_http_request_t) {
    // SAFETY: nginx calls with a living request.
    unsafe {
        (*r).read_event_handler = Some(go_on);
        go_on(r);
    }
}

/// Goes on reading: nginx calls it whenever the connection has something to say. It may end the request.
pub(crate) unsafe extern "C" fn go_on(r: *mut ngx_http_request_t) {
    // SAFETY: nginx calls with a living request.
    let request = unsafe { Request::new(r) };
    let Some(slot) = SlotRef::find(request) else { return refuse(request, INTERNAL) };
    if slot.with_pace(|pace| pace.is_paused()) {
        return;
    }
    match caught(Next::Refuse(INTERNAL), || take_in(request, slot)) {
        Next::Wait => {}
        Next::Refuse(refusal) => give_up(request, slot, refusal),
        Next::HandOver => {
            slot.end_reading();
            match caught(Err(INTERNAL), || handover::prepare(request, slot)) {
                Ok(target) => handover::redirect(request, target),
                Err(refusal) => refuse(request, refusal),
            }
        }
    }
}

/// Goes on after a pause. It may end the request.
pub(crate) fn resume(request: Request) {
    // SAFETY: a pace calls for its living request.
    unsafe { go_on(request.as_ptr()) };
}

/// Ends the request if somebody else wants the file that it appends to.
pub(crate) fn look(request: Request) {
    let Some(slot) = SlotRef::find(request) else { return };
    if caught(false, || slot.is_wanted()) {
        give_up(request, slot, LOCKED);
    }
}

/// Reads no further, and ends the request.
fn give_up(request: Request, slot: SlotRef, refusal: Refusal) {
    slot.end_reading();
    caught((), || slot.with_upload(|upload| upload.discard()));
    refuse(request, refusal);
}

/// Ends the request, or sends it to an error page; it is not ours any more.
fn refuse(request: Request, refusal: Refusal) {
    // SAFETY: the request is alive, and not used after it is finalized.
    unsafe {
        (*request.as_ptr()).read_event_handler = Some(ngx_http_block_reading);
        ngx_http_finalize_request(request.as_ptr(), refusal);
    }
}

/// Takes in everything nginx has.
fn take_in(request: Request, slot: SlotRef) -> Next {
    let mut answer = 0;
    loop {
        let mut some = false;
        while let Some(piece) = Piece::first(request) {
            some = true;
            let taken = piece.feed(request, slot);
            piece.give_back(request);
            if let Err(refusal) = taken {
                return Next::Refuse(refusal);
            }
        }
        // SAFETY: the request is alive.
        if unsafe { (*request.as_ptr()).reading_body() } == 0 {
            return match end(request, slot) {
                Ok(()) => Next::HandOver,
                Err(refusal) => Next::Refuse(refusal),
            };
        }
        if slot.with_pace(|pace| pace.pause()) || (!some && answer == NGX_AGAIN as ngx_int_t) {
            return match slot.with_upload(|upload| upload.flush()) {
                Ok(()) => Next::Wait,
                Err(error) => Next::Refuse(refusal(request, &error)),
            };
        }
        // SAFETY: the request is alive, and its body is being read; all pieces of it were given back.
        answer = unsafe { ngx_http_read_unbuffered_request_body(request.as_ptr()) };
        if answer >= NGX_HTTP_SPECIAL_RESPONSE as ngx_int_t {
            return Next::Refuse(answer);
        }
        if answer < 0 && answer != NGX_AGAIN as ngx_int_t {
            return Next::Refuse(INTERNAL);
        }
    }
}

/// Gives bytes to the upload, and decides what it asks.
fn feed(request: Request, slot: SlotRef, mut bytes: &[u8]) -> Result<(), Refusal> {
    loop {
        match slot.with_upload(|upload| upload.push(&mut bytes)) {
            Ok(Step::Hungry) => return Ok(()),
            step => decide(request, slot, step)?,
        }
    }
}

fn end(request: Request, slot: SlotRef) -> Result<(), Refusal> {
    loop {
        match slot.with_upload(|upload| upload.end()) {
            Ok(Step::Done) => return Ok(()),
            step => decide(request, slot, step)?,
        }
    }
}

fn decide(request: Request, slot: SlotRef, step: Result<Step, Error>) -> Result<(), Refusal> {
    let conf = slot.conf();
    let decided = match step {
        Ok(Step::FileStarted) => return add_fields(request, slot, &conf.set_fields),
        Ok(Step::FileEnded) => {
            headers::add(request, conf)?;
            return add_fields(request, slot, &conf.aggregate_fields);
        }
        Ok(Step::FieldStarted) => slot.with_upload(|upload| match upload.part() {
            Some(Part::Field { name })
                if conf.passed_fields.iter().any(|field| field.matches(name.as_bytes())) =>
            {
                upload.pass_field()
            }
            _ => Ok(()),
        }),
        Ok(Step::Hungry | Step::Done) => Ok(()),
        Err(error) => Err(error),
    };
    decided.map_err(|error| refusal(request, &error))
}

/// Adds fields about the current file to the rewritten body.
fn add_fields(request: Request, slot: SlotRef, fields: &[FieldTemplate]) -> Result<(), Refusal> {
    for field in fields {
        // Their variables are about this upload: it must not be borrowed while they are evaluated.
        let name = field.name.evaluate(request).ok_or(INTERNAL)?;
        let value = field.value.evaluate(request).ok_or(INTERNAL)?;
        slot.with_upload(|upload| upload.add_field(&name, &value))
            .map_err(|error| refusal(request, &error))?;
    }
    Ok(())
}

/// The first piece of a body that nginx has read.
struct Piece(*mut ngx_chain_t);

impl Piece {
    fn first(request: Request) -> Option<Self> {
        // SAFETY: the request is alive; what it has of a body is null or good.
        unsafe {
            let body = (*request.as_ptr()).request_body.as_ref()?;
            (!body.bufs.is_null()).then_some(Piece(body.bufs))
        }
    }

    fn feed(&self, request: Request, slot: SlotRef) -> Result<(), Refusal> {
        // SAFETY: nginx keeps the piece as it is until it is given back.
        let (buffer, in_memory) = unsafe {
            let buffer = &*(*self.0).buf;
            let length = usize::try_from(buffer.last.offset_from(buffer.pos)).unwrap_or(0);
            if length == 0 { (buffer, &[][..]) } else { (buffer, slice::from_raw_parts(buffer.pos, length)) }
        };
        match in_memory {
            [] if buffer.in_file() != 0 => feed_file(request, slot, buffer),
            bytes => {
                slot.with_pace(|pace| pace.count(bytes.len() as u64));
                feed(request, slot, bytes)
            }
        }
    }

    /// Lets nginx use the piece again.
    fn give_back(self, request: Request) {
        let link = self.0;
        // SAFETY: the piece is the first one the request has; it goes to the pool's free links, as ngx_free_chain(),
        // a macro, would put it there. A buffer whose position is at its end is nginx's to fill again.
        unsafe {
            let r = request.as_ptr();
            let buffer = (*link).buf;
            (*buffer).pos = (*buffer).last;
            (*buffer).file_pos = (*buffer).file_last;
            (*(*r).request_body).bufs = (*link).next;
            (*link).next = (*(*r).pool).chain;
            (*(*r).pool).chain = link;
        }
    }
}

/// A body that somebody else has read before us may lie in a temporary file.
fn feed_file(request: Request, slot: SlotRef, buffer: &ngx_buf_t) -> Result<(), Refusal> {
    // SAFETY: nginx keeps the file open as long as the buffer that refers to it.
    let file = unsafe { BorrowedFd::borrow_raw((*buffer.file).fd) };
    let file = file.try_clone_to_owned().map_err(|error| refusal(request, &Error::Io(error)))?;
    let file = File::from(file);
    let mut at = u64::try_from(buffer.file_pos).unwrap_or(0);
    let end = u64::try_from(buffer.file_last).unwrap_or(0);
    let mut piece = vec![0; FILE_PIECE];
    while at < end {
        let wanted = FILE_PIECE.min(usize::try_from(end - at).unwrap_or(FILE_PIECE));
        let piece = &mut piece[..wanted];
        file.read_exact_at(piece, at).map_err(|error| refusal(request, &Error::Io(error)))?;
        feed(request, slot, piece)?;
        at += wanted as u64;
    }
    Ok(())
}
