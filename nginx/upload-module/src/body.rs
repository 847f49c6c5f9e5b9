//! The body, from nginx's unbuffered reader to the upload.

use imgfilter_multipart::{Error, Part, Step};
use ngx::ffi::{
    NGX_AGAIN, NGX_HTTP_SPECIAL_RESPONSE, ngx_http_block_reading, ngx_http_finalize_request,
    ngx_http_read_unbuffered_request_body, ngx_http_request_empty_handler, ngx_http_request_t, ngx_int_t,
};

use crate::handler::{INTERNAL, LOCKED, Refusal, refusal};
use crate::panics::caught;
use crate::request::Request;
use crate::slot::SlotRef;
use crate::template::FieldTemplate;
use crate::work::{Order, Outcome};
use crate::{handover, headers, pieces};

/// What comes after what could be done now.
enum Next {
    /// It goes on when there is more to read, or a pause is over, or a thread has done its work.
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
        (*r).write_event_handler = Some(landed);
        go_on(r);
    }
}

/// Goes on reading: nginx calls it whenever the connection has something to say. It may end the request.
unsafe extern "C" fn go_on(r: *mut ngx_http_request_t) {
    // SAFETY: nginx calls with a living request.
    let request = unsafe { Request::new(r) };
    let Some(slot) = SlotRef::find(request) else { return refuse(request, INTERNAL) };
    if slot.is_under_way() {
        request.read_no_more_now();
    } else if !slot.with_pace(|pace| pace.is_paused()) {
        advance(request, slot, None);
    }
}

/// Goes on when a thread has done its work. It may end the request. nginx calls it for nothing, too.
pub(crate) unsafe extern "C" fn landed(r: *mut ngx_http_request_t) {
    // SAFETY: nginx calls with a living request.
    let request = unsafe { Request::new(r) };
    let Some(slot) = SlotRef::find(request) else { return };
    if let Some(outcome) = slot.take_outcome() {
        advance(request, slot, Some(outcome));
    }
}

/// Goes on after a pause. It may end the request.
pub(crate) fn resume(request: Request) {
    // SAFETY: a pace calls for its living request.
    unsafe { go_on(request.as_ptr()) };
}

/// Gives up if somebody else wants the file that is appended to, and more is to come. It may end the request.
pub(crate) fn look(request: Request) {
    let Some(slot) = SlotRef::find(request) else { return };
    if request.is_reading_body() && caught(false, || slot.is_wanted()) {
        slot.give_up(LOCKED);
        if !slot.is_under_way() {
            advance(request, slot, None);
        }
    }
}

fn advance(request: Request, slot: SlotRef, outcome: Option<Outcome>) {
    match caught(Next::Refuse(INTERNAL), || work(request, slot, outcome)) {
        Next::Wait => {}
        Next::Refuse(refusal) => {
            slot.end_reading();
            refuse(request, refusal);
        }
        Next::HandOver => {
            slot.end_reading();
            match caught(Err(INTERNAL), || handover::prepare(request, slot)) {
                Ok(target) => handover::redirect(request, target),
                Err(refusal) => refuse(request, refusal),
            }
        }
    }
}

/// Ends the request, or sends it to an error page; it is not ours any more.
fn refuse(request: Request, refusal: Refusal) {
    // SAFETY: the request is alive, and not used after it is finalized.
    unsafe {
        (*request.as_ptr()).read_event_handler = Some(ngx_http_block_reading);
        (*request.as_ptr()).write_event_handler = Some(ngx_http_request_empty_handler);
        ngx_http_finalize_request(request.as_ptr(), refusal);
    }
}

