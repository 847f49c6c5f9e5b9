//! Names that strangers gave to parts and files, made fit to be shown.

use std::borrow::Cow;

/// Text in UTF-8, or in Latin-1 where it is not UTF-8; what old clients send in a header is one of the two.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin1(bytes),
    }
}

/// ISO 8859-1 is the first 256 code points of Unicode.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// A text in a form's header: browsers write a quote in it as `%22`, and nothing else for certain (RFC 7578, 4.2).
pub(crate) fn form_text(bytes: &[u8]) -> String {
    text(bytes).replace("%22", "\"")
}

/// The last component of a path of any system, with control characters replaced, which have no business in a name.
pub(crate) fn base_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.chars().map(|c| if c.is_control() { '_' } else { c }).collect()
}

/// An extended parameter value: charset, language and percent-encoded text between apostrophes (RFC 8187, 3.2).
///
/// None where it is not one, holds a broken escape, or names a charset other than UTF-8 and ISO-8859-1.
pub(crate) fn extended(value: &[u8]) -> Option<String> {
    let mut pieces = value.splitn(3, |&byte| byte == b'\'');
    let charset = pieces.next()?;
    let _language = pieces.next()?;
    let bytes = percent_decode(pieces.next()?)?;
    if charset.eq_ignore_ascii_case(b"utf-8") {
        String::from_utf8(bytes.into_owned()).ok()
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        Some(latin1(&bytes))
    } else {
        None
    }
}

fn percent_decode(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        bytes.push((digit(0)? * 16 + digit(1)?) as u8);
        rest = after;
    }
    Some(Cow::Owned(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_folders_and_control_characters() {
        for (path, name) in [
            ("a.txt", "a.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\dir\\a.txt", "a.txt"),
            ("C:\\dir\\", ""),
            ("a/b\\c/d é.jpg", "d é.jpg"),
            ("a\r\nb\0\u{7f}\u{85}", "a__b___"),
        ] {
            assert_eq!(base_name(path), name, "{path:?}");
        }
    }

    #[test]
    fn extended_values() {
        assert_eq!(extended(b"UTF-8''%e2%82%ac.txt").as_deref(), Some("\u{20ac}.txt"));
        assert_eq!(extended(b"utf-8'en'a'b").as_deref(), Some("a'b"));
        assert_eq!(extended(b"iso-8859-1''%e9").as_deref(), Some("é"));
        for broken in [
            &b"UTF-8''%e2%82"[..],
            b"UTF-8''%e",
            b"UTF-8''%zz",
            b"UTF-8''%+1",
            b"koi8-r''a",
            b"plain",
            b"UTF-8'a",
        ] {
            assert_eq!(extended(broken), None, "{}", broken.escape_ascii());
        }
    }

    #[test]
    fn texts_of_forms() {
        assert_eq!(form_text("é%22%0a%41".as_bytes()), "é\"%0a%41");
        assert_eq!(form_text(b"\xe9.txt"), "é.txt");
    }
}
