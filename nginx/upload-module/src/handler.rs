//! The content handler: may this request upload, and what is its body?

use imgfilter_multipart::{Append, BodyKind, Error, Upload};
use ngx::ffi::{
    NGX_DONE, NGX_HTTP_BAD_REQUEST, NGX_HTTP_CONFLICT, NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_NOT_ALLOWED,
    NGX_HTTP_NOT_FOUND, NGX_HTTP_OPTIONS, NGX_HTTP_PATCH, NGX_HTTP_POST, NGX_HTTP_PUT,
    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, NGX_HTTP_SERVICE_UNAVAILABLE, NGX_HTTP_SPECIAL_RESPONSE,
    NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, NGX_LOG_CRIT, NGX_LOG_ERR, NGX_LOG_INFO,
    ngx_http_read_client_request_body, ngx_http_request_t, ngx_int_t, ngx_uint_t,
};

use crate::appending::{self, Watch};
use crate::conf::LocationConf;
use crate::panics::caught;
use crate::request::Request;
use crate::slot::SlotRef;
use crate::store::{next_number, spool_for};
use crate::{body, headers, thread};

/// An HTTP status, as nginx's functions return it.
pub(crate) type Refusal = ngx_int_t;

/// The status for what should not have happened.
pub(crate) const INTERNAL: Refusal = NGX_HTTP_INTERNAL_SERVER_ERROR as Refusal;

/// The status for a file that somebody else writes (RFC 4918, section 11.3); nginx has no name for it.
pub(crate) const LOCKED: Refusal = 423;

/// Handles a request in a location with `upload_pass`.
pub(crate) unsafe extern "C" fn handle(r: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: nginx runs a content handler for a living request.
    let request = unsafe { Request::new(r) };
    if let Some(conf) = request.conf().filter(|conf| is_preflight(request, conf)) {
        return caught(INTERNAL, || headers::answer_options(request, conf));
    }
    if let Err(refusal) = caught(Err(INTERNAL), || begin(request)) {
        return refusal;
    }
    // SAFETY: the request is alive. nginx counts the reader as a user of the request, until it is finalized.
    unsafe {
        (*r).set_request_body_no_buffering(1);
        let answer = ngx_http_read_client_request_body(r, Some(body::read));
        if answer >= NGX_HTTP_SPECIAL_RESPONSE as ngx_int_t { answer } else { NGX_DONE as ngx_int_t }
    }
}

/// Whether the request only asks for the headers of `upload_add_header`. Where there are none, OPTIONS is as much
/// refused as any other method.
fn is_preflight(request: Request, conf: &LocationConf) -> bool {
    request.method() & NGX_HTTP_OPTIONS as ngx_uint_t != 0 && !conf.headers.is_empty()
}

/// Gives the request a slot with an upload for its kind of body.
fn begin(request: Request) -> Result<(), Refusal> {
    if !request.is_main() {
        request.log(NGX_LOG_ERR, format_args!("a subrequest has no body to upload"));
        return Err(INTERNAL);
    }
    let conf = request.conf().ok_or(INTERNAL)?;
    let path = appending::path(request, conf)?;
    let methods = NGX_HTTP_POST | NGX_HTTP_PUT | if path.is_some() { NGX_HTTP_PATCH } else { 0 };
    if request.method() & methods as ngx_uint_t == 0 {
        return Err(NGX_HTTP_NOT_ALLOWED as Refusal);
    }
    let (upload, watch) = match path {
        Some(path) => {
            let file = appending::open(request, conf, &path)?;
            let watch = Watch::new(request, file.yield_path());
            (append_to(request, file, conf), Some(watch))
        }
        None => (upload_for(request, conf)?, None),
    };
    let pool = thread::pool(request)?;
    SlotRef::attach(request, upload, watch, pool, conf).map_err(|_| {
        request.log_out_of_memory();
        INTERNAL
    })?;
    Ok(())
}

fn append_to(request: Request, file: Append, conf: &LocationConf) -> Upload {
    let content_type = String::from_utf8_lossy(request.content_type()).into_owned();
    let disposition = request.header("content-disposition");
    Upload::append(file, &content_type, disposition, next_number(false), conf.limits())
}

fn upload_for(request: Request, conf: &LocationConf) -> Result<Upload, Refusal> {
    let spool = spool_for(request, conf)?;
    let content_type = request.content_type();
    match BodyKind::of(content_type).map_err(|error| refusal(request, &error))? {
        BodyKind::Form { boundary } => Ok(Upload::form(boundary, spool, conf.limits())),
        BodyKind::Bare if conf.bare_body != 0 => {
            let content_type = String::from_utf8_lossy(content_type);
            Ok(Upload::bare(&content_type, request.header("content-disposition"), spool, conf.limits()))
        }
        BodyKind::Bare | BodyKind::OtherMultipart => {
            request.log(NGX_LOG_INFO, format_args!("the body is of no kind that is taken here"));
            Err(NGX_HTTP_UNSUPPORTED_MEDIA_TYPE as Refusal)
        }
    }
}

/// The status for what is wrong with an upload, which goes to the error log too.
pub(crate) fn refusal(request: Request, error: &Error) -> Refusal {
    let (level, status) = match error {
        Error::Malformed(_) | Error::HeaderTooLong { .. } => (NGX_LOG_INFO, NGX_HTTP_BAD_REQUEST),
        Error::Missing(_) => (NGX_LOG_ERR, NGX_HTTP_NOT_FOUND),
        Error::WrongSize { .. } => (NGX_LOG_INFO, NGX_HTTP_CONFLICT),
        Error::Locked(_) => (NGX_LOG_INFO, LOCKED as u32),
        Error::TooLarge { .. } => (NGX_LOG_ERR, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE),
        Error::DiskFull(_) => (NGX_LOG_CRIT, NGX_HTTP_SERVICE_UNAVAILABLE),
        Error::Io(_) => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
    };
    request.log(level, format_args!("{error}"));
    status as Refusal
}
