//! A file that was appended to is let go before the answer begins: whoever has read the answer may send the next piece at
//! once, to another worker, which must not find the lock of a request that is just being cleared away.

use std::ptr::{addr_of, addr_of_mut};

use ngx::core::Status;
use ngx::ffi::{ngx_http_output_header_filter_pt, ngx_http_request_t, ngx_http_top_header_filter, ngx_int_t};

use crate::panics::caught;
use crate::request::Request;
use crate::slot::SlotRef;

/// The header filter after ours.
static mut NEXT: ngx_http_output_header_filter_pt = None;

/// Puts our header filter before those that are there.
pub(crate) fn install() {
    // SAFETY: nginx reads its configuration on the one thread it has, and has put its own filters there before.
    unsafe {
        *addr_of_mut!(NEXT) = *addr_of!(ngx_http_top_header_filter);
        *addr_of_mut!(ngx_http_top_header_filter) = Some(filter);
    }
}

unsafe extern "C" fn filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: nginx calls with a living request.
    let request = unsafe { Request::new(r) };
    if request.is_main() {
        caught((), || {
            if let Some(slot) = SlotRef::find(request) {
                // A thread that still has the upload lets go of it soon enough.
                slot.with_work(|work| work.upload.let_go());
            }
        });
    }
    // SAFETY: nobody writes to it after the configuration was read.
    let next = unsafe { *addr_of!(NEXT) };
    // SAFETY: nginx calls each filter with its request, and this one is handed on.
    next.map_or(Status::NGX_OK.into(), |next| unsafe { next(r) })
}
