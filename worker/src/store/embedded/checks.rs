//! The checksums that a request may give of its body, beside the digest it was signed with: in its headers, or in a
//! trailer after the body.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Result, TrailingHeaders, s3_error};

const CONTENT_MD5: &str = "content-md5";
/// Names the headers that a trailer will have.
const TRAILER: &str = "x-amz-trailer";
const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

/// Computes what a request gives, and nothing else.
#[derive(Default)]
pub struct Checks {
    hasher: ChecksumHasher,
    md5: Option<Md5>,
    /// What the headers say, by their names.
    given: Vec<(&'static str, String)>,
    trailers: Option<TrailingHeaders>,
}

impl fmt::Debug for Checks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Checks").field("given", &self.given).finish_non_exhaustive()
    }
}

impl Checks {
    /// What these headers give or announce.
    pub fn of(headers: &HeaderMap, trailers: Option<TrailingHeaders>) -> Self {
        let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let announced = value(TRAILER).to_ascii_lowercase();
        let mut checks = Self { trailers, ..Self::default() };
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
    }

    /// Compares, when the whole body was taken.
    pub fn finish(self) -> S3Result<()> {
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(headers: &[(&'static str, &'static str)], body: &[u8]) -> S3Result<()> {
        let map =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut checks = Checks::of(&map, None);
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
}
