//! What nginx's error log is told of a request where its URL opens something: the method and the first word of the path,
//! and neither query nor Referer. nginx itself adds the whole line of the request to whatever it logs about it.

use std::slice;

use ngx::core::Status;
use ngx::ffi::{
    ngx_array_push, ngx_conf_t, ngx_http_handler_pt, ngx_http_phases_NGX_HTTP_POST_READ_PHASE,
    ngx_http_request_t, ngx_int_t, u_char,
};
use ngx::http::{HttpModuleMainConf, NgxHttpCoreModule};

use crate::panics::caught;
use crate::request::{Request, bytes};

/// Longest first word of a path that is told; what is longer may be a secret at the wrong place.
const LONGEST_WORD: usize = 16;

/// Has every request looked at as soon as its headers are read.
pub(crate) unsafe fn install(cf: *mut ngx_conf_t) -> bool {
    // SAFETY: nginx gives the configuration it is reading; the array is its own, for handlers of this phase.
    unsafe {
        let Some(core) = NgxHttpCoreModule::main_conf_mut(&*cf) else { return false };
        let phase = &mut core.phases[ngx_http_phases_NGX_HTTP_POST_READ_PHASE as usize];
        let place: *mut ngx_http_handler_pt = ngx_array_push(&mut phase.handlers).cast();
        if place.is_null() {
            return false;
        }
        place.write(Some(mask));
    }
    true
}

/// From here on the log is told of the request by us, where its server wants that.
unsafe extern "C" fn mask(r: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: nginx calls with a living request.
    let request = unsafe { Request::new(r) };
    if request.conf().is_some_and(|conf| conf.log_mask == 1) {
        // SAFETY: as above.
        unsafe { (*r).log_handler = Some(tell) };
    }
    Status::NGX_DECLINED.into()
}

/// Adds what may be told to a line of the log; `buf` has room for `len` bytes. Returns where it ends.
unsafe extern "C" fn tell(
    r: *mut ngx_http_request_t,
    _: *mut ngx_http_request_t,
    buf: *mut u_char,
    len: usize,
) -> *mut u_char {
    if r.is_null() || buf.is_null() {
        return buf;
    }
    // SAFETY: nginx calls with a living request, whose strings are its own, and with a buffer of so many bytes.
    let (method, uri, room) =
        unsafe { (bytes(&(*r).method_name), bytes(&(*r).unparsed_uri), slice::from_raw_parts_mut(buf, len)) };
    let written = caught(0, || write(room, &[b", request: \"", method, b" ", told_of(uri), b"\""]));
    // SAFETY: no more was written than there is room for.
    unsafe { buf.add(written) }
}

/// What is told of a URL: its first word as far as it is one of ours by its looks, and a dash for all else.
fn told_of(uri: &[u8]) -> &[u8] {
    let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
    let Some(word) = path.strip_prefix(b"/") else { return b"/-" };
    let end = word.iter().position(|byte| *byte == b'/').unwrap_or(word.len());
    let plain = word[..end].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'.');
    if plain && end <= LONGEST_WORD { &path[..=end] } else { b"/-" }
}

/// Writes as much as there is room for; how much that was.
fn write(mut room: &mut [u8], parts: &[&[u8]]) -> usize {
    let whole = room.len();
    for part in parts {
        let count = part.len().min(room.len());
        let (here, rest) = room.split_at_mut(count);
        here.copy_from_slice(&part[..count]);
        room = rest;
    }
    whole - room.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_word_is_told() {
        for (uri, told) in [
            ("/d/AQGSecret/photo.jpg", "/d"),
            ("/tasks/0199?wait=3", "/tasks"),
            ("/images?webhook=secret", "/images"),
            ("/", "/"),
            ("//d/AQGSecret/a.jpg", "/"),
            ("/%64/AQGSecret/a.jpg", "/-"),
            ("/AQGSecretAQGSecret", "/-"),
            ("/aaaaaaaaaaaaaaaaa", "/-"),
            ("http://host/d/AQGSecret", "/-"),
            ("*", "/-"),
            ("", "/-"),
        ] {
            assert_eq!(told_of(uri.as_bytes()), told.as_bytes(), "{uri}");
        }
    }

    #[test]
    fn a_line_that_is_full_is_cut() {
        let mut room = [0; 5];
        assert_eq!(write(&mut room, &[b"abc", b"defg"]), 5);
        assert_eq!(&room, b"abcde");
        assert_eq!(write(&mut room, &[b"x"]), 1);
    }
}
