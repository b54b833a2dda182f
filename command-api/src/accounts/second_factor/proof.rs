//! Whether somebody who knows the password also has the second factor.

use database::Session;
use serde_json::Value;
use webauthn_rs::prelude::PublicKeyCredential;

use super::store::{self, tell};
use super::{SecondFactorError, SecondFactors, passkeys, recovery_codes, totp};
use crate::accounts::store::Account;
use crate::mails::FactorNews;

/// What is shown.
pub enum Proof {
    Code(String),
    RecoveryCode(String),
    Passkey(Box<PublicKeyCredential>),
}

/// Checks a proof and uses it up. `state` is what was asked of passkeys, `now` is in unix seconds. A mail says that a recovery code was used
/// if one may (`is_told`).
///
/// # Errors
/// [`SecondFactorError::WrongProof`].
pub async fn check(
    connection: &mut Session,
    factors: &SecondFactors,
    account: &Account,
    state: &Value,
    proof: &Proof,
    now: u64,
    is_told: bool,
) -> Result<(), SecondFactorError> {
    let is_right = match proof {
        Proof::Code(code) => is_code(connection, factors, account, code, now).await?,
        Proof::RecoveryCode(code) => {
            let is_one = recovery_codes::use_up(&mut *connection, account.id, code).await?;
            if is_one && is_told {
                tell(connection, account, FactorNews::CodeUsed).await?;
            }
            is_one
        }
        Proof::Passkey(answer) => {
            let party = factors.passkeys.as_ref().ok_or(SecondFactorError::NoPasskeys)?;
            if state.is_null() {
                return Err(SecondFactorError::WrongProof);
            }
            let result = passkeys::shown(party, state, answer)?;
            store::keep_passkey(connection, account.id, &result).await?;
            true
        }
    };
    if is_right {
        Ok(())
    } else {
        Err(SecondFactorError::WrongProof)
    }
}

/// Of any app of the account, and not shown before.
async fn is_code(
    connection: &mut Session,
    factors: &SecondFactors,
    account: &Account,
    code: &str,
    now: u64,
) -> Result<bool, SecondFactorError> {
    let mut unreadable = None;
    for (id, sealed) in store::secrets(&mut *connection, account.id).await? {
        let opened = match factors.keys.open(account.id, &sealed) {
            Ok(opened) => opened,
            // Its key is gone. Another app may be the one that is shown.
            Err(error) => {
                unreadable = Some(error);
                continue;
            }
        };
        let Some(step) = totp::step_of(&opened.secret, code, now)? else {
            continue;
        };
        let sealed_anew = if opened.is_outdated {
            Some(factors.keys.seal(account.id, &opened.secret)?)
        } else {
            None
        };
        if store::take_step(&mut *connection, id, step, sealed_anew).await? {
            return Ok(true);
        }
    }
    unreadable.map_or(Ok(false), Err)
}
