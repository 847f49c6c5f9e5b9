//! What one request has of ours, and how it is found again.
//!
//! It hangs on a cleanup record of the request's pool, for a redirect wipes the contexts modules have in a request.
//! nginx runs the record when the request has ended, however it did: that is when files go or stay.

use std::ffi::c_void;
use std::ptr::{NonNull, fn_addr_eq};

use imgfilter_multipart::Upload;
use ngx::ffi::{ngx_pool_cleanup_add, ngx_str_t};

use crate::appending::Watch;
use crate::conf::LocationConf;
use crate::handler::Refusal;
use crate::pace::Pace;
use crate::panics::caught;
use crate::request::{OutOfMemory, Request};
use crate::thread::{Errand, Pool};
use crate::work::{Order, Outcome, Work};

/// One upload.
pub(crate) struct Slot {
    request: Request,
    errand: Errand,
    pace: Pace,
    /// Where a file is appended to.
    watch: Option<Watch>,
    /// Why the body is not taken in any further.
    refusal: Option<Refusal>,
    /// Of the location with the `upload_pass`; the request may be in another one by now.
    conf: &'static LocationConf,
    /// `$upload_parts`, in the request's pool. Its presence says that the files were handed over.
    parts: Option<ngx_str_t>,
}

/// A request's slot, shared between the callbacks nginx makes about the request.
#[derive(Clone, Copy)]
pub(crate) struct SlotRef(NonNull<Slot>);

impl SlotRef {
    /// Gives the request a slot. A request that is uploaded twice, by way of a redirect, has two: the last counts.
    pub(crate) fn attach(
        request: Request,
        upload: Upload,
        watch: Option<Watch>,
        pool: Option<Pool>,
        conf: &'static LocationConf,
    ) -> Result<Self, OutOfMemory> {
        // SAFETY: the request is alive, and so is its pool.
        let record = unsafe { ngx_pool_cleanup_add((*request.as_ptr()).pool, 0).as_mut() };
        let record = record.ok_or(OutOfMemory)?;
        let pace = Pace::new(request, conf.limit_rate);
        let errand = Errand::new(request, pool, Work::new(upload, conf));
        let slot = Slot { request, errand, pace, watch, refusal: None, conf, parts: None };
        let slot = NonNull::from(Box::leak(Box::new(slot)));
        record.data = slot.as_ptr().cast();
        record.handler = Some(release);
        Ok(SlotRef(slot))
    }

    /// The slot the request has, if it has one.
    pub(crate) fn find(request: Request) -> Option<Self> {
        // SAFETY: the request is alive, and so is the list of its pool's cleanup records. Those with our handler hold
        // slots, for attach() is the only one to set it.
        unsafe {
            let mut record = (*(*request.as_ptr()).pool).cleanup.as_ref();
            while let Some(found) = record {
                if found
                    .handler
                    .is_some_and(|handler| fn_addr_eq(handler, release as unsafe extern "C" fn(_)))
                {
                    return NonNull::new(found.data.cast()).map(SlotRef);
                }
                record = found.next.as_ref();
            }
        }
        None
    }

    fn errand(&self) -> &Errand {
        // SAFETY: the slot lives as long as its request, on one thread, and the errand stays as it is.
        unsafe { &(*self.0.as_ptr()).errand }
    }

    /// Looks at the work on the upload; None while a thread has it. `look` must not call nginx, which could call us about
    /// the same request.
    pub(crate) fn with_work<T>(self, look: impl FnOnce(&mut Work) -> T) -> Option<T> {
        self.errand().with_work(look)
    }

    /// Whether a thread has the upload.
    pub(crate) fn is_under_way(self) -> bool {
        self.errand().is_under_way()
    }

    /// Works on the upload; None if a thread does, and its outcome is still to be taken.
    pub(crate) fn perform(self, order: Order) -> Option<Outcome> {
        self.errand().perform(order)
    }

    /// What came of a thread's work; once.
    pub(crate) fn take_outcome(self) -> Option<Outcome> {
        self.errand().take_outcome()
    }

    /// Takes the body in no further, for the first reason that is given.
    pub(crate) fn give_up(self, reason: Refusal) {
        // SAFETY: the slot lives as long as its request, on one thread, and no reference to this member is held.
        unsafe { (*self.0.as_ptr()).refusal.get_or_insert(reason) };
    }

    /// Why the body is not taken in any further.
    pub(crate) fn refusal(self) -> Option<Refusal> {
        // SAFETY: the slot lives as long as its request.
        unsafe { (*self.0.as_ptr()).refusal }
    }

    /// Works on the pace of the body. `work` must not go on reading it.
    pub(crate) fn with_pace<T>(self, work: impl FnOnce(&mut Pace) -> T) -> T {
        // SAFETY: the slot lives as long as its request, on one thread. The reference ends with `work`, which calls
        // nobody who could make another.
        work(unsafe { &mut (*self.0.as_ptr()).pace })
    }

    /// Whether somebody else wants the file that is appended to.
    pub(crate) fn is_wanted(self) -> bool {
        // SAFETY: the slot lives as long as its request, on one thread, and the watch stays as it is.
        unsafe { (*self.0.as_ptr()).watch.as_ref() }.is_some_and(Watch::is_wanted)
    }

    /// The body is not read any more: no timer rings.
    pub(crate) fn end_reading(self) {
        // SAFETY: the slot lives as long as its request, on one thread. Both references end here.
        let (pace, watch) = unsafe { (&(*self.0.as_ptr()).pace, (*self.0.as_ptr()).watch.as_ref()) };
        pace.end();
        watch.inspect(|watch| watch.end());
    }

    pub(crate) fn conf(self) -> &'static LocationConf {
        // SAFETY: the slot lives as long as its request.
        unsafe { (*self.0.as_ptr()).conf }
    }

    /// The value of `$upload_parts` once the upload is complete.
    pub(crate) fn parts(self) -> Option<ngx_str_t> {
        // SAFETY: the slot lives as long as its request.
        unsafe { (*self.0.as_ptr()).parts }
    }

    /// The upload is complete: its files now go or stay as the request's status says.
    pub(crate) fn complete(self, parts: ngx_str_t) {
        // SAFETY: the slot lives as long as its request, on one thread, and no reference to it is held.
        unsafe { (*self.0.as_ptr()).parts = Some(parts) }
    }
}

/// Ends a slot with its request.
unsafe extern "C" fn release(data: *mut c_void) {
    // SAFETY: attach() has put a boxed slot there, and nginx runs a cleanup record once.
    let slot = unsafe { Box::from_raw(data.cast::<Slot>()) };
    caught((), move || {
        // The request lies in the pool that is being destroyed, whose memory goes after its cleanup records have run.
        if slot.parts.is_some() && !slot.conf.cleanup.contains(slot.request.status()) {
            slot.errand.with_work(|work| work.upload.keep_files());
        }
        drop(slot);
    });
}
