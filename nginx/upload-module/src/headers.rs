//! Headers of the answer: `upload_add_header`.

use ngx::ffi::{
    NGX_HTTP_OK, NGX_LOG_INFO, NGX_OK, ngx_http_discard_request_body, ngx_http_send_header, ngx_int_t,
    ngx_uint_t,
};

use crate::conf::LocationConf;
use crate::handler::{INTERNAL, Refusal};
use crate::request::{OutOfMemory, Request};

/// Adds the configured headers to the answer, whoever will give it. One that is there already is not added again: the
/// classic module repeats each for each file, and browsers take a repeated `Access-Control-Allow-Origin` for none.
pub(crate) fn add(request: Request, conf: &LocationConf) -> Result<(), Refusal> {
    for header in &conf.headers {
        let name = header.name.evaluate(request).ok_or(INTERNAL)?;
        let value = header.value.evaluate(request).ok_or(INTERNAL)?;
        if name.is_empty() || value.is_empty() || request.answer_has(&name, &value) {
            continue;
        }
        // nginx writes headers as they are: a line's end from the client would begin another header.
        if !is_token(&name) || !is_line(&value) {
            let (name, value) = (name.escape_ascii(), value.escape_ascii());
            request.log(NGX_LOG_INFO, format_args!("\"{name}: {value}\" cannot be a header"));
            continue;
        }
        request.add_to_answer(&name, &value).map_err(|OutOfMemory| {
            request.log_out_of_memory();
            INTERNAL
        })?;
    }
    Ok(())
}

/// Whether it can be a header's name. (RFC 9110, section 5.6.2.)
fn is_token(text: &[u8]) -> bool {
    text.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_line(text: &[u8]) -> bool {
    text.iter().all(|&byte| !byte.is_ascii_control() || byte == b'\t')
}

/// Answers OPTIONS, by which a browser asks whether a page may upload, with the headers alone.
pub(crate) fn answer_options(request: Request, conf: &LocationConf) -> ngx_int_t {
    let r = request.as_ptr();
    // SAFETY: the request is alive.
    let discarded = unsafe { ngx_http_discard_request_body(r) };
    if discarded != NGX_OK as ngx_int_t {
        return discarded;
    }
    if let Err(refusal) = add(request, conf) {
        return refusal;
    }
    // SAFETY: the request is alive, and nothing of an answer was sent.
    unsafe {
        (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
        (*r).headers_out.content_length_n = 0;
        (*r).set_header_only(1);
        ngx_http_send_header(r)
    }
}
