//! Signatures by the Standard Webhooks specification, version 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use imgfilter_api::signing::{Masters, Secret};
use sha2::Sha256;
use uuid::Uuid;

/// The value of `webhook-signature` for these bytes, sent under this id at this time (seconds since 1970).
pub fn sign(secret: &Secret, id: &str, timestamp: u64, body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    let signed = format!("{id}.{timestamp}.");
    let tag = mac.chain_update(signed).chain_update(body).finalize().into_bytes();
    format!("v1,{}", STANDARD.encode(tag))
}

/// The secrets that sign what goes to a target: those of its numbers, from each master. What is for no target is signed by
/// the masters themselves.
pub fn signers(masters: &Masters, target: Option<Uuid>, numbers: &[i32]) -> Vec<Secret> {
    match target {
        None => masters.all().cloned().collect(),
        Some(target) => {
            let of =
                |master: &Secret| numbers.iter().map(|number| master.of_target(target, *number)).collect();
            masters.all().flat_map::<Vec<Secret>, _>(of).collect()
        }
    }
}

/// The `webhook-id` of a delivery.
pub fn message_id(delivery: Uuid) -> String {
    format!("msg_{}", delivery.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The specification's own example.
    #[test]
    fn signs_as_specified() {
        let body = br#"{"test": 2432232314}"#;
        let signature =
            sign(&Secret::parse(SECRET).unwrap(), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_master_signs_with_every_number() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let masters = Masters::parse(&format!("{other},{SECRET}")).unwrap();
        let (first, second) = (Secret::parse(&other).unwrap(), Secret::parse(SECRET).unwrap());
        assert_eq!(signers(&masters, None, &[]), [first.clone(), second.clone()]);
        let target = Uuid::nil();
        let expected = [
            first.of_target(target, 3),
            first.of_target(target, 2),
            second.of_target(target, 3),
            second.of_target(target, 2),
        ];
        assert_eq!(signers(&masters, Some(target), &[3, 2]), expected);
    }
}
