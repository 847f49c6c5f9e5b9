//! One request of nginx, as the rest of the module sees it.

use std::fmt;
use std::ptr::NonNull;
use std::slice;

use ngx::ffi::{
    NGX_LOG_ERR, ngx_connection_t, ngx_del_timer, ngx_hash_key, ngx_http_block_reading, ngx_http_request_t,
    ngx_list_push, ngx_log_t, ngx_pnalloc, ngx_str_t, ngx_table_elt_t, ngx_uint_t,
};
use ngx::http::{HttpModuleLocationConf, list_iterator};
use ngx::ngx_log_error;

use crate::conf::LocationConf;
use crate::module::UploadModule;

/// A request that is alive.
///
/// Whoever makes one promises that nginx has not freed the request and will not while the value is used; all use is on
/// the worker's one thread. Functions that may end the request take it by value and say so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request(NonNull<ngx_http_request_t>);

/// nginx could not allocate memory.
#[derive(Debug)]
pub(crate) struct OutOfMemory;

impl Request {
    /// # Safety
    /// `r` is a request nginx has just called us with, and the value is not used once it may have been freed.
    pub(crate) unsafe fn new(r: *mut ngx_http_request_t) -> Self {
        // SAFETY: nginx calls with requests, never with null.
        Request(unsafe { NonNull::new_unchecked(r) })
    }

    pub(crate) fn as_ptr(self) -> *mut ngx_http_request_t {
        self.0.as_ptr()
    }

    /// The request a client made, where this is a subrequest of it.
    pub(crate) fn main(self) -> Request {
        // SAFETY: the request is alive, so its main request is.
        unsafe { Request::new((*self.as_ptr()).main) }
    }

    pub(crate) fn is_main(self) -> bool {
        self.main().as_ptr() == self.as_ptr()
    }

    /// The method, as one of nginx's NGX_HTTP_ bits.
    pub(crate) fn method(self) -> ngx_uint_t {
        // SAFETY: the request is alive.
        unsafe { (*self.as_ptr()).method }
    }

    /// The status of the answer; 0 while there is none.
    pub(crate) fn status(self) -> ngx_uint_t {
        // SAFETY: the request is alive.
        unsafe { (*self.as_ptr()).headers_out.status }
    }

