//! Secrets that sign webhooks (Standard Webhooks 1.0): `whsec_` and base64 of 24 to 64 bytes.
//!
//! The service has master secrets of its own. Each target of an owner has one that is derived from a master, the target's id
//! and a number that rises when the secret is changed, so that none has to be kept and none tells of another.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// What every secret begins with.
pub const PREFIX: &str = "whsec_";

/// A secret that is none of the specification's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "IMGFILTER_WEBHOOK_SECRET must be whsec_ and base64 of 24 to 64 bytes, or several of these with commas between"
)]
pub struct BadSecret;

/// A secret. Its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads `whsec_` and base64.
    ///
    /// # Errors
    /// Anything else, and what is too short or too long.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(BadSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSecret) }
    }

    /// What signs.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its holder is told of it.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The secret of a target, of which this is the master.
    #[must_use]
    pub fn of_target(&self, target: Uuid, number: i32) -> Self {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        let purpose = format!("imgfilter webhook target {target} {number}");
        Self(mac.chain_update(purpose).finalize().into_bytes().to_vec())
    }
}

/// The master secrets of a service: all sign while they are changed, and the first is what is told of.
#[derive(Debug, Clone)]
pub struct Masters(Vec<Secret>);

impl Masters {
    /// Reads a list with commas between.
    ///
    /// # Errors
    /// One of them is none, or there is none.
    pub fn parse(list: &str) -> Result<Self, BadSecret> {
        let all: Vec<Secret> = list.split(',').map(Secret::parse).collect::<Result<_, _>>()?;
        Ok(Self(all))
    }

    /// The one from which the secrets are derived that holders are told of.
    pub fn first(&self) -> &Secret {
        &self.0[0]
    }

    /// All of them, the first first.
    pub fn all(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// Made with: printf 'imgfilter webhook target 01930000-0000-7000-8000-000000000001 1' |
    /// openssl dgst -sha256 -mac hmac -macopt hexkey:31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0 -binary | base64
    const OF_TARGET: &str = "whsec_1MM09BZWKYUNbt9s+3hWsPQ8W26SyAWEcdv8ub644cQ=";

    #[test]
    fn the_secret_of_a_target() {
        let target = Uuid::parse_str("01930000-0000-7000-8000-000000000001").unwrap();
        let master = Secret::parse(MASTER).unwrap();
        assert_eq!(master.reveal(), MASTER);
        let secret = master.of_target(target, 1);
        assert_eq!(secret.reveal(), OF_TARGET);
        assert_eq!(Secret::parse(&secret.reveal()), Ok(secret.clone()));
        assert_ne!(master.of_target(target, 2), secret);
        assert_ne!(master.of_target(Uuid::nil(), 1), secret);
    }

    #[test]
    fn masters_are_a_list() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = Masters::parse(&format!("{other}, {MASTER}")).unwrap();
        assert_eq!(both.first().reveal(), other);
        assert_eq!(both.all().map(Secret::reveal).collect::<Vec<_>>(), [other, MASTER.to_owned()]);
        for bad in ["", " ", ",", MASTER.trim_start_matches("whsec_"), "whsec_AAAA", &format!("{MASTER},")] {
            assert!(Masters::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Masters::parse(MASTER).unwrap()), "Masters([Secret(…)])");
    }
}
