//! Content-Disposition (RFC 6266, and RFC 7578 for the parts of a form).

use crate::file_name::{base_name, extended, form_text};
use crate::parameters::{find, split};

/// Who a part says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disposition {
    /// The field's name; empty where none is given.
    pub name: String,
    /// The file's name without any path, present if the part calls itself a file. It may be empty: `filename="dir/"`.
    pub filename: Option<String>,
}

impl Disposition {
    /// Reads the header's value. Types other than `form-data` and `attachment` name nothing.
    ///
    /// `filename*` goes before `filename`, and is ignored where it is broken. An empty `filename` is what browsers
    /// send for a file input without a file: that part is a plain field.
    pub fn parse(header: &[u8]) -> Self {
        let (kind, parameters) = split(header);
        if !kind.eq_ignore_ascii_case(b"form-data") && !kind.eq_ignore_ascii_case(b"attachment") {
            return Disposition::default();
        }
        let plain = find(&parameters, "filename").map(form_text);
        let filename = find(&parameters, "filename*").and_then(extended).or(plain);
        Disposition {
            name: find(&parameters, "name").map(form_text).unwrap_or_default(),
            filename: filename.filter(|name| !name.is_empty()).map(|name| base_name(&name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &[u8], name: &str, filename: Option<&str>) {
        let wanted = Disposition { name: name.to_owned(), filename: filename.map(str::to_owned) };
        assert_eq!(Disposition::parse(header), wanted, "{}", header.escape_ascii());
    }

    #[test]
    fn fields_and_files() {
        check(b"form-data; name=\"f\"", "f", None);
        check(b"FORM-DATA; NAME=\"f\"; FILENAME=\"a\"", "f", Some("a"));
        check(b"form-data; filename=\"a.txt\"; name=\"f\"", "f", Some("a.txt"));
        check(b"form-data; name=f; filename=a b.txt", "f", Some("a b.txt"));
        check(b"form-data; filename=\"a\"", "", Some("a"));
        check(b"attachment; filename=\"a\"", "", Some("a"));
        check(b"inline; name=f; filename=a", "", None);
        check(b"", "", None);
    }

    #[test]
    fn an_empty_file_name_is_no_file() {
        check(b"form-data; name=\"f\"; filename=\"\"", "f", None);
        check(b"form-data; name=\"f\"; filename=", "f", None);
        check(b"form-data; name=\"f\"; filename=\"dir/\"", "f", Some(""));
    }

    #[test]
    fn extended_names_win_where_they_are_right() {
        check(
            b"form-data; name=\"f\"; filename=\"a\"; filename*=UTF-8''%e2%82%ac.txt",
            "f",
            Some("\u{20ac}.txt"),
        );
        check(
            b"form-data; name=\"f\"; filename*=UTF-8''%e2%82%ac.txt; filename=\"a\"",
            "f",
            Some("\u{20ac}.txt"),
        );
        check(b"form-data; name=\"f\"; filename*=UTF-8''%2e%2e%2fx%0a", "f", Some("x_"));
        check(b"form-data; name=\"f\"; filename*=UTF-8''%e2; filename=\"a\"", "f", Some("a"));
        check(b"form-data; name=\"f\"; filename*=UTF-8''%e2", "f", None);
    }

    #[test]
    fn names_cannot_smuggle_parameters() {
        check(b"form-data; name=\"x; filename=evil\"", "x; filename=evil", None);
        check(b"form-data; name=\"x%22; filename=%22evil\"", "x\"; filename=\"evil", None);
        check(b"form-data; xname=\"f\"; myfilename=\"a\"", "", None);
    }
}
