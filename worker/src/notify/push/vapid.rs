//! Who we are to a push service (VAPID, RFC 8292): a token that is signed with a key of ours.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::Serialize;
use url::Url;

use crate::config::Secret;

/// How long a token is good for; the most that is allowed is a day.
const LIFE: Duration = Duration::from_secs(12 * 3600);
/// Length of a private key, in bytes.
const PRIVATE: usize = 32;
/// Where it lies in the document that `ring` makes of a new key (RFC 5958 with RFC 5915, all of whose lengths are fixed for
/// this curve).
const PRIVATE_AT: usize = 36;
/// The same header for all tokens: `{"typ":"JWT","alg":"ES256"}`.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9";

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadVapid {
    /// The keys are none, or do not belong together.
    #[error(
        "IMGFILTER_VAPID_KEY and IMGFILTER_VAPID_PUBLIC_KEY are no pair of keys as imgfilter vapid-key makes them"
    )]
    Keys,
    /// Nobody can be turned to.
    #[error("IMGFILTER_VAPID_SUBJECT must be mailto: and an address, or an https URL")]
    Subject,
    /// This machine has no randomness.
    #[error("nothing can be signed")]
    Signing,
}

/// A pair of keys as it is written in settings: base64url.
#[derive(Debug, Clone)]
pub struct VapidKeys {
    /// 32 bytes.
    pub private: Secret,
    /// 65 bytes: a point, not compressed.
    pub public: String,
}

impl VapidKeys {
    /// A new pair.
    ///
    /// # Errors
    /// This machine has no randomness.
    pub fn generate() -> Result<Self, BadVapid> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| BadVapid::Signing)?;
        let private =
            document.as_ref().get(PRIVATE_AT..PRIVATE_AT + PRIVATE).ok_or(BadVapid::Signing)?.to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .map_err(|_| BadVapid::Signing)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        let Ok(private) = URL_SAFE_NO_PAD.encode(private).parse();
        let keys = Self { private, public };
        keys.pair().map(|_| keys)
    }

    /// Reads them, and sees that they belong together.
    fn pair(&self) -> Result<EcdsaKeyPair, BadVapid> {
        let decoded = |text: &str| {
            URL_SAFE_NO_PAD.decode(text.trim().trim_end_matches('=')).map_err(|_| BadVapid::Keys)
        };
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &decoded(self.private.reveal())?,
            &decoded(&self.public)?,
            &SystemRandom::new(),
        )
        .map_err(|_| BadVapid::Keys)
    }
}

/// Signs tokens.
pub struct Vapid {
    pair: EcdsaKeyPair,
    public: String,
    subject: String,
    random: SystemRandom,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    sub: &'a str,
}

impl Vapid {
    /// One with these keys, and somebody to turn to.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn new(keys: &VapidKeys, subject: &str) -> Result<Self, BadVapid> {
        let url = Url::parse(subject.trim()).map_err(|_| BadVapid::Subject)?;
        match url.scheme() {
            "mailto" if url.path().contains('@') => {}
            "https" if url.host().is_some() => {}
            _ => return Err(BadVapid::Subject),
        }
        let pair = keys.pair()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        Ok(Self { pair, public, subject: subject.trim().to_owned(), random: SystemRandom::new() })
    }

    /// The value of `Authorization` for a push service.
    ///
    /// # Errors
    /// This machine has no randomness.
    pub fn authorization(&self, endpoint: &Url) -> Result<String, BadVapid> {
        let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + LIFE;
        let claims = claims(&endpoint.origin().ascii_serialization(), expires.as_secs(), &self.subject);
        let signed = format!("{HEADER}.{claims}");
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| BadVapid::Signing)?;
        Ok(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public))
    }
}

fn claims(audience: &str, expires: u64, subject: &str) -> String {
    let claims = Claims { aud: audience, exp: expires, sub: subject };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    /// RFC 8292, section 2.4.
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
    const PUBLIC: &str =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";

    /// Verifies a token as a push service does, and returns its claims.
    fn verified(token: &str, public: &str) -> Value {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(public));
        key.verify(signed.as_bytes(), &decoded(signature)).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        assert_eq!(decoded(header), br#"{"typ":"JWT","alg":"ES256"}"#);
        serde_json::from_slice(&decoded(claims)).unwrap()
    }

    #[test]
    fn tokens_are_as_specified() {
        let ours = claims("https://push.example.net", 1_453_523_768, "mailto:push@example.com");
        assert_eq!(TOKEN.split('.').nth(1), Some(ours.as_str()));
        assert_eq!(verified(TOKEN, PUBLIC)["sub"], "mailto:push@example.com");
    }

    #[test]
    fn a_new_pair_signs() {
        let keys = VapidKeys::generate().unwrap();
        let vapid = Vapid::new(&keys, "mailto:us@example.com").unwrap();
        let endpoint = Url::parse("https://push.example.net/send/abc?d=e").unwrap();
        let authorization = vapid.authorization(&endpoint).unwrap();
        let (token, public) = authorization.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(public, keys.public);
        let claims = verified(token, public);
        assert_eq!(claims["aud"], "https://push.example.net");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now..now + 86_400).contains(&claims["exp"].as_u64().unwrap()));
    }

    #[test]
    fn what_cannot_be_used() {
        let (keys, others) = (VapidKeys::generate().unwrap(), VapidKeys::generate().unwrap());
        let mixed = VapidKeys { public: others.public, ..keys.clone() };
        let good = "https://example.com/contact";
        assert_eq!(Vapid::new(&mixed, good).err(), Some(BadVapid::Keys));
        let short = VapidKeys { private: "AAAA".parse().unwrap(), ..keys.clone() };
        assert_eq!(Vapid::new(&short, good).err(), Some(BadVapid::Keys));
        for subject in
            ["", "us@example.com", "mailto:", "mailto:us", "http://example.com", "ftp://example.com"]
        {
            assert_eq!(Vapid::new(&keys, subject).err(), Some(BadVapid::Subject), "{subject}");
        }
        assert!(Vapid::new(&keys, good).is_ok());
    }
}
