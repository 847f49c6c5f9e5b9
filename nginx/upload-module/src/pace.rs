//! `upload_limit_rate`: a body that comes faster than it may is read in pauses.
//!
//! Pauses have a timer of their own. The connection's would not do: it says when a client has stopped sending, and each
//! frame of HTTP/2 sets it anew.

use std::mem::{MaybeUninit, offset_of};

use ngx::ffi::{
    ngx_add_timer, ngx_current_msec, ngx_del_timer, ngx_event_t, ngx_http_block_reading,
    ngx_http_run_posted_requests, ngx_msec_t,
};

use crate::body;
use crate::request::Request;

/// How fast one body comes in. nginx knows where its timer is, so it stays in its place once it has paused.
pub(crate) struct Pace {
    request: Request,
    /// Bytes a second; 0 for no limit.
    limit: u64,
    began: ngx_msec_t,
    received: u64,
    timer: ngx_event_t,
}

impl Pace {
    /// For a body that begins to come in now.
    pub(crate) fn new(request: Request, limit: usize) -> Self {
        // SAFETY: an event is plain data, and zero bits are how nginx's own begin.
        let mut timer: ngx_event_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // nginx's debug log looks for the descriptor of a connection there.
        timer.data = request.connection().cast();
        timer.log = request.log_target();
        timer.handler = Some(resume);
        Pace { request, limit: limit as u64, began: now(), received: 0, timer }
    }

    /// Takes note of bytes that came in.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    /// Whether the body is ahead of its limit; then reading goes on by itself when it is not any more.
    pub(crate) fn pause(&mut self) -> bool {
        if self.limit == 0 || self.has_failed() {
            return false;
        }
        let due = self.received.saturating_mul(1000) / self.limit;
        let passed = now().wrapping_sub(self.began) as u64;
        let Some(ahead) = due.checked_sub(passed).filter(|&ahead| ahead > 0) else { return false };
        // SAFETY: the event stays where it is until it is dropped, which takes the timer back.
        unsafe { ngx_add_timer(&raw mut self.timer, ahead as ngx_msec_t) };
        self.spare_client();
        true
    }

    /// Whether the body is being paused. A connection that has failed ends the pause, for reading finds that out.
    pub(crate) fn is_paused(&mut self) -> bool {
        if self.timer.timer_set() == 0 {
            return false;
        }
        if self.has_failed() {
            // SAFETY: the timer is set.
            unsafe { ngx_del_timer(&raw mut self.timer) };
            return false;
        }
        // Where nginx is told of what can be read for as long as it can be, it must not be told now.
        // SAFETY: the request is alive while it has a pace.
        unsafe { ngx_http_block_reading(self.request.as_ptr()) };
        self.spare_client();
        true
    }

    /// Whether nothing more will come: a stream of HTTP/2 was reset, or its connection is gone.
    fn has_failed(&self) -> bool {
        // SAFETY: the request is alive while it has a pace.
        unsafe { (*self.request.connection()).error() != 0 }
    }

    /// A client is not slow while it is us who do not read.
    fn spare_client(&mut self) {
        // SAFETY: the request is alive while it has a pace, and so is its connection's event.
        unsafe {
            let event = (*self.request.connection()).read;
            if (*event).timer_set() != 0 {
                ngx_del_timer(event);
            }
        }
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        if self.timer.timer_set() != 0 {
            // SAFETY: the timer is set, and nginx's list of timers lives as long as the worker.
            unsafe { ngx_del_timer(&raw mut self.timer) };
        }
    }
}

fn now() -> ngx_msec_t {
    // SAFETY: only this thread writes to it, between events.
    unsafe { ngx_current_msec }
}

/// Ends a pause. It may end the request.
unsafe extern "C" fn resume(timer: *mut ngx_event_t) {
    // SAFETY: the timer is part of a pace, which takes it back before it is dropped: the request is alive. nginx keeps
    // connections for others when it ends a request, and itself does as much after each event of a request.
    unsafe {
        let request = (*timer.byte_sub(offset_of!(Pace, timer)).cast::<Pace>()).request;
        let connection = request.connection();
        body::go_on(request.as_ptr());
        ngx_http_run_posted_requests(connection);
    }
}
