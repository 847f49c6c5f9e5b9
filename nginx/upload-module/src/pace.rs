//! `upload_limit_rate`: a body that comes faster than it may is read in pauses.

use ngx::ffi::{ngx_current_msec, ngx_msec_t};

use crate::body;
use crate::request::Request;
use crate::timer::Timer;

/// How fast one body comes in.
pub(crate) struct Pace {
    request: Request,
    /// Bytes a second; 0 for no limit.
    limit: u64,
    began: ngx_msec_t,
    received: u64,
    timer: Timer,
}

impl Pace {
    /// For a body that begins to come in now.
    pub(crate) fn new(request: Request, limit: usize) -> Self {
        let timer = Timer::new(request, body::resume);
        Pace { request, limit: limit as u64, began: now(), received: 0, timer }
    }

    /// Takes note of bytes that came in.
    pub(crate) fn count(&mut self, bytes: u64) {
        self.received += bytes;
    }

    /// Whether the body is ahead of its limit; then reading goes on by itself when it is not any more.
    pub(crate) fn pause(&self) -> bool {
        if self.limit == 0 || self.request.has_failed() {
            return false;
        }
        let due = self.received.saturating_mul(1000) / self.limit;
        let passed = now().wrapping_sub(self.began) as u64;
        let Some(ahead) = due.checked_sub(passed).filter(|&ahead| ahead > 0) else { return false };
        self.timer.set(ahead as ngx_msec_t);
        self.request.spare_client();
        true
    }

    /// Whether the body is being paused. A connection that has failed ends the pause, for reading finds that out.
    pub(crate) fn is_paused(&self) -> bool {
        if !self.timer.is_set() {
            return false;
        }
        if self.request.has_failed() {
            self.timer.stop();
            return false;
        }
        self.request.read_no_more_now();
        true
    }

    /// No more pauses.
    pub(crate) fn end(&self) {
        self.timer.stop();
    }
}

fn now() -> ngx_msec_t {
    // SAFETY: only this thread writes to it, between events.
    unsafe { ngx_current_msec }
}