/// Works until there is nothing to do. `outcome` is that of a thread's work.
fn work(request: Request, slot: SlotRef, mut outcome: Option<Outcome>) -> Next {
    loop {
        match (outcome, slot.refusal()) {
            (Some(Outcome::GaveUp), reason) => return Next::Refuse(reason.unwrap_or(INTERNAL)),
            (Some(Outcome::Step(Step::Done)), None) => {
                pieces::give_back(request);
                return Next::HandOver;
            }
            (Some(Outcome::Step(Step::Hungry)), None) => pieces::give_back(request),
            (Some(outcome), None) => {
                if let Err(reason) = settle(request, slot, outcome) {
                    slot.give_up(reason);
                }
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        if slot.refusal().is_none() {
            match read_more(request, slot) {
                Ok(true) => {}
                Ok(false) => return Next::Wait,
                Err(reason) => slot.give_up(reason),
            }
        }
        outcome = match slot.refusal() {
            None => slot.perform(Order::TakeIn),
            Some(_) => {
                slot.end_reading();
                pieces::give_back(request);
                slot.perform(Order::GiveUp)
            }
        };
        if outcome.is_none() {
            return Next::Wait;
        }
    }
}

/// Gives the upload more of the body; false if nginx has no more for now.
fn read_more(request: Request, slot: SlotRef) -> Result<bool, Refusal> {
    if slot.with_work(|work| work.has_enough()).ok_or(INTERNAL)? {
        return Ok(true);
    }
    let mut answer = 0;
    loop {
        let is_last = !request.is_reading_body();
        let input = pieces::of_request(request).map_err(|error| refusal(request, &Error::Io(error)))?;
        if is_last || !input.is_empty() {
            slot.with_pace(|pace| pace.count(pieces::total(&input)));
            slot.with_work(|work| work.give(input, is_last)).ok_or(INTERNAL)?;
            return Ok(true);
        }
        pieces::give_back(request);
        if slot.with_pace(|pace| pace.pause()) || answer == NGX_AGAIN as ngx_int_t {
            return Ok(false);
        }
        // SAFETY: the request is alive, and its body is being read; all pieces of it were given back.
        answer = unsafe { ngx_http_read_unbuffered_request_body(request.as_ptr()) };
        if answer >= NGX_HTTP_SPECIAL_RESPONSE as ngx_int_t {
            return Err(answer);
        }
        if answer < 0 && answer != NGX_AGAIN as ngx_int_t {
            return Err(INTERNAL);
        }
    }
}

/// Decides what the upload asks.
fn settle(request: Request, slot: SlotRef, outcome: Outcome) -> Result<(), Refusal> {
    let conf = slot.conf();
    let settled = match outcome {
        Outcome::Step(Step::FileStarted) => return add_fields(request, slot, &conf.set_fields),
        Outcome::Step(Step::FileEnded) => {
            headers::add(request, conf)?;
            return add_fields(request, slot, &conf.aggregate_fields);
        }
        Outcome::Step(Step::FieldStarted) => slot
            .with_work(|work| match work.upload.part() {
                Some(Part::Field { name })
                    if conf.passed_fields.iter().any(|field| field.matches(name.as_bytes())) =>
                {
                    work.upload.pass_field()
                }
                _ => Ok(()),
            })
            .ok_or(INTERNAL)?,
        Outcome::Step(Step::Hungry | Step::Done) => Ok(()),
        Outcome::Failed(error) => Err(error),
        Outcome::Panicked | Outcome::GaveUp => return Err(INTERNAL),
    };
    settled.map_err(|error| refusal(request, &error))
}

/// Adds fields about the current file to the rewritten body.
fn add_fields(request: Request, slot: SlotRef, fields: &[FieldTemplate]) -> Result<(), Refusal> {
    for field in fields {
        // Their variables are about this upload: it must not be borrowed while they are evaluated.
        let name = field.name.evaluate(request).ok_or(INTERNAL)?;
        let value = field.value.evaluate(request).ok_or(INTERNAL)?;
        slot.with_work(|work| work.upload.add_field(&name, &value))
            .ok_or(INTERNAL)?
            .map_err(|error| refusal(request, &error))?;
    }
    Ok(())
}
