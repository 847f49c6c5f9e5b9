//! What of a request's headers is kept with an object, and comes back with it.

use http::HeaderMap;
use s3s::dto::{Metadata, Timestamp, TimestampFormat};

use super::record::Record;

pub const CACHE_CONTROL: &str = "cache-control";
pub const CONTENT_DISPOSITION: &str = "content-disposition";
pub const CONTENT_ENCODING: &str = "content-encoding";
pub const CONTENT_LANGUAGE: &str = "content-language";
pub const CONTENT_TYPE: &str = "content-type";
pub const EXPIRES: &str = "expires";
/// What a client's own headers begin with.
const OWN: &str = "x-amz-meta-";
/// How the protocol itself wraps a body; that is no encoding of the object.
const CHUNKED: &str = "aws-chunked";
/// What an object is that nobody gave a type.
const BYTES: &str = "binary/octet-stream";

/// What these headers say of an object.
pub fn record_of(headers: &HeaderMap) -> Record {
    let mut record = Record::default();
    for (name, value) in headers {
        let (name, Ok(value)) = (name.as_str(), value.to_str()) else { continue };
        match name {
            CONTENT_ENCODING => {
                let kept: Vec<_> = value.split(',').map(str::trim).filter(|each| *each != CHUNKED).collect();
                if !kept.concat().is_empty() {
                    record.headers.insert(name.to_owned(), kept.join(","));
                }
            }
            CACHE_CONTROL | CONTENT_DISPOSITION | CONTENT_LANGUAGE | CONTENT_TYPE | EXPIRES
                if !value.is_empty() =>
            {
                record.headers.insert(name.to_owned(), value.to_owned());
            }
            _ => {
                if let Some(own) = name.strip_prefix(OWN) {
                    record.metadata.insert(own.to_owned(), value.to_owned());
                }
            }
        }
    }
    record.headers.entry(CONTENT_TYPE.to_owned()).or_insert_with(|| BYTES.to_owned());
    record
}

impl Record {
    /// A header that is kept.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).cloned()
    }

    /// When a client said that it expires.
    pub fn expires(&self) -> Option<Timestamp> {
        Timestamp::parse(TimestampFormat::HttpDate, self.headers.get(EXPIRES)?).ok()
    }

    /// The client's own, as the protocol's type.
    pub fn own(&self) -> Option<Metadata> {
        (!self.metadata.is_empty()).then(|| self.metadata.clone().into_iter().collect())
    }
}
