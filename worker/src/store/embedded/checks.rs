//! The checksums that a request may give of its body, beside the digest it was signed with: in its headers, or in a
//! trailer after the body.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Result, TrailingHeaders, s3_error};
use sha2::{Digest, Sha256};

const CONTENT_MD5: &str = "content-md5";
/// Names the headers that a trailer will have.
const TRAILER: &str = "x-amz-trailer";
const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";
/// The digest that a signature of version 4 is made with, or a word where it is made without one.
const SIGNED: &str = "x-amz-content-sha256";

/// Computes what a request gives, and nothing else.
#[derive(Default)]
pub struct Checks {
    hasher: ChecksumHasher,
    md5: Option<Md5>,
    /// What the headers say, by their names.
    given: Vec<(&'static str, String)>,
    trailers: Option<TrailingHeaders>,
    digest: Body,
}

/// The SHA-256 of a body, in hexadecimal when it is known.
enum Body {
    /// The request was signed with it, and the protocol computes it to compare.
    Signed(String),
    /// It is computed here.
    Hashed(Box<Sha256>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Hashed(Box::default())
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Checks").field("given", &self.given).finish_non_exhaustive()
    }
}

impl Checks {
    /// What a request gives or announces.
    pub fn of(uri: &Uri, headers: &HeaderMap, trailers: Option<TrailingHeaders>) -> Self {
        let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let announced = value(TRAILER).to_ascii_lowercase();
        let digest = signed_digest(uri, headers).map_or_else(Body::default, Body::Signed);
        let mut checks = Self { trailers, digest, ..Self::default() };
        for name in [CONTENT_MD5, CRC32, CRC32C, CRC64NVME, SHA1, SHA256] {
            let is_announced = announced.split(',').any(|each| each.trim() == name);
            if !value(name).is_empty() {
                checks.given.push((name, value(name).to_owned()));
            } else if !is_announced {
                continue;
            }
            match name {
                CONTENT_MD5 => checks.md5 = Some(Md5::new()),
                CRC32 => checks.hasher.crc32 = Some(Default::default()),
                CRC32C => checks.hasher.crc32c = Some(Default::default()),
                CRC64NVME => checks.hasher.crc64nvme = Some(Default::default()),
                SHA1 => checks.hasher.sha1 = Some(Default::default()),
                _ => checks.hasher.sha256 = Some(Default::default()),
            }
        }
        checks
    }

    /// Takes bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Body::Hashed(hasher) = &mut self.digest {
            hasher.update(bytes);
        }
    }

    /// Compares, when the whole body was taken. Gives its SHA-256 in hexadecimal.
    pub fn finish(self) -> S3Result<String> {
        let md5 = self.md5.map(|md5| STANDARD.encode(md5.finalize()));
        let found = self.hasher.finalize();
        let trailed = |name: &str| {
            let trailers = self.trailers.as_ref()?;
            trailers
                .read(|headers| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned))
                .flatten()
        };
        let given = |name: &str| {
            let header = self.given.iter().find(|(each, _)| *each == name).map(|(_, value)| value.clone());
            header.or_else(|| trailed(name))
        };
        let computed = [
            (CONTENT_MD5, md5),
            (CRC32, found.checksum_crc32),
            (CRC32C, found.checksum_crc32c),
            (CRC64NVME, found.checksum_crc64nvme),
            (SHA1, found.checksum_sha1),
            (SHA256, found.checksum_sha256),
        ];
        for (name, computed) in computed {
            if computed.is_some() && given(name) != computed {
                return Err(s3_error!(BadDigest, "the body has not the {name} that was given"));
            }
        }
        Ok(match self.digest {
            Body::Signed(digest) => digest,
            Body::Hashed(hasher) => hex::encode(hasher.finalize()),
        })
    }
}

/// The digest that a request of version 4 was signed with. What others say of it nobody compares.
fn signed_digest(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let presigned = uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
    let signed = value(AUTHORIZATION.as_str()).is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256"));
    let digest = value(SIGNED).filter(|_| presigned || signed)?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| digest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(headers: &[(&'static str, &'static str)], body: &[u8]) -> S3Result<String> {
        let map =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut checks = Checks::of(&Uri::from_static("/bucket/key"), &map, None);
        checks.update(body);
        checks.finish()
    }

    #[test]
    fn what_is_given_is_compared() {
        // Of "hello": openssl and crc32(1) say so.
        let right = [
            (CONTENT_MD5, "XUFAKrxLKna5cZ2REBfFkg=="),
            (CRC32, "NhCmhg=="),
            (SHA1, "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        ];
        for pair in right {
            assert!(verdict(&[pair], b"hello").is_ok(), "{pair:?}");
            assert!(verdict(&[pair], b"hullo").is_err(), "{pair:?}");
        }
        assert!(verdict(&right, b"hello").is_ok());
        assert!(verdict(&[], b"anything").is_ok());
        assert!(verdict(&[(TRAILER, CRC32)], b"hello").is_err(), "it was announced and did not come");
    }

    #[test]
    fn a_digest_is_believed_only_where_the_protocol_compares_it() {
        const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        const OTHER: &str = "0000000000000000000000000000000000000000000000000000000000000000";
        let signed = (AUTHORIZATION.as_str(), "AWS4-HMAC-SHA256 Credential=a");
        assert_eq!(verdict(&[(SIGNED, OTHER), signed], b"hello").unwrap(), OTHER);
        for headers in [
            vec![],
            vec![(SIGNED, OTHER)],
            vec![(SIGNED, OTHER), (AUTHORIZATION.as_str(), "AWS a:b")],
            vec![(SIGNED, "UNSIGNED-PAYLOAD"), signed],
            vec![(SIGNED, "zz"), signed],
        ] {
            assert_eq!(verdict(&headers, b"hello").unwrap(), HELLO, "{headers:?}");
        }
    }
}
