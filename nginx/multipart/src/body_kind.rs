//! What a request's Content-Type says about its body.

use crate::Error;
use crate::parameters::{find, split};

/// The longest boundary that is accepted, in bytes. RFC 2046 allows 70; some clients pass it.
const MAX_BOUNDARY: usize = 200;

/// How a body is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyKind {
    /// `multipart/form-data`, with its boundary.
    Form {
        /// Printable ASCII, 1 to 200 bytes.
        boundary: Vec<u8>,
    },
    /// Another multipart type, which is neither a form nor a file.
    OtherMultipart,
    /// Anything else, also nothing: the body is one file.
    Bare,
}

impl BodyKind {
    /// Reads a Content-Type header; empty for a request without one.
    ///
    /// # Errors
    /// [`Error::Malformed`] for `multipart/form-data` whose boundary is missing or unusable.
    pub fn of(content_type: &[u8]) -> Result<Self, Error> {
        let (media_type, parameters) = split(content_type);
        if !media_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/")) {
            return Ok(BodyKind::Bare);
        }
        if !media_type.eq_ignore_ascii_case(b"multipart/form-data") {
            return Ok(BodyKind::OtherMultipart);
        }
        let boundary =
            find(&parameters, "boundary").ok_or(Error::Malformed("Content-Type names no boundary"))?;
        let printable = boundary.iter().all(|byte| matches!(byte, 0x20..0x7f));
        if !printable || boundary.is_empty() || boundary.len() > MAX_BOUNDARY || boundary.ends_with(b" ") {
            return Err(Error::Malformed("Content-Type has an unusable boundary"));
        }
        Ok(BodyKind::Form { boundary: boundary.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(content_type: &str) -> Option<String> {
        match BodyKind::of(content_type.as_bytes()) {
            Ok(BodyKind::Form { boundary }) => Some(String::from_utf8(boundary).unwrap()),
            Ok(other) => panic!("{content_type}: {other:?}"),
            Err(_) => None,
        }
    }

    #[test]
    fn boundaries_as_clients_write_them() {
        for (header, wanted) in [
            ("multipart/form-data; boundary=BB", "BB"),
            ("Multipart/Form-Data; Boundary=BB", "BB"),
            ("multipart/form-data; charset=utf-8; boundary=\"B B\"", "B B"),
            ("multipart/form-data; boundary=----=_Part:1/2?;", "----=_Part:1/2?"),
            ("multipart/form-data;boundary=\"=_:/?\"; a=b", "=_:/?"),
        ] {
            assert_eq!(boundary(header).as_deref(), Some(wanted), "{header}");
        }
    }

    #[test]
    fn unusable_boundaries_are_refused() {
        let long = format!("multipart/form-data; boundary={}", "x".repeat(201));
        for header in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"a \"",
            &long,
        ] {
            assert_eq!(boundary(header), None, "{header}");
        }
        assert!(BodyKind::of(b"multipart/form-data; boundary=a\xff").is_err());
    }

    #[test]
    fn what_is_no_form() {
        assert_eq!(BodyKind::of(b"").unwrap(), BodyKind::Bare);
        assert_eq!(BodyKind::of(b"image/jpeg").unwrap(), BodyKind::Bare);
        assert_eq!(BodyKind::of(b"multipart").unwrap(), BodyKind::Bare);
        assert_eq!(BodyKind::of(b"multipart/mixed; boundary=a").unwrap(), BodyKind::OtherMultipart);
        assert_eq!(BodyKind::of(b"multipart/form-data-x; boundary=a").unwrap(), BodyKind::OtherMultipart);
    }
}
