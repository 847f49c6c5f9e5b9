//! Digests of a file, computed while it arrives.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Which digests are wanted beside SHA-256, which every file has. Each costs time for each byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hashes {
    /// MD5 (RFC 1321). Files that are equal by it may differ: it is for those who have it in their records.
    pub md5: bool,
    /// SHA-1. Files that are equal by it may differ too.
    pub sha1: bool,
    /// SHA-512.
    pub sha512: bool,
    /// CRC-32 as in zip and PNG, which tells accidents only.
    pub crc32: bool,
}

impl Hashes {
    /// What is wanted by either.
    pub fn union(self, other: Hashes) -> Hashes {
        Hashes {
            md5: self.md5 || other.md5,
            sha1: self.sha1 || other.sha1,
            sha512: self.sha512 || other.sha512,
            crc32: self.crc32 || other.crc32,
        }
    }
}

/// The digests beside SHA-256 of a whole file, in lower-case hexadecimal digits. One that was not wanted is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    /// Of 32 digits.
    pub md5: String,
    /// Of 40 digits.
    pub sha1: String,
    /// Of 128 digits.
    pub sha512: String,
    /// Of 8 digits.
    pub crc32: String,
}

/// Computes the digests of one file.
#[derive(Debug)]
pub(crate) struct Hasher {
    sha256: Sha256,
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha512: Option<Sha512>,
    crc32: Option<crc32fast::Hasher>,
}

impl Hasher {
    pub(crate) fn new(wanted: Hashes) -> Self {
        Hasher {
            sha256: Sha256::new(),
            md5: wanted.md5.then(Md5::new),
            sha1: wanted.sha1.then(Sha1::new),
            sha512: wanted.sha512.then(Sha512::new),
            crc32: wanted.crc32.then(crc32fast::Hasher::new),
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        self.sha256.update(data);
        update(&mut self.md5, data);
        update(&mut self.sha1, data);
        update(&mut self.sha512, data);
        if let Some(crc32) = &mut self.crc32 {
            crc32.update(data);
        }
    }

    /// SHA-256, and the others. The hasher begins anew.
    pub(crate) fn finish(&mut self) -> (String, Digests) {
        let others = Digests {
            md5: finish(self.md5.take()),
            sha1: finish(self.sha1.take()),
            sha512: finish(self.sha512.take()),
            crc32: self.crc32.take().map(|crc32| format!("{:08x}", crc32.finalize())).unwrap_or_default(),
        };
        (hex::encode(self.sha256.finalize_reset()), others)
    }
}

fn update<D: Digest>(digest: &mut Option<D>, data: &[u8]) {
    if let Some(digest) = digest {
        digest.update(data);
    }
}

fn finish<D: Digest>(digest: Option<D>) -> String {
    digest.map(|digest| hex::encode(digest.finalize())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Hashes = Hashes { md5: true, sha1: true, sha512: true, crc32: true };

    #[test]
    fn digests_are_those_of_the_standards() {
        let mut hasher = Hasher::new(ALL);
        for piece in [&b"a"[..], b"", b"bc"] {
            hasher.update(piece);
        }
        let (sha256, others) = hasher.finish();
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(others.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(others.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            others.sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
        assert_eq!(others.crc32, "352441c2");
    }

    #[test]
    fn a_checksum_keeps_its_zeros() {
        let mut hasher = Hasher::new(Hashes { crc32: true, ..Hashes::default() });
        assert_eq!(hasher.finish().1.crc32, "00000000");
    }

    #[test]
    fn what_is_not_wanted_is_not_computed() {
        let mut hasher = Hasher::new(Hashes { md5: true, ..Hashes::default() });
        hasher.update(b"abc");
        let (_, others) = hasher.finish();
        assert_eq!(others, Digests { md5: "900150983cd24fb0d6963f7d28e17f72".into(), ..Digests::default() });
    }

    #[test]
    fn wishes_add_up() {
        let md5 = Hashes { md5: true, ..Hashes::default() };
        let rest = Hashes { md5: false, ..ALL };
        assert_eq!(md5.union(rest), ALL);
        assert_eq!(Hashes::default().union(md5), md5);
    }
}
