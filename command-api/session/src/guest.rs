//! What is signed with the key of the guest cookie: the cookie itself, and the keys in order links.
//!
//! The cookie is `{owner}.{base64url hmac-sha256(key, owner)}`: whoever shows it is that guest. The key of an order's link
//! is `{base64url hmac-sha256(key, "order:" + order)}`: whoever shows it may see that order. No owner begins with `order:`,
//! so neither is ever taken for the other.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// What binaries sign with under `--dev` when nothing else is configured; refused without it.
pub const DEVELOPMENT_KEY: &str = "cartwright-development-only-guest-cookie-key";

/// As long as the digest: a shorter key weakens it.
const SHORTEST_KEY: usize = 32;

/// Signs guest cookies and knows its own signature again.
#[derive(Clone)]
pub struct GuestKey(Hmac<Sha256>);

#[derive(Debug, thiserror::Error)]
#[error("the key that signs guest cookies has fewer than {SHORTEST_KEY} bytes")]
pub struct WeakKey;

impl GuestKey {
    pub fn parse(key: &SecretString) -> Result<Self, WeakKey> {
        let bytes = key.expose_secret().as_bytes();
        if bytes.len() < SHORTEST_KEY {
            return Err(WeakKey);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| WeakKey)
    }

    pub(crate) fn sign(&self, owner: Uuid) -> String {
        let signature = self.mac(&owner.to_string()).finalize().into_bytes();
        format!("{owner}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The guest that a cookie names, if it was this key that signed it. Compared in constant time.
    pub(crate) fn verify(&self, cookie: &str) -> Option<Uuid> {
        let (owner, signature) = cookie.split_once('.')?;
        let mut decoded = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut decoded).ok()?;
        self.mac(owner).verify_slice(decoded.get(..length)?).ok()?;
        Uuid::try_parse(owner).ok()
    }

    /// The key in the link of an order, 43 characters. It opens that order without a session.
    pub fn order_key(&self, order: Uuid) -> String {
        let signature = self.order_mac(order).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(signature)
    }

    /// Whether `key` is the one in the link of this order. Compared in constant time.
    pub fn opens_order(&self, order: Uuid, key: &str) -> bool {
        let mut decoded = [0; 32];
        URL_SAFE_NO_PAD
            .decode_slice(key, &mut decoded)
            .is_ok_and(|length| self.order_mac(order).verify_slice(&decoded[..length]).is_ok())
    }

    fn order_mac(&self, order: Uuid) -> Hmac<Sha256> {
        self.mac(&format!("order:{order}"))
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac
    }
}

impl fmt::Debug for GuestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> GuestKey {
        GuestKey::parse(&text.into()).unwrap()
    }

    #[test]
    fn a_signed_cookie_names_its_guest() {
        let owner = Uuid::new_v4();
        let key = key(DEVELOPMENT_KEY);
        assert_eq!(key.verify(&key.sign(owner)), Some(owner));
    }

    #[test]
    fn the_signature_is_the_one_that_was_agreed() {
        // printf %s OWNER | openssl dgst -sha256 -hmac KEY -binary | basenc --base64url
        let owner = Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap();
        let signed = key(DEVELOPMENT_KEY).sign(owner);
        assert_eq!(
            signed,
            "0196f8a0-1111-7222-8333-444455556666.SGmrQXSVGwEPP0lG3kfzn0OsLZyjU3TS5jQAT_wDLzs"
        );
    }

    #[test]
    fn a_tampered_cookie_names_nobody() {
        let owner = Uuid::new_v4();
        let key = key(DEVELOPMENT_KEY);
        let signed = key.sign(owner);
        let (_, signature) = signed.split_once('.').unwrap();
        let short = &signed[..signed.len() - 2];
        for forged in [
            format!("{}.{signature}", Uuid::new_v4()),
            owner.to_string(),
            short.into(),
            format!("{owner}."),
        ] {
            assert_eq!(key.verify(&forged), None, "{forged}");
        }
    }

    #[test]
    fn another_key_knows_nobody() {
        let signed = key(DEVELOPMENT_KEY).sign(Uuid::new_v4());
        assert_eq!(
            key("another-key-that-is-also-long-enough-to-sign").verify(&signed),
            None
        );
    }

    #[test]
    fn the_key_of_an_order_opens_that_order_alone() {
        let (order, other) = (Uuid::now_v7(), Uuid::now_v7());
        let key = key(DEVELOPMENT_KEY);
        let link = key.order_key(order);
        assert_eq!(link.len(), 43);
        assert!(key.opens_order(order, &link));
        assert!(!key.opens_order(other, &link));
    }

    #[test]
    fn the_key_of_an_order_is_the_one_that_was_agreed() {
        // printf %s order:ORDER | openssl dgst -sha256 -hmac KEY -binary | basenc --base64url
        let order = Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap();
        assert_eq!(
            key(DEVELOPMENT_KEY).order_key(order),
            "moRtW35-pQnAIyHEoG8p7ZCIyYCKt4z4GKRbALzP6Oc"
        );
    }

    #[test]
    fn a_tampered_key_opens_nothing() {
        let order = Uuid::now_v7();
        let key = key(DEVELOPMENT_KEY);
        let link = key.order_key(order);
        let swapped = if link.starts_with('A') { "B" } else { "A" };
        for forged in [
            format!("{swapped}{}", &link[1..]),
            link[..42].to_owned(),
            format!("{link}A"),
            format!("{link}="),
            link.repeat(2),
            String::new(),
            "ä".to_owned(),
        ] {
            assert!(!key.opens_order(order, &forged), "{forged}");
        }
    }

    #[test]
    fn another_signing_key_opens_nothing() {
        let order = Uuid::now_v7();
        let other = key("another-key-that-is-also-long-enough-to-sign");
        assert!(!key(DEVELOPMENT_KEY).opens_order(order, &other.order_key(order)));
    }

    /// Whoever knows one of the two for an id has not got the other.
    #[test]
    fn a_guest_cookie_opens_no_order_and_the_key_of_an_order_names_no_guest() {
        let id = Uuid::now_v7();
        let key = key(DEVELOPMENT_KEY);
        let signed = key.sign(id);
        let (_, signature) = signed.split_once('.').unwrap();
        assert!(!key.opens_order(id, signature));
        let link = key.order_key(id);
        for cookie in [format!("{id}.{link}"), format!("order:{id}.{link}")] {
            assert_eq!(key.verify(&cookie), None, "{cookie}");
        }
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_ever_shown() {
        assert!(GuestKey::parse(&"short".into()).is_err());
        assert_eq!(format!("{:?}", key(DEVELOPMENT_KEY)), "GuestKey(secret)");
    }
}
