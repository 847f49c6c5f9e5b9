//! Encryption for a browser (RFC 8291): what is pushed can be read by it alone, and not by the push service.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;

/// Length of a point of P-256, not compressed, in bytes.
const POINT: usize = 65;
/// Length of a subscription's secret and of a message's salt, in bytes.
const SALT: usize = 16;
/// Length of a record (RFC 8188), in bytes. A message has only one, which may be shorter.
const RECORD: u32 = 4096;
/// What stands behind the last record's text.
const LAST_RECORD: u8 = 2;

/// A subscription whose keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the subscription's keys cannot be used")]
pub struct BadSubscription;

impl From<ring::error::Unspecified> for BadSubscription {
    fn from(_: ring::error::Unspecified) -> Self {
        Self
    }
}

/// What a browser has given to those who write to it.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its public key.
    point: [u8; POINT],
    /// A secret that the push service does not know.
    auth: [u8; SALT],
}

impl Subscription {
    /// Reads `{"p256dh", "auth"}`, both base64url.
    ///
    /// # Errors
    /// One of them is missing, or has another length.
    pub fn read(keys: &Value) -> Result<Self, BadSubscription> {
        Ok(Self { point: bytes(&keys["p256dh"])?, auth: bytes(&keys["auth"])? })
    }

    /// Encrypts a text, under a key and a salt of its own.
    ///
    /// # Errors
    /// The browser's key is no point of the curve.
    pub fn seal(&self, text: &[u8]) -> Result<Vec<u8>, BadSubscription> {
        let random = SystemRandom::new();
        let mut salt = [0; SALT];
        random.fill(&mut salt)?;
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
        let ours = key.compute_public_key()?;
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &self.point);
        agree_ephemeral(key, &theirs, |shared| self.seal_with(shared, ours.as_ref(), salt, text))?
    }

    /// Encrypts with what was agreed upon: the header of RFC 8188, and the one record.
    fn seal_with(
        &self,
        shared: &[u8],
        ours: &[u8],
        salt: [u8; SALT],
        text: &[u8],
    ) -> Result<Vec<u8>, BadSubscription> {
        let mut input = [0; 32];
        let extracted = Salt::new(HKDF_SHA256, &self.auth).extract(shared);
        expand(&extracted, &[b"WebPush: info\0", &self.point, ours], &mut input)?;
        let extracted = Salt::new(HKDF_SHA256, &salt).extract(&input);
        let (mut key, mut nonce) = ([0; 16], [0; NONCE_LEN]);
        expand(&extracted, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
        expand(&extracted, &[b"Content-Encoding: nonce\0"], &mut nonce)?;

        let mut record = [text, &[LAST_RECORD]].concat();
        LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?).seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut record,
        )?;
        let length = u8::try_from(ours.len()).map_err(|_| BadSubscription)?;
        Ok([&salt[..], &RECORD.to_be_bytes(), &[length], ours, &record].concat())
    }
}

/// So many bytes of key material.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(from: &Prk, info: &[&[u8]], into: &mut [u8]) -> Result<(), ring::error::Unspecified> {
    from.expand(info, Length(into.len()))?.fill(into)
}

/// Bytes of a known number, as browsers write them. Some pad them.
fn bytes<const N: usize>(encoded: &Value) -> Result<[u8; N], BadSubscription> {
    let encoded = encoded.as_str().ok_or(BadSubscription)?.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| BadSubscription)?;
    bytes.try_into().map_err(|_| BadSubscription)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 8291, appendix A.
    #[test]
    fn encrypts_as_specified() {
        let subscription = Subscription::read(&json!({
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg"}))
        .unwrap();
        let shared = decoded("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let ours = decoded(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let salt = decoded("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let sealed = subscription.seal_with(&shared, &ours, salt, text).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    /// As its browser does it, written from the specification.
    #[test]
    fn a_browser_can_read_what_is_sealed_for_it() {
        let random = SystemRandom::new();
        let browser = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
        let point = browser.compute_public_key().unwrap();
        let auth = [7; SALT];
        let subscription = Subscription { point: point.as_ref().try_into().unwrap(), auth };
        let sealed = subscription.seal(b"{\"title\":\"done\"}").unwrap();
        let other = subscription.seal(b"{\"title\":\"done\"}").unwrap();
        assert_ne!(sealed[..SALT], other[..SALT], "another salt for each");

        let (salt, rest) = sealed.split_at(SALT);
        assert_eq!((&rest[..4], rest[4]), (&[0, 0, 16, 0][..], 65));
        let (sender, record) = rest[5..].split_at(POINT);
        let opened = agree_ephemeral(browser, &UnparsedPublicKey::new(&ECDH_P256, sender), |shared| {
            let mut input = [0; 32];
            let first = Salt::new(HKDF_SHA256, &auth).extract(shared);
            expand(&first, &[b"WebPush: info\0", point.as_ref(), sender], &mut input).unwrap();
            let second = Salt::new(HKDF_SHA256, salt).extract(&input);
            let (mut key, mut nonce) = ([0; 16], [0; NONCE_LEN]);
            expand(&second, &[b"Content-Encoding: aes128gcm\0"], &mut key).unwrap();
            expand(&second, &[b"Content-Encoding: nonce\0"], &mut nonce).unwrap();
            let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
            let mut record = record.to_vec();
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.open_in_place(nonce, Aad::empty(), &mut record).unwrap().to_vec()
        });
        assert_eq!(opened.unwrap(), b"{\"title\":\"done\"}\x02");
    }

    #[test]
    fn keys_that_are_none() {
        let good = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        for keys in [
            json!({}),
            json!({"p256dh": good}),
            json!({"p256dh": good, "auth": "short"}),
            json!({"p256dh": "AAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}),
            json!({"p256dh": 5, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}),
        ] {
            assert_eq!(Subscription::read(&keys).err(), Some(BadSubscription), "{keys}");
        }
        let no_point = URL_SAFE_NO_PAD.encode([4; POINT]);
        let subscription =
            Subscription::read(&json!({"p256dh": no_point, "auth": "BTBZMqHH6r4Tts7J_aSIgg=="})).unwrap();
        assert_eq!(subscription.seal(b"x"), Err(BadSubscription), "no point of the curve");
    }
}
