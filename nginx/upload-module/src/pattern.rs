//! Regular expressions of the configuration, run by nginx's own PCRE.

use std::ptr::{NonNull, null_mut};

use ngx::ffi::{
    ngx_conf_t, ngx_int_t, ngx_regex_compile, ngx_regex_compile_t, ngx_regex_exec, ngx_regex_t, ngx_str_t,
};

use crate::request::bytes;

/// Room for PCRE's complaint about a pattern, in bytes.
const COMPLAINT: usize = 1024;

/// A compiled regular expression. It lives as long as the configuration it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern(NonNull<ngx_regex_t>);

impl Pattern {
    /// Compiles a pattern, or says what is wrong with it.
    ///
    /// # Safety
    /// `cf` is the configuration nginx is reading, and `text` one of its directive's arguments.
    pub(crate) unsafe fn compile(cf: *mut ngx_conf_t, text: ngx_str_t) -> Result<Self, String> {
        let mut complaint = [0_u8; COMPLAINT];
        let mut request = ngx_regex_compile_t {
            pattern: text,
            // SAFETY: nginx reads a configuration into a pool.
            pool: unsafe { (*cf).pool },
            options: 0,
            regex: null_mut(),
            captures: 0,
            named_captures: 0,
            name_size: 0,
            names: null_mut(),
            err: ngx_str_t { len: complaint.len(), data: complaint.as_mut_ptr() },
        };
        // SAFETY: every pointer is good for the call; the result lives in the pool. nginx sets `err` to the part of the
        // buffer it has written, and leaves it alone only if it succeeds.
        unsafe {
            match ngx_regex_compile(&raw mut request) {
                0 => NonNull::new(request.regex).map(Pattern).ok_or_else(|| "out of memory".to_owned()),
                _ => Err(String::from_utf8_lossy(bytes(&request.err)).into_owned()),
            }
        }
    }

    /// Whether the pattern is found in `text`. An error of PCRE's, such as running into its limits, is no match.
    pub(crate) fn matches(self, text: &[u8]) -> bool {
        let mut text = ngx_str_t { len: text.len(), data: text.as_ptr().cast_mut() };
        // SAFETY: nginx only reads the text, and without captures it writes nothing.
        let found: ngx_int_t = unsafe { ngx_regex_exec(self.0.as_ptr(), &raw mut text, null_mut(), 0) };
        found >= 0
    }
}
