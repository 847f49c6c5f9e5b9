//! Tokens of download links.
//!
//! A token is `base64url(version, key number, link id, tag)`: 1 + 1 + 16 + 16 bytes, 46 characters. The tag is the
//! first half of HMAC-SHA256 over all before it, so a forged token is refused without asking anyone. There is no
//! date in it: a link's life lies in the database and may change without its URL changing.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

const VERSION: u8 = 1;
const ID_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
const SIGNED_BYTES: usize = 2 + ID_BYTES;
const TOKEN_BYTES: usize = SIGNED_BYTES + TAG_BYTES;
/// Shortest key accepted, in bytes: as long as the tag's hash is strong.
const MIN_KEY_BYTES: usize = 32;
/// Keeps a tag made here from meaning anything elsewhere, should a key ever be used for two purposes.
const PURPOSE: &[u8] = b"imgfilter link\0";

/// Why a list of keys was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// The list is empty.
    #[error("no link key is configured")]
    Empty,
    /// An entry is not `number:base64`.
    #[error("link key entry {0} is not NUMBER:BASE64 with a number from 0 to 255")]
    Malformed(usize),
    /// A key is shorter than 32 bytes.
    #[error("link key {0} is shorter than {MIN_KEY_BYTES} bytes")]
    TooShort(u8),
    /// Two keys have one number.
    #[error("link key number {0} is given twice")]
    Duplicate(u8),
}

/// The keys of a service: the first signs, all verify.
#[derive(Clone)]
pub struct LinkKeys(Vec<(u8, Vec<u8>)>);

impl std::fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(number, _)| number)).finish()
    }
}

impl LinkKeys {
    /// Reads `2:<base64>,1:<base64>`; each key has at least 32 bytes.
    pub fn parse(list: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<(u8, Vec<u8>)> = Vec::new();
        for (index, entry) in list.split(',').map(str::trim).filter(|e| !e.is_empty()).enumerate() {
            let (number, key) = parse_entry(entry).ok_or(KeyError::Malformed(index + 1))?;
            if key.len() < MIN_KEY_BYTES {
                return Err(KeyError::TooShort(number));
            }
            if keys.iter().any(|(n, _)| *n == number) {
                return Err(KeyError::Duplicate(number));
            }
            keys.push((number, key));
        }
        if keys.is_empty() { Err(KeyError::Empty) } else { Ok(Self(keys)) }
    }

    /// The number of the key that signs.
    pub fn signing(&self) -> u8 {
        self.0[0].0
    }

    /// The numbers of all keys, in their order.
    pub fn numbers(&self) -> impl Iterator<Item = u8> {
        self.0.iter().map(|(number, _)| *number)
    }

    /// The token of a link.
    pub fn mint(&self, link: Uuid) -> String {
        let (number, key) = &self.0[0];
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.extend([VERSION, *number]);
        token.extend(link.as_bytes());
        let tag = mac(key, &token).finalize().into_bytes();
        token.extend(&tag[..TAG_BYTES]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The link a token names, or `None` for one that no key of ours has signed. Compares in constant time.
    pub fn verify(&self, token: &str) -> Option<Uuid> {
        let bytes: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (signed, tag) = bytes.split_at(SIGNED_BYTES);
        let (_, key) = self.0.iter().find(|(number, _)| *number == signed[1])?;
        mac(key, signed).verify_truncated_left(tag).ok()?;
        if signed[0] != VERSION {
            return None;
        }
        Uuid::from_slice(&signed[2..]).ok()
    }
}

fn parse_entry(entry: &str) -> Option<(u8, Vec<u8>)> {
    let (number, key) = entry.split_once(':')?;
    Some((number.trim().parse().ok()?, STANDARD.decode(key.trim()).ok()?))
}

fn mac(key: &[u8], signed: &[u8]) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    mac.chain_update(PURPOSE).chain_update(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8) -> String {
        format!("{number}:{}", STANDARD.encode([number; 32]))
    }

    #[test]
    fn a_token_names_its_link_and_is_safe_in_a_url() {
        let keys = LinkKeys::parse(&entry(1)).unwrap();
        let link = Uuid::now_v7();
        let token = keys.mint(link);
        assert_eq!(keys.verify(&token), Some(link));
        assert_eq!(token.len(), 46);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }

    #[test]
    fn any_changed_bit_is_refused() {
        let keys = LinkKeys::parse(&entry(1)).unwrap();
        let token = keys.mint(Uuid::now_v7());
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(keys.verify(&URL_SAFE_NO_PAD.encode(forged)), None, "bit {bit}");
        }
        for junk in ["", "a", &token[1..], &format!("{token}A"), &format!("{token}=")] {
            assert_eq!(keys.verify(junk), None, "{junk:?}");
        }
    }

    #[test]
    fn old_keys_verify_until_they_go() {
        let old = LinkKeys::parse(&entry(1)).unwrap();
        let both = LinkKeys::parse(&format!("{}, {}", entry(2), entry(1))).unwrap();
        let new = LinkKeys::parse(&entry(2)).unwrap();
        let link = Uuid::now_v7();
        assert_eq!(both.verify(&old.mint(link)), Some(link));
        assert_eq!(new.verify(&both.mint(link)), Some(link));
        assert_eq!(new.verify(&old.mint(link)), None);
    }

    #[test]
    fn bad_lists_are_named() {
        let short = format!("3:{}", STANDARD.encode([0; 31]));
        assert_eq!(LinkKeys::parse(" ,").unwrap_err(), KeyError::Empty);
        assert_eq!(LinkKeys::parse(&format!("{},x", entry(1))).unwrap_err(), KeyError::Malformed(2));
        assert_eq!(LinkKeys::parse("256:AAAA").unwrap_err(), KeyError::Malformed(1));
        assert_eq!(LinkKeys::parse(&short).unwrap_err(), KeyError::TooShort(3));
        assert_eq!(LinkKeys::parse(&[entry(1), entry(1)].join(",")).unwrap_err(), KeyError::Duplicate(1));
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", LinkKeys::parse(&entry(7)).unwrap()), "[7]");
    }
}
