//! Passwords: hashed by Argon2id with the OWASP Password Storage Cheat Sheet's parameters (19 MiB, 2 passes, 1 lane).
//!
//! Each costs tens of milliseconds of a processor. They are computed off the async threads, a few at a time, so that
//! people who sign in never hold up people who shop.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::AccountError;

/// At the same time. One core of two keeps serving everybody else.
const AT_ONCE: usize = 1;
/// Whoever waits longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

pub const MIN_LENGTH: usize = 12;
pub const MAX_LENGTH: usize = 128;

#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    patience: Duration,
    /// What a password is compared with where there is no account: that takes as long, and never fits.
    nobodys: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, AccountError> {
        let unguessable = session::secret()?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            patience: PATIENCE,
            nobodys: hash(&unguessable)?.into(),
        })
    }

    /// # Errors
    /// [`AccountError::Busy`] when too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<String, AccountError> {
        self.off_thread(move || hash(prepared(password.expose_secret()).expose_secret()))
            .await
    }

    /// Whether this is the password that was hashed. As slow without a hash as with one.
    ///
    /// # Errors
    /// [`AccountError::Busy`] when too many wait.
    pub async fn verify(&self, password: SecretString, hashed: Option<String>) -> Result<bool, AccountError> {
        let (is_somebodys, nobodys) = (hashed.is_some(), Arc::clone(&self.nobodys));
        self.off_thread(move || {
            let hashed = hashed.as_deref().unwrap_or(&nobodys);
            for spelling in spellings(password.expose_secret()) {
                if verify(spelling.expose_secret(), hashed)? {
                    return Ok(is_somebodys);
                }
            }
            Ok(false)
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| AccountError::Busy)?
            .map_err(|_| AccountError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _permit = permit;
            work()
        });
        done.await
            .map_err(|error| AccountError::Hashing(error.to_string()))?
    }
}

/// A password as it is compared, whichever keyboard typed it: RFC 8265's profile `OpaqueString`. Spaces of every kind are one kind, and
/// letters are in Normalization Form C. Case and width stay.
fn prepared(password: &str) -> SecretString {
    let usual = password.chars().map(|c| if is_space(c) { ' ' } else { c });
    usual.nfc().collect::<String>().into()
}

/// What U+0020 is not alone in being: the category Zs.
const fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// As what a password may have been hashed: as it is prepared now, and by earlier releases as it was typed, on a keyboard that
/// composes letters or on one that does not. One, where it is of plain letters.
fn spellings(password: &str) -> Vec<SecretString> {
    let mut spellings = vec![prepared(password)];
    if !password.is_ascii() {
        for other in [
            password.to_owned(),
            password.nfd().collect(),
            password.nfc().collect(),
        ] {
            if spellings.iter().all(|known| known.expose_secret() != other) {
                spellings.push(other.into());
            }
        }
    }
    spellings
}

/// Why a password is not accepted, in words that say what is.
pub fn objection(password: &str, email: &str) -> Option<String> {
    let password = prepared(password);
    let password = password.expose_secret();
    if password.chars().any(char::is_control) {
        return Some("has to be without control characters".to_owned());
    }
    let length = password.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Some(format!(
            "has to have {MIN_LENGTH} to {MAX_LENGTH} characters, it has {length}"
        ));
    }
    let own_name = email.split('@').next().unwrap_or_default().to_lowercase();
    let says_own_name = own_name.chars().count() >= 4 && password.to_lowercase().contains(&own_name);
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if says_own_name {
        Some("must not contain the name in the e-mail address".to_owned())
    } else if letters.len() < 5 {
        Some("has to have at least 5 different characters".to_owned())
    } else {
        None
    }
}

fn argon2id() -> Result<Argon2<'static>, AccountError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, AccountError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(failed)?;
    let salt = SaltString::encode_b64(&random).map_err(failed)?;
    let hashed = argon2id()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(failed)?;
    Ok(hashed.to_string())
}

