//! The header of one part.

use crate::file_name::text;
use crate::{Disposition, Error};

/// What a part's header says about it; every other line is of no use to a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartHeader {
    pub(crate) disposition: Disposition,
    /// As the client wrote it, parameters included; empty if it wrote none.
    pub(crate) content_type: String,
}

impl PartHeader {
    /// Reads unfolded header lines.
    ///
    /// A part without Content-Disposition is nameless; one with two is refused, for two readers of it could disagree.
    pub(crate) fn read(lines: &[Vec<u8>]) -> Result<Self, Error> {
        let mut disposition = None;
        let mut content_type = None;
        for line in lines {
            let colon = memchr::memchr(b':', line)
                .ok_or(Error::Malformed("a part has a header line without a colon"))?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                return Err(Error::Malformed("a part has a header line with a broken name"));
            }
            let seen_before = if name.eq_ignore_ascii_case(b"content-disposition") {
                disposition.replace(Disposition::parse(value)).is_some()
            } else if name.eq_ignore_ascii_case(b"content-type") {
                content_type.replace(text(value)).is_some()
            } else {
                false
            };
            if seen_before {
                return Err(Error::Malformed("a part has a header twice"));
            }
        }
        Ok(PartHeader {
            disposition: disposition.unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<PartHeader, Error> {
        PartHeader::read(&lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn takes_what_it_needs() {
        let header = read(&[
            "X-Other: 1",
            "content-DISPOSITION:form-data; name=a; filename=b",
            "Content-Type: a/b; c=d ",
        ])
        .unwrap();
        assert_eq!(header.disposition, Disposition { name: "a".into(), filename: Some("b".into()) });
        assert_eq!(header.content_type, "a/b; c=d");
        assert_eq!(read(&[]).unwrap(), PartHeader::default());
    }

    #[test]
    fn refuses_what_two_readers_could_read_differently() {
        for lines in [
            &["Content-Disposition: form-data; name=a", "Content-Disposition: form-data; name=b"][..],
            &["Content-Type: a/b", "content-type: c/d"],
            &["Content Disposition: form-data"],
            &["Content-Disposition : form-data"],
            &["no colon"],
            &[": empty"],
        ] {
            assert!(matches!(read(lines), Err(Error::Malformed(_))), "{lines:?}");
        }
    }
}
