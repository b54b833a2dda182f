//! Second factors of accounts: one-time codes of an app (TOTP), passkeys, and recovery codes for when neither is at hand.
//!
//! Called by [`crate::routes::accounts`] and by `command-api reset-factors`. An account that has one signs in with it, and only
//! such a session is worth a role beyond the shopper's. See decision 0019.

pub mod challenges;
pub mod passkeys;
pub mod proof;
pub mod recovery_codes;
pub mod resetting;
pub mod sealing;
pub mod store;
pub mod totp;

use secrecy::SecretString;
use webauthn_rs::Webauthn;

use super::AccountError;
use sealing::{SecretKeys, WeakKeys};

/// Of one account, passkeys and apps together.
pub const MAX_FACTORS: i64 = 10;

/// What the routes need besides the tables.
pub struct SecondFactors {
    pub keys: SecretKeys,
    /// None where the shop has no name: browsers bind a passkey to a domain, and an IP address is none.
    pub passkeys: Option<Webauthn>,
}

impl SecondFactors {
    /// # Errors
    /// A key is too short.
    pub fn new(keys: &SecretString, public_origins: &[String]) -> Result<Self, WeakKeys> {
        Ok(Self {
            keys: SecretKeys::parse(keys)?,
            passkeys: passkeys::relying_party(public_origins),
        })
    }
}

/// Why something about a second factor was not done.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    #[error("the code or the passkey is not right")]
    WrongProof,
    #[error("what was asked has expired, was answered, or was answered wrongly too often")]
    ChallengeOver,
    #[error("there is no such second factor")]
    NoFactor,
    #[error("there are {MAX_FACTORS} second factors already")]
    TooMany,
    #[error("the account has a role, so its last second factor stays")]
    LastOne,
    #[error("another account, or this one, has this passkey already")]
    PasskeyTaken,
    #[error("passkeys need a domain, and the shop has none")]
    NoPasskeys,
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Made by a key that is not configured any more, or not what this release writes.
    #[error("a second factor cannot be read: {0}")]
    Unreadable(String),
}

impl From<sqlx::Error> for SecondFactorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Account(error.into())
    }
}
