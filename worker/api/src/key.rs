//! API keys: `imgf_` and 32 random bytes in base64url, 48 characters.
//!
//! Only their SHA-256 is ever kept. That is enough, and a slow hash would add nothing: nobody guesses 256 random bits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What every key begins with, so that people and scanners know one when they see it.
pub const PREFIX: &str = "imgf_";
/// Random bytes of a key.
pub const KEY_BYTES: usize = 32;

/// What a key may be made for.
pub const SCOPES: [&str; 8] = ["upload", "lasting", "notify", "webhook", "email", "push", "sms", "topic"];

/// The SHA-256 of a key, by which it is known.
pub type Hash = [u8; 32];

/// The key with these random bytes.
pub fn write(random: &[u8; KEY_BYTES]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))
}

/// The hash of a key; `None` for what cannot be one, which needs no look-up.
pub fn hash(key: &str) -> Option<Hash> {
    let bytes = URL_SAFE_NO_PAD.decode(key.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == KEY_BYTES).then(|| Sha256::digest(key).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash() {
        let key = write(&[7; KEY_BYTES]);
        assert_eq!(key.len(), 48);
        assert_eq!(hash(&key), Some(Sha256::digest(&key).into()));
        assert_ne!(hash(&key), hash(&write(&[8; KEY_BYTES])));
    }

    #[test]
    fn what_cannot_be_a_key_has_none() {
        let key = write(&[7; KEY_BYTES]);
        for text in
            ["", "imgf_", &key[1..], &key[..47], &format!("{key}A"), &key.replace('f', "F"), "imgf_\u{e4}"]
        {
            assert_eq!(hash(text), None, "{text}");
        }
        // The last character has two bits too many, which must be 0: a key is written in one way only.
        assert!(key.ends_with('c'));
        assert_eq!(hash(&format!("{}d", &key[..47])), None);
    }
}
