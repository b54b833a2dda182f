//! Passwords: hashed by Argon2id with the OWASP Password Storage Cheat Sheet's parameters (19 MiB, 2 passes, 1 lane).
//!
//! Each costs tens of milliseconds of a processor. They are computed off the async threads, a few at a time ([`super::turns`]), so that
//! people who sign in never hold up people who shop.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

pub use super::turns::Asker;
use super::turns::Turns;
use super::{AccountError, password_rules};

/// Whoever waits longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

#[derive(Clone)]
pub struct Passwords {
    turns: Turns,
    /// What a password is compared with where there is no account: that takes as long, and never fits.
    nobodys: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, AccountError> {
        let unguessable = session::secret()?;
        Ok(Self {
            turns: Turns::new(PATIENCE),
            nobodys: hash(&unguessable)?.into(),
        })
    }

    /// # Errors
    /// [`AccountError::Busy`] when too many wait.
    pub async fn hash(&self, asker: Asker, password: SecretString) -> Result<String, AccountError> {
        self.off_thread(asker, move || {
            hash(prepared(password.expose_secret()).expose_secret())
        })
        .await
    }

    /// Whether this is the password that was hashed. As slow without a hash as with one.
    ///
    /// # Errors
    /// [`AccountError::Busy`] when too many wait.
    pub async fn verify(
        &self,
        asker: Asker,
        password: SecretString,
        hashed: Option<String>,
    ) -> Result<bool, AccountError> {
        let (is_somebodys, nobodys) = (hashed.is_some(), Arc::clone(&self.nobodys));
        self.off_thread(asker, move || {
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

    /// Why a password that breaks no rule is not accepted all the same, in words that say what is.
    ///
    /// # Errors
    /// [`AccountError::Busy`] when too many wait: it takes about as long as hashing.
    pub async fn weakness(
        &self,
        asker: Asker,
        password: SecretString,
        email: String,
    ) -> Result<Option<String>, AccountError> {
        self.off_thread(asker, move || {
            let password = prepared(password.expose_secret());
            Ok(password_rules::weakness(password.expose_secret(), &email))
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = self.turns.wait(asker).await.ok_or(AccountError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _turn = turn;
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

/// As what a password may have been hashed: as it is prepared now, and by earlier releases as it was typed; where that is the same, on a
/// keyboard that does not compose letters. Two at most, since each is a computation in one turn, and one where it is of plain letters.
fn spellings(password: &str) -> Vec<SecretString> {
    let now = prepared(password);
    let earlier = if now.expose_secret() == password {
        password.nfd().collect()
    } else {
        password.to_owned()
    };
    let is_another = now.expose_secret() != earlier;
    let mut spellings = vec![now];
    if is_another {
        spellings.push(earlier.into());
    }
    spellings
}

/// Why a password is not accepted for the account of an address, in words that say what is. What this lets pass can still be weak
/// ([`Passwords::weakness`]).
pub fn objection(password: &str, email: &str) -> Option<String> {
    password_rules::broken_rule(prepared(password).expose_secret(), email)
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
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const SOMEBODY: Asker = Asker::stranger(IpAddr::V4(Ipv4Addr::LOCALHOST));

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let hashed = passwords
            .hash(SOMEBODY, "correct horse battery".into())
            .await
            .unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        let verify = |password: &str, hashed: Option<&str>| {
            let (passwords, password, hashed) = (
                passwords.clone(),
                password.to_owned().into(),
                hashed.map(str::to_owned),
            );
            async move { passwords.verify(SOMEBODY, password, hashed).await.unwrap() }
        };
        assert!(verify("correct horse battery", Some(&hashed)).await);
        assert!(!verify("correct horse batterz", Some(&hashed)).await);
        assert!(!verify("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn a_password_is_the_same_on_every_keyboard() {
        let passwords = Passwords::new().unwrap();
        let (composed, apart) = ("b\u{fc}cher im schrank", "bu\u{308}cher im\u{a0}schrank");
        let fits = async |typed: &str, hashed: &str| {
            let hashed = Some(hashed.to_owned());
            passwords
                .verify(SOMEBODY, typed.to_owned().into(), hashed)
                .await
                .unwrap()
        };
        for registered in [composed, apart] {
            let hashed = passwords
                .hash(SOMEBODY, registered.to_owned().into())
                .await
                .unwrap();
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

    #[test]
    fn a_password_is_computed_twice_at_most_whatever_it_is_made_of() {
        for (typed, most) in [
            ("correct horse battery", 1),
            ("b\u{fc}cher im schrank", 2),
            ("bu\u{308}cher im schrank", 2),
            ("bu\u{308}cher\u{a0}im schr\u{e4}nkchen", 2),
            ("\u{1e69}\u{2003}s\u{307}\u{323} \u{3000}\u{ac00}", 2),
        ] {
            let computed = spellings(typed).len();
            assert!(computed <= most, "{typed:?}: {computed}");
        }
    }

    /// Of the clock a test can say nothing; that the same is computed, at the same cost, it can.
    #[tokio::test]
    async fn where_there_is_no_account_the_same_work_is_done() {
        let passwords = Passwords {
            turns: Turns::new(Duration::ZERO),
            ..Passwords::new().unwrap()
        };
        let cost = |hashed: &str| hashed.rsplitn(3, '$').last().map(str::to_owned);
        let somebodys = passwords
            .hash(SOMEBODY, "correct horse battery".into())
            .await
            .unwrap();
        assert_eq!(cost(&passwords.nobodys), cost(&somebodys));
        let held = passwords.turns.wait(SOMEBODY).await.unwrap();
        let compared = passwords
            .verify(SOMEBODY, "correct horse battery".into(), None)
            .await;
        assert!(matches!(compared, Err(AccountError::Busy)), "{compared:?}");
        drop(held);
        assert!(
            !passwords
                .verify(SOMEBODY, "correct horse battery".into(), None)
                .await
                .unwrap()
        );
    }
}
