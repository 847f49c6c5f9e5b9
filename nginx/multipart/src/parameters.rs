//! Header values of the form `value; name=text; name="quoted text"` (RFC 2045 section 5.1, RFC 6266 section 4.1).

/// A name as it was written, and its text without quotes.
pub(crate) type Parameter<'a> = (&'a [u8], Vec<u8>);

/// The value before the first semicolon, without white space around it, and its parameters in order.
///
/// It is lenient where clients are: names keep their case, a bare text runs to the next semicolon, whatever it holds,
/// and a quoted text that never ends runs to the end of the header.
pub(crate) fn split(header: &[u8]) -> (&[u8], Vec<Parameter<'_>>) {
    let end = memchr::memchr(b';', header).unwrap_or(header.len());
    let value = header[..end].trim_ascii();
    let mut rest = &header[end..];
    let mut parameters = Vec::new();
    while let Some((parameter, after)) = next_parameter(rest) {
        parameters.extend(parameter);
        rest = after;
    }
    (value, parameters)
}

/// The first parameter with this name, in any case.
pub(crate) fn find<'a>(parameters: &'a [Parameter<'_>], name: &str) -> Option<&'a [u8]> {
    let found = parameters.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, value)| value.as_slice())
}

/// What stands between the semicolon `input` begins with and the next one: a parameter, or nothing of use.
fn next_parameter(input: &[u8]) -> Option<(Option<Parameter<'_>>, &[u8])> {
    let input = input.strip_prefix(b";")?;
    let end = input.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    let Some(text) = rest.strip_prefix(b"=") else {
        return Some((None, rest));
    };
    let text = text.trim_ascii_start();
    let (value, rest) = match text.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted),
        None => {
            let end = memchr::memchr(b';', text).unwrap_or(text.len());
            (text[..end].trim_ascii_end().to_vec(), &text[end..])
        }
    };
    // Anything between a closing quote and the next semicolon is not ours to understand.
    let rest = &rest[memchr::memchr(b';', rest).unwrap_or(rest.len())..];
    Some((Some((name.trim_ascii(), value)), rest))
}

/// The text up to the closing quote, and what follows the quote.
///
/// Only `\"` and `\\` are escapes: old Internet Explorers send `C:\photos\a.jpg` as it is. If no quote closes the text
/// but an escaped one, the backslash before that one was the end of such a path.
fn unquote(quoted: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::with_capacity(quoted.len());
    let mut last_escaped = None;
    let mut at = 0;
    while at < quoted.len() {
        match (quoted[at], quoted.get(at + 1)) {
            (b'"', _) => return (text, &quoted[at + 1..]),
            (b'\\', Some(&escaped @ (b'"' | b'\\'))) => {
                if escaped == b'"' {
                    last_escaped = Some((text.len(), at + 2));
                }
                text.push(escaped);
                at += 2;
            }
            (byte, _) => {
                text.push(byte);
                at += 1;
            }
        }
    }
    if let Some((length, after)) = last_escaped {
        text.truncate(length);
        text.push(b'\\');
        return (text, &quoted[after..]);
    }
    (text, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> (String, Vec<(String, String)>) {
        let (value, parameters) = split(header.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(value), parameters.iter().map(|(name, value)| (text(name), text(value))).collect())
    }

    #[track_caller]
    fn check(header: &str, value: &str, parameters: &[(&str, &str)]) {
        let parameters = parameters.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        assert_eq!(shown(header), (value.to_owned(), parameters), "{header}");
    }

    #[test]
    fn reads_bare_and_quoted_texts() {
        check("form-data", "form-data", &[]);
        check(" form-data ;name=a; filename = \"b c\" ", "form-data", &[("name", "a"), ("filename", "b c")]);
        check("x; a=b c.txt ; d=", "x", &[("a", "b c.txt"), ("d", "")]);
        check("x;;; flag; a=1;", "x", &[("a", "1")]);
        check("multipart/x; boundary=----=_Part:1/2", "multipart/x", &[("boundary", "----=_Part:1/2")]);
    }

    #[test]
    fn a_quoted_text_hides_semicolons_and_names() {
        check("f; name=\"x; filename=evil\"", "f", &[("name", "x; filename=evil")]);
        check(
            "f; filename=\"x; name=evil\"; name=\"good\"",
            "f",
            &[("filename", "x; name=evil"), ("name", "good")],
        );
        check(r#"f; name="x\"; filename=\"evil""#, "f", &[("name", r#"x"; filename="evil"#)]);
        check("f; name=\"a\"junk\"; filename=\"b\"", "f", &[("name", "a"), ("filename", "b")]);
    }

    #[test]
    fn backslashes_are_escapes_only_where_they_can_be() {
        check(r#"f; filename="a\"b.txt""#, "f", &[("filename", r#"a"b.txt"#)]);
        check(r#"f; filename="C:\dir\a.txt""#, "f", &[("filename", r"C:\dir\a.txt")]);
        check(r#"f; filename="C:\\dir\\a.txt""#, "f", &[("filename", r"C:\dir\a.txt")]);
        check(r#"f; filename="C:\dir\""#, "f", &[("filename", r"C:\dir\")]);
        check(r#"f; filename="C:\dir\"; name=a"#, "f", &[("filename", r"C:\dir\"), ("name", "a")]);
        check(r#"f; filename="open"#, "f", &[("filename", "open")]);
    }
}
