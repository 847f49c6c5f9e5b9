//! Signatures by the Standard Webhooks specification, version 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

use crate::config::Secret;

/// A secret that is none of the specification's.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("IMGFILTER_WEBHOOK_SECRET must be whsec_ and base64 of 24 to 64 bytes")]
pub struct BadSecret;

/// A key that signs.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl Key {
    /// Reads `whsec_` and base64.
    pub fn parse(secret: &Secret) -> Result<Self, BadSecret> {
        let encoded = secret.reveal().trim().strip_prefix("whsec_").ok_or(BadSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSecret) }
    }

    /// The value of `webhook-signature` for these bytes, sent under this id at this time (seconds since 1970).
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        let signed = format!("{id}.{timestamp}.");
        let tag = mac.chain_update(signed).chain_update(body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// The `webhook-id` of a delivery.
pub fn message_id(delivery: Uuid) -> String {
    format!("msg_{}", delivery.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<Key, BadSecret> {
        Key::parse(&text.parse().unwrap())
    }

    /// The specification's own example.
    #[test]
    fn signs_as_specified() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap_or_else(|_| panic!("a good secret"));
        let body = br#"{"test": 2432232314}"#;
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn weak_secrets_are_refused() {
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA", "whsec_?"] {
            assert!(key(text).is_err(), "{text:?}");
        }
    }
}
