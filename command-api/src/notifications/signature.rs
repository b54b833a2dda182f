//! Signatures of the Standard Webhooks scheme, version 1: HMAC-SHA256 over `{id}.{timestamp}.{payload}`.
//!
//! [`super::subscriptions`] makes secrets, [`super::posting`] signs with them. Source: the specification's section "Signature scheme"
//! (standardwebhooks.com, 1.0.0).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Before every secret, so that people and scanners know one when they see it.
const PREFIX: &str = "whsec_";
/// As long as the digest: more would not make it stronger.
const LENGTH: usize = 32;

/// What a subscription's messages are signed with, in its written form. Shown to nobody but its owner, once.
#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
pub struct Secret(String);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of this subscription is not {PREFIX} and base64")]
pub struct UnreadableSecret;

impl Secret {
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", STANDARD.encode(bytes))))
    }

    /// For its owner's eyes, and for the database.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn sign(&self, id: &str, timestamp: i64, payload: &str) -> Result<String, UnreadableSecret> {
        let mut mac = self.keyed().ok_or(UnreadableSecret)?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(payload.as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    fn keyed(&self) -> Option<Hmac<Sha256>> {
        let key = STANDARD.decode(self.0.strip_prefix(PREFIX)?).ok()?;
        Hmac::new_from_slice(&key).ok().filter(|_| !key.is_empty())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(whsec_…)")
    }
}

/// The header `webhook-signature`: one signature for each secret that is still valid, separated by blanks.
pub fn header(
    secrets: &[Secret],
    id: &str,
    timestamp: i64,
    payload: &str,
) -> Result<String, UnreadableSecret> {
    let signatures: Result<Vec<String>, _> = secrets
        .iter()
        .map(|secret| secret.sign(id, timestamp, payload))
        .collect();
    Ok(signatures?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the specification's reference libraries are tested with ("sign function works").
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const PAYLOAD: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn known() -> Secret {
        Secret(SECRET.to_owned())
    }

    #[test]
    fn the_signature_is_that_of_the_specifications_own_libraries() {
        let signed = header(&[known()], ID, TIMESTAMP, PAYLOAD).unwrap();
        assert_eq!(signed, SIGNATURE);
    }

    #[test]
    fn id_time_and_payload_are_all_signed() {
        let original = header(&[known()], ID, TIMESTAMP, PAYLOAD).unwrap();
        for (id, timestamp, payload) in [
            ("msg_other", TIMESTAMP, PAYLOAD),
            (ID, TIMESTAMP + 1, PAYLOAD),
            (ID, TIMESTAMP, r#"{"test": 2432232315}"#),
        ] {
            let signed = header(&[known()], id, timestamp, payload).unwrap();
            assert_ne!(signed, original);
        }
    }

    #[test]
    fn while_a_secret_is_rotated_the_new_one_and_the_old_one_both_sign() {
        let secrets = [Secret::generate().unwrap(), known()];
        let both = header(&secrets, ID, TIMESTAMP, PAYLOAD).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, header(&secrets[..1], ID, TIMESTAMP, PAYLOAD).unwrap());
        assert_eq!(second, SIGNATURE);
    }

    #[test]
    fn new_secrets_differ_and_are_as_long_as_the_scheme_wants_them() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        let key = STANDARD
            .decode(one.reveal().strip_prefix("whsec_").unwrap())
            .unwrap();
        assert!((24..=64).contains(&key.len()), "{}", key.len());
    }

    #[test]
    fn what_is_no_secret_signs_nothing_and_none_is_ever_shown() {
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???"] {
            let signed = header(&[Secret(wrong.to_owned())], ID, TIMESTAMP, PAYLOAD);
            assert_eq!(signed, Err(UnreadableSecret), "{wrong}");
        }
        assert_eq!(format!("{:?}", known()), "Secret(whsec_…)");
    }
}
