//! The C functions that LuaJIT calls, and the only `unsafe` code of the crate.
//!
//! ```c
//! typedef struct { char *data; size_t length; } imgfilter_text;
//! void imgfilter_call(const char *name, size_t name_length,
//!                     const char *input, size_t input_length, imgfilter_text *answer);
//! void imgfilter_free(imgfilter_text *text);
//! ```

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::calls;

/// A text handed to C, not terminated by NUL. Owned by the caller until it is given to [`imgfilter_free`].
#[repr(C)]
#[derive(Debug)]
pub struct Text {
    data: *mut c_char,
    length: usize,
}

/// Answers one call: `name` is one of [`calls::answer`]'s, `input` its JSON. Never unwinds into C.
///
/// # Safety
/// `name` and `input` must point to as many readable bytes as their lengths say, and `answer` to a writable
/// [`Text`] whose former content needs no freeing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imgfilter_call(
    name: *const c_char,
    name_length: usize,
    input: *const c_char,
    input_length: usize,
    answer: *mut Text,
) {
    // SAFETY: the caller promises both ranges; they are only read, and not kept past this call.
    let (name, input) = unsafe { (borrow(name, name_length), borrow(input, input_length)) };
    let text = catch_unwind(AssertUnwindSafe(|| calls::answer(name, input)))
        .unwrap_or_else(|_| calls::fault("the call panicked"));
    // SAFETY: the caller promises that `answer` may be written and holds nothing to free.
    unsafe { answer.write(lend(text)) };
}

/// Frees the text of an [`imgfilter_call`], and empties `text`, so that freeing it again is harmless.
///
/// # Safety
/// `text` must point to a [`Text`] that [`imgfilter_call`] has written, or that has been freed here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imgfilter_free(text: *mut Text) {
    // SAFETY: the caller promises a valid `Text`; the empty one left behind owns nothing.
    let text = unsafe { text.replace(Text { data: std::ptr::null_mut(), length: 0 }) };
    if !text.data.is_null() {
        let bytes = std::ptr::slice_from_raw_parts_mut(text.data.cast::<u8>(), text.length);
        // SAFETY: `lend` made pointer and length of a boxed slice, and the pointer is forgotten with this call.
        drop(unsafe { Box::from_raw(bytes) });
    }
}

/// # Safety
/// `data` must point to `length` readable bytes that stay unchanged for `'a`; it may be null if `length` is 0.
unsafe fn borrow<'a>(data: *const c_char, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller promises `length` readable bytes; bytes have no alignment.
    unsafe { std::slice::from_raw_parts(data.cast(), length) }
}

fn lend(text: String) -> Text {
    let bytes = Box::leak(text.into_bytes().into_boxed_slice());
    Text { data: bytes.as_mut_ptr().cast(), length: bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, input: &str) -> String {
        let mut text = Text { data: std::ptr::null_mut(), length: 0 };
        // SAFETY: both texts and the answer live through the calls, and the answer is read before it is freed.
        unsafe {
            imgfilter_call(
                name.as_ptr().cast(),
                name.len(),
                input.as_ptr().cast(),
                input.len(),
                &raw mut text,
            );
            let answer = String::from_utf8(borrow(text.data, text.length).to_vec()).unwrap();
            imgfilter_free(&raw mut text);
            imgfilter_free(&raw mut text);
            answer
        }
    }

    #[test]
    fn texts_cross_the_border_both_ways() {
        let version = format!(r#"{{"ok":{{"version":"{}"}}}}"#, env!("CARGO_PKG_VERSION"));
        assert_eq!(call("version", "{}"), version);
        assert!(call("no such call", "").starts_with(r#"{"fault":"#));
    }
}
