//! Texts of the configuration with variables in them.

use std::mem::MaybeUninit;

use imgfilter_multipart::Hashes;
use ngx::ffi::{
    NGX_OK, ngx_conf_t, ngx_http_compile_complex_value, ngx_http_compile_complex_value_t,
    ngx_http_complex_value, ngx_http_complex_value_t, ngx_int_t, ngx_str_t,
};

use crate::request::{Request, bytes};

/// A text with variables, compiled. It lives as long as the configuration it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Template(ngx_http_complex_value_t);

impl Template {
    /// Compiles a text; None if nginx refuses it, of which it has then told the log.
    ///
    /// # Safety
    /// `cf` is the configuration nginx is reading, and `text` one of its directive's arguments.
    pub(crate) unsafe fn compile(cf: *mut ngx_conf_t, text: ngx_str_t) -> Option<Self> {
        let mut text = text;
        let mut compiled = MaybeUninit::<ngx_http_complex_value_t>::zeroed();
        // SAFETY: null pointers and zero bits are how nginx's own code begins this struct too.
        let mut request: ngx_http_compile_complex_value_t = unsafe { MaybeUninit::zeroed().assume_init() };
        request.cf = cf;
        request.value = &raw mut text;
        request.complex_value = compiled.as_mut_ptr();
        // SAFETY: all three pointers are good for the call, and the pool of `cf` keeps what the result points at.
        let compiled = unsafe {
            if ngx_http_compile_complex_value(&raw mut request) != NGX_OK as ngx_int_t {
                return None;
            }
            compiled.assume_init()
        };
        Some(Template(compiled))
    }

    /// The text for this request; None if nginx is out of memory.
    ///
    /// This runs the variables' handlers, our own among them: no reference into the request's slot may be held.
    pub(crate) fn evaluate(&self, request: Request) -> Option<Vec<u8>> {
        let mut text = ngx_str_t::default();
        // SAFETY: the request is alive, nginx reads the template only, and the text lives in the request's pool or in
        // the configuration until after it is copied.
        unsafe {
            let template = (&raw const self.0).cast_mut();
            if ngx_http_complex_value(request.as_ptr(), template, &raw mut text) != NGX_OK as ngx_int_t {
                return None;
            }
            Some(bytes(&text).to_vec())
        }
    }
}

/// Name and value of a field of the rewritten body, or of a header of the answer.
#[derive(Clone, Copy)]
pub(crate) struct FieldTemplate {
    pub(crate) name: Template,
    pub(crate) value: Template,
    /// What has to be computed of a file for its variables.
    pub(crate) hashes: Hashes,
}
