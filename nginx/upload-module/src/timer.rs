//! A timer of a request's own.
//!
//! The connection's would not do: it says when a client has stopped sending, and each frame of HTTP/2 sets it anew.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null_mut};

use ngx::ffi::{ngx_add_timer, ngx_del_timer, ngx_event_t, ngx_http_run_posted_requests, ngx_msec_t};

use crate::request::Request;

/// What nginx is given: the event, and what it gives back when the time has come.
#[repr(C)]
struct Alarm {
    // nginx's debug log takes an event's data for a connection, and prints the descriptor, which comes fourth there.
    unused: [*mut c_void; 3],
    descriptor: c_int,
    request: Request,
    ring: fn(Request),
    event: ngx_event_t,
}

/// A timer that can be set, again and again. Dropped, it is taken back.
pub(crate) struct Timer(NonNull<Alarm>);

impl Timer {
    /// A timer that calls `ring`, which may end the request.
    pub(crate) fn new(request: Request, ring: fn(Request)) -> Self {
        // SAFETY: an event is plain data, and zero bits are how nginx's own begin.
        let mut event: ngx_event_t = unsafe { MaybeUninit::zeroed().assume_init() };
        event.log = request.log_target();
        event.handler = Some(rung);
        let alarm = Alarm { unused: [null_mut(); 3], descriptor: -1, request, ring, event };
        let alarm = NonNull::from(Box::leak(Box::new(alarm)));
        // SAFETY: the alarm has just been made, and nobody else has it.
        unsafe { (*alarm.as_ptr()).event.data = alarm.as_ptr().cast() };
        Timer(alarm)
    }

    pub(crate) fn set(&self, delay: ngx_msec_t) {
        // SAFETY: the event stays where it is until the timer is dropped, which takes it back.
        unsafe { ngx_add_timer(&raw mut (*self.0.as_ptr()).event, delay) };
    }

    pub(crate) fn is_set(&self) -> bool {
        // SAFETY: the event lives as long as the timer.
        unsafe { (*self.0.as_ptr()).event.timer_set() != 0 }
    }

    pub(crate) fn stop(&self) {
        if self.is_set() {
            // SAFETY: nginx has the event in its list of timers, which lives as long as the worker.
            unsafe { ngx_del_timer(&raw mut (*self.0.as_ptr()).event) };
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
        // SAFETY: new() has boxed it, and nginx does not have it any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

unsafe extern "C" fn rung(event: *mut ngx_event_t) {
    // SAFETY: new() has put the alarm there. Its timer is taken back before it is dropped, which is before the request
    // is freed: both are alive. nginx keeps connections for others when it ends a request, and itself does as much
    // after each event of a request.
    unsafe {
        let alarm = (*event).data.cast::<Alarm>();
        let (request, ring) = ((*alarm).request, (*alarm).ring);
        let connection = request.connection();
        ring(request);
        ngx_http_run_posted_requests(connection);
    }
}
