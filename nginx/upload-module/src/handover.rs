//! The rewritten body in place of the one that came in, and on to the next location.

use ngx::ffi::{
    NGX_DONE, NGX_HTTP_LOG_UNSAFE, NGX_LOG_ERR, NGX_OK, ngx_alloc_chain_link, ngx_buf_t,
    ngx_http_block_reading, ngx_http_finalize_request, ngx_http_internal_redirect, ngx_http_named_location,
    ngx_http_parse_unsafe_uri, ngx_int_t, ngx_pcalloc, ngx_str_t, ngx_uint_t, off_t,
};

use crate::handler::{INTERNAL, Refusal};
use crate::request::{OutOfMemory, Request};
use crate::slot::SlotRef;
use crate::work::Work;

/// Where a request goes on.
pub(crate) enum Target {
    /// A named location, whose name begins with `@`.
    Location(ngx_str_t),
    Uri {
        path: ngx_str_t,
        arguments: ngx_str_t,
    },
}

/// Puts the rewritten body into the request, and returns where it goes.
pub(crate) fn prepare(request: Request, slot: SlotRef) -> Result<Target, Refusal> {
    let target = target(request, slot)?;
    let (body, content_type, parts) = slot
        .with_work(|Work { upload, .. }| {
            (upload.take_body(), upload.content_type(), upload.parts().to_json())
        })
        .ok_or(INTERNAL)?;
    let put = || {
        put_body(request, &body)?;
        put_length(request, body.len())?;
        if let Some(content_type) = content_type {
            put_content_type(request, &content_type)?;
        }
        slot.complete(request.copy(parts.as_bytes())?);
        Ok(())
    };
    put().map_err(|error| out_of_memory(request, error))?;
    Ok(target)
}

/// Where the configuration sends this request.
fn target(request: Request, slot: SlotRef) -> Result<Target, Refusal> {
    let pass = slot.conf().pass.as_ref().ok_or(INTERNAL)?;
    let target = pass.evaluate(request).ok_or(INTERNAL)?;
    let mut path = request.copy(&target).map_err(|error| out_of_memory(request, error))?;
    if target.starts_with(b"@") {
        return Ok(Target::Location(path));
    }
    let mut arguments = match slot.conf().pass_args {
        0 => ngx_str_t::default(),
        // SAFETY: the request is alive.
        _ => unsafe { (*request.as_ptr()).args },
    };
    // What variables hold may come from the client: it must not lead out of the location that is meant.
    let mut flags = NGX_HTTP_LOG_UNSAFE as ngx_uint_t;
    // SAFETY: the request is alive, and the path is a text of its pool; nginx leaves the arguments alone where the
    // path has none.
    let safe = target.starts_with(b"/")
        && unsafe {
            ngx_http_parse_unsafe_uri(request.as_ptr(), &raw mut path, &raw mut arguments, &raw mut flags)
                == NGX_OK as ngx_int_t
        };
    if !safe {
        let target = target.escape_ascii();
        request.log(NGX_LOG_ERR, format_args!("\"{target}\" is no location to pass an upload to"));
        return Err(INTERNAL);
    }
    Ok(Target::Uri { path, arguments })
}

fn out_of_memory(request: Request, _: OutOfMemory) -> Refusal {
    request.log_out_of_memory();
    INTERNAL
}

/// Hands the request on. It may be over when this returns, and is not ours any more.
pub(crate) fn redirect(request: Request, target: Target) {
    let r = request.as_ptr();
    // SAFETY: the request is alive. Each redirect counts as a user of it, and the last call takes back the reader's
    // count, so that the request may be freed there: nothing is done after it.
    unsafe {
        (*r).read_event_handler = Some(ngx_http_block_reading);
        (*r).set_request_body_no_buffering(0);
        match target {
            Target::Location(mut name) => ngx_http_named_location(r, &raw mut name),
            Target::Uri { mut path, mut arguments } => {
                ngx_http_internal_redirect(r, &raw mut path, &raw mut arguments)
            }
        };
        ngx_http_finalize_request(r, NGX_DONE as ngx_int_t);
    }
}

fn put_body(request: Request, body: &[u8]) -> Result<(), OutOfMemory> {
    let text = request.copy(body)?;
    let r = request.as_ptr();
    // SAFETY: the request is alive and has read its body; buffer, link and text live in its pool.
    unsafe {
        let buffer: *mut ngx_buf_t = ngx_pcalloc((*r).pool, size_of::<ngx_buf_t>()).cast();
        let link = ngx_alloc_chain_link((*r).pool);
        if buffer.is_null() || link.is_null() {
            return Err(OutOfMemory);
        }
        (*buffer).start = text.data;
        (*buffer).pos = text.data;
        (*buffer).last = text.data.add(text.len);
        (*buffer).end = (*buffer).last;
        (*buffer).set_memory(1);
        (*buffer).set_last_buf(1);
        (*buffer).set_last_in_chain(1);
        (*link).buf = buffer;
        (*link).next = std::ptr::null_mut();
        let request_body = (*r).request_body;
        (*request_body).bufs = link;
        (*request_body).buf = buffer;
        // A body that was in a file is not any more; the file goes with the request.
        (*request_body).temp_file = std::ptr::null_mut();
    }
    Ok(())
}

fn put_length(request: Request, length: usize) -> Result<(), OutOfMemory> {
    let value = request.copy(length.to_string().as_bytes())?;
    // SAFETY: the request is alive, and its headers are good.
    unsafe {
        let headers = &raw mut (*request.as_ptr()).headers_in;
        (*headers).content_length_n = length as off_t;
        (*headers).set_chunked(0);
        match (*headers).content_length.as_mut() {
            Some(header) => header.value = value,
            None => {
                let header = request.push_header("Content-Length", "content-length", value)?;
                (*headers).content_length = header.as_ptr();
            }
        }
    }
    Ok(())
}

fn put_content_type(request: Request, content_type: &str) -> Result<(), OutOfMemory> {
    let value = request.copy(content_type.as_bytes())?;
    // SAFETY: the request is alive, and its headers are good.
    unsafe {
        let headers = &raw mut (*request.as_ptr()).headers_in;
        match (*headers).content_type.as_mut() {
            Some(header) => header.value = value,
            None => {
                let header = request.push_header("Content-Type", "content-type", value)?;
                (*headers).content_type = header.as_ptr();
            }
        }
    }
    Ok(())
}