    /// The configuration of the location the request is in.
    pub(crate) fn conf(self) -> Option<&'static LocationConf> {
        // SAFETY: the request is alive; a configuration outlives all requests made under it.
        UploadModule::location_conf(unsafe { &*self.as_ptr() })
    }

    /// The value of Content-Type; empty if there is none.
    pub(crate) fn content_type(&self) -> &[u8] {
        // SAFETY: the request is alive, and its headers live as long.
        unsafe {
            let header = (*self.as_ptr()).headers_in.content_type;
            if header.is_null() { &[] } else { bytes(&(*header).value) }
        }
    }

    /// The value of the first header with this name, in any case; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &[u8] {
        // SAFETY: the request is alive, and its headers live as long.
        let headers = unsafe { list_iterator(&(*self.as_ptr()).headers_in.headers) };
        let mut named = headers.filter(|(key, _)| key.as_bytes().eq_ignore_ascii_case(name.as_bytes()));
        named.next().map(|(_, value)| value.as_bytes()).unwrap_or_default()
    }

    /// A copy that lives as long as the request.
    pub(crate) fn copy(self, text: &[u8]) -> Result<ngx_str_t, OutOfMemory> {
        if text.is_empty() {
            return Ok(ngx_str_t::default());
        }
        // SAFETY: the request is alive, so its pool is; the copy goes to memory the pool has just given.
        unsafe {
            let data: *mut u8 = ngx_pnalloc((*self.as_ptr()).pool, text.len()).cast();
            if data.is_null() {
                return Err(OutOfMemory);
            }
            data.copy_from_nonoverlapping(text.as_ptr(), text.len());
            Ok(ngx_str_t { len: text.len(), data })
        }
    }

    /// Whether the answer has this header with this value.
    pub(crate) fn answer_has(self, name: &[u8], value: &[u8]) -> bool {
        // SAFETY: the request is alive, and its headers live as long.
        let mut headers = unsafe { list_iterator(&(*self.as_ptr()).headers_out.headers) };
        headers.any(|(key, given)| key.as_bytes().eq_ignore_ascii_case(name) && given.as_bytes() == value)
    }

    /// Adds a header to the answer.
    pub(crate) fn add_to_answer(self, name: &[u8], value: &[u8]) -> Result<(), OutOfMemory> {
        let (name, value) = (self.copy(name)?, self.copy(value)?);
        // SAFETY: the request is alive, and the list has made room for the element that is written.
        unsafe {
            let headers = &raw mut (*self.as_ptr()).headers_out.headers;
            let header = NonNull::new(ngx_list_push(headers).cast::<ngx_table_elt_t>()).ok_or(OutOfMemory)?;
            header.write_bytes(0, 1);
            // Not zero, which would be a header that was taken back.
            (*header.as_ptr()).hash = 1;
            (*header.as_ptr()).key = name;
            (*header.as_ptr()).value = value;
        }
        Ok(())
    }

    /// Adds a header to those the client sent. `name` in lower case is `lower`.
    pub(crate) fn push_header(
        self,
        name: &'static str,
        lower: &'static str,
        value: ngx_str_t,
    ) -> Result<NonNull<ngx_table_elt_t>, OutOfMemory> {
        // SAFETY: the request is alive; nginx only reads the names, which are static, and the list has made room for
        // the element that is written.
        unsafe {
            let headers = &raw mut (*self.as_ptr()).headers_in.headers;
            let header = NonNull::new(ngx_list_push(headers).cast::<ngx_table_elt_t>()).ok_or(OutOfMemory)?;
            header.write_bytes(0, 1);
            let element = header.as_ptr();
            (*element).hash = ngx_hash_key(lower.as_ptr().cast_mut(), lower.len());
            (*element).key = ngx_str_t { len: name.len(), data: name.as_ptr().cast_mut() };
            (*element).lowcase_key = lower.as_ptr().cast_mut();
            (*element).value = value;
            Ok(header)
        }
    }

    /// Bytes the body has, where the client has said so.
    pub(crate) fn content_length(self) -> Option<u64> {
        // SAFETY: the request is alive. The length is negative where there is none.
        u64::try_from(unsafe { (*self.as_ptr()).headers_in.content_length_n }).ok()
    }

    /// Whether nothing more will come: a stream of HTTP/2 was reset, or its connection is gone.
    pub(crate) fn has_failed(self) -> bool {
        // SAFETY: the request is alive, and so is its connection.
        unsafe { (*self.connection()).error() != 0 }
    }

    /// Whether more of the body is to come.
    pub(crate) fn is_reading_body(self) -> bool {
        // SAFETY: the request is alive.
        unsafe { (*self.as_ptr()).reading_body() != 0 }
    }

    /// Leaves what the client sends where it is, for now. Where nginx is told of what can be read for as long as it can
    /// be, it must not be told now.
    pub(crate) fn read_no_more_now(self) {
        // SAFETY: the request is alive.
        unsafe { ngx_http_block_reading(self.as_ptr()) };
        self.spare_client();
    }

    /// A client is not slow while it is us who do not read.
    pub(crate) fn spare_client(self) {
        // SAFETY: the request is alive, and so is its connection's event.
        unsafe {
            let event = (*self.connection()).read;
            if (*event).timer_set() != 0 {
                ngx_del_timer(event);
            }
        }
    }

    /// Where messages about this request go.
    pub(crate) fn log_target(self) -> *mut ngx_log_t {
        // SAFETY: a living request has a connection, and that a log.
        unsafe { (*self.connection()).log }
    }

    /// What the request came by; with HTTP/2 nginx makes one up for each request.
    pub(crate) fn connection(self) -> *mut ngx_connection_t {
        // SAFETY: the request is alive.
        unsafe { (*self.as_ptr()).connection }
    }

    /// Writes a line to the error log; `level` is one of NGX_LOG_.
    pub(crate) fn log(self, level: u32, message: fmt::Arguments<'_>) {
        ngx_log_error!(level, self.log_target(), "upload: {message}");
    }

    /// Says in the error log that something cannot be done for want of memory.
    pub(crate) fn log_out_of_memory(self) {
        self.log(NGX_LOG_ERR, format_args!("out of memory"));
    }
}

/// The bytes of a string of nginx, which may be null and empty.
///
/// # Safety
/// The string's data must live as long as the string.
pub(crate) unsafe fn bytes(text: &ngx_str_t) -> &[u8] {
    if text.len == 0 {
        return &[];
    }
    // SAFETY: nginx keeps `len` bytes at `data`, and the caller says for how long.
    unsafe { slice::from_raw_parts(text.data, text.len) }
}
