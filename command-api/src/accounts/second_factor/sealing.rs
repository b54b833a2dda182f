//! The secrets of TOTP at rest: AES-256-GCM under a key that HKDF derives from `SECOND_FACTOR_KEY`. Pure.
//!
//! They cannot be hashed: codes are computed from them. Whoever has the database alone has none of them. Several keys may be
//! configured: the first seals, each opens. So a new one is put first, the old one stays behind it until every secret was used once
//! (then it is sealed anew), and goes.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::SecondFactorError;

/// What binaries seal with under `--dev` when nothing else is configured; refused without it.
pub const DEVELOPMENT_KEY: &str = "cartwright-development-only-second-factor-key";
/// A shorter one can be guessed.
const SHORTEST_KEY: usize = 32;
/// Nothing else is ever derived from the same key under this name.
const PURPOSE: &[u8] = b"cartwright: secrets of TOTP, AES-256-GCM, 1";

pub struct SecretKeys(Vec<LessSafeKey>);

#[derive(Debug, thiserror::Error)]
#[error("SECOND_FACTOR_KEY has a key of fewer than {SHORTEST_KEY} characters")]
pub struct WeakKeys;

/// A secret that was opened.
pub struct Opened {
    pub secret: Vec<u8>,
    /// Another key than the first one opened it.
    pub is_outdated: bool,
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKeys({})", self.0.len())
    }
}

impl SecretKeys {
    /// One key, or several with commas.
    ///
    /// # Errors
    /// One of them is too short.
    pub fn parse(keys: &SecretString) -> Result<Self, WeakKeys> {
        let keys = keys.expose_secret().split(',').map(str::trim);
        keys.map(derived).collect::<Result<_, _>>().map(Self)
    }

    /// # Errors
    /// The operating system has no random bytes.
    pub fn seal(&self, account: Uuid, secret: &[u8]) -> Result<Vec<u8>, SecondFactorError> {
        let failed = |why: String| SecondFactorError::Unreadable(why);
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|error| failed(error.to_string()))?;
        let mut sealed = secret.to_vec();
        let key = self
            .0
            .first()
            .ok_or_else(|| failed("there is no key".to_owned()))?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(account.as_bytes()),
            &mut sealed,
        )
        .map_err(|_| failed("it cannot be encrypted".to_owned()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// # Errors
    /// No key fits, or it was sealed for another account.
    pub fn open(&self, account: Uuid, sealed: &[u8]) -> Result<Opened, SecondFactorError> {
        let (nonce, sealed) = sealed
            .split_at_checked(NONCE_LEN)
            .ok_or_else(|| SecondFactorError::Unreadable("it is too short".to_owned()))?;
        for (place, key) in self.0.iter().enumerate() {
            let nonce = Nonce::try_assume_unique_for_key(nonce)
                .map_err(|_| SecondFactorError::Unreadable("its nonce is none".to_owned()))?;
            let mut opened = sealed.to_vec();
            if let Ok(secret) = key.open_in_place(nonce, Aad::from(account.as_bytes()), &mut opened) {
                return Ok(Opened {
                    secret: secret.to_vec(),
                    is_outdated: place > 0,
                });
            }
        }
        Err(SecondFactorError::Unreadable(
            "no key of SECOND_FACTOR_KEY opens it".to_owned(),
        ))
    }
}

fn derived(key: &str) -> Result<LessSafeKey, WeakKeys> {
    if key.len() < SHORTEST_KEY {
        return Err(WeakKeys);
    }
    let extracted = Salt::new(HKDF_SHA256, b"cartwright").extract(key.as_bytes());
    let derived = extracted.expand(&[PURPOSE], &AES_256_GCM).map_err(|_| WeakKeys)?;
    Ok(LessSafeKey::new(UnboundKey::from(derived)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> SecretKeys {
        SecretKeys::parse(&text.to_owned().into()).unwrap()
    }

    #[test]
    fn a_secret_is_opened_by_its_key_for_its_account_and_by_nothing_else() {
        let (ada, eve) = (Uuid::now_v7(), Uuid::now_v7());
        let sealed = keys(DEVELOPMENT_KEY).seal(ada, b"a secret").unwrap();
        assert!(!sealed.windows(8).any(|part| part == b"a secret"));
        let opened = keys(DEVELOPMENT_KEY).open(ada, &sealed).unwrap();
        assert_eq!((&*opened.secret, opened.is_outdated), (&b"a secret"[..], false));
        assert!(keys(DEVELOPMENT_KEY).open(eve, &sealed).is_err());
        assert!(keys(&"k".repeat(32)).open(ada, &sealed).is_err());
        let mut forged = sealed.clone();
        forged[NONCE_LEN] ^= 1;
        assert!(keys(DEVELOPMENT_KEY).open(ada, &forged).is_err());
        assert!(keys(DEVELOPMENT_KEY).open(ada, b"short").is_err());
    }

    #[test]
    fn a_new_key_is_put_first_and_the_old_one_still_opens() {
        let ada = Uuid::now_v7();
        let sealed = keys(DEVELOPMENT_KEY).seal(ada, b"a secret").unwrap();
        let rotated = keys(&format!("{}, {DEVELOPMENT_KEY}", "n".repeat(32)));
        assert!(rotated.open(ada, &sealed).unwrap().is_outdated);
        let anew = rotated.seal(ada, b"a secret").unwrap();
        assert!(!rotated.open(ada, &anew).unwrap().is_outdated);
        assert!(keys(DEVELOPMENT_KEY).open(ada, &anew).is_err());
    }

    #[test]
    fn a_short_key_is_refused_wherever_it_stands() {
        for weak in [
            "",
            "short",
            &format!("{DEVELOPMENT_KEY},"),
            &format!("short,{DEVELOPMENT_KEY}"),
        ] {
            assert!(SecretKeys::parse(&weak.to_owned().into()).is_err(), "{weak}");
        }
    }
}