fn verify(password: &str, hashed: &str) -> Result<bool, AccountError> {
    let hashed = PasswordHash::new(hashed).map_err(failed)?;
    Ok(argon2id()?.verify_password(password.as_bytes(), &hashed).is_ok())
}

fn failed(error: impl std::fmt::Display) -> AccountError {
    AccountError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let hashed = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        let verify = |password: &str, hashed: Option<&str>| {
            let (passwords, password, hashed) = (
                passwords.clone(),
                password.to_owned().into(),
                hashed.map(str::to_owned),
            );
            async move { passwords.verify(password, hashed).await.unwrap() }
        };
        assert!(verify("correct horse battery", Some(&hashed)).await);
        assert!(!verify("correct horse batterz", Some(&hashed)).await);
        assert!(!verify("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn one_is_computed_at_a_time_and_whoever_waits_too_long_is_told_so() {
        let passwords = Passwords {
            patience: Duration::ZERO,
            ..Passwords::new().unwrap()
        };
        let held = Arc::clone(&passwords.permits).acquire_owned().await.unwrap();
        let waited = passwords.hash("correct horse battery".into()).await;
        assert!(matches!(waited, Err(AccountError::Busy)), "{waited:?}");
        drop(held);
        assert!(passwords.hash("correct horse battery".into()).await.is_ok());
    }

    #[tokio::test]
    async fn a_password_is_the_same_on_every_keyboard() {
        let passwords = Passwords::new().unwrap();
        let (composed, apart) = ("b\u{fc}cher im schrank", "bu\u{308}cher im\u{a0}schrank");
        let fits = async |typed: &str, hashed: &str| {
            let hashed = Some(hashed.to_owned());
            passwords.verify(typed.to_owned().into(), hashed).await.unwrap()
        };
        for registered in [composed, apart] {
            let hashed = passwords.hash(registered.to_owned().into()).await.unwrap();
            for typed in [composed, apart] {
                assert!(fits(typed, &hashed).await, "{registered:?} {typed:?}");
            }
            assert!(!fits("bucher im schrank", &hashed).await);
        }
        // As an earlier release hashed it: the bytes that were typed.
        for typed_then in [composed, "bu\u{308}cher im schrank"] {
            let hashed = hash(typed_then).unwrap();
            for typed in [composed, "bu\u{308}cher im schrank"] {
                assert!(fits(typed, &hashed).await, "{typed_then:?} {typed:?}");
            }
        }
    }

    /// Of the clock a test can say nothing; that the same is computed, at the same cost, it can.
    #[tokio::test]
    async fn where_there_is_no_account_the_same_work_is_done() {
        let passwords = Passwords {
            patience: Duration::ZERO,
            ..Passwords::new().unwrap()
        };
        let cost = |hashed: &str| hashed.rsplitn(3, '$').last().map(str::to_owned);
        let somebodys = passwords.hash("correct horse battery".into()).await.unwrap();
        assert_eq!(cost(&passwords.nobodys), cost(&somebodys));
        let held = Arc::clone(&passwords.permits).acquire_owned().await.unwrap();
        let compared = passwords.verify("correct horse battery".into(), None).await;
        assert!(matches!(compared, Err(AccountError::Busy)), "{compared:?}");
        drop(held);
        assert!(
            !passwords
                .verify("correct horse battery".into(), None)
                .await
                .unwrap()
        );
    }

    #[test]
    fn a_password_that_is_easily_guessed_is_objected_to_in_words() {
        for (password, because) in [
            ("short", "12 to 128 characters, it has 5"),
            ("adalovelace1815", "the name in the e-mail address"),
            ("aaaaaaaaaaaabbbb", "5 different characters"),
            ("correct\0horse\0battery", "without control characters"),
        ] {
            let said = objection(password, "AdaLovelace@example.org").unwrap_or_default();
            assert!(said.contains(because), "{password}: {said}");
        }
        assert_eq!(objection("correct horse battery", "ada@example.org"), None);
    }
}
