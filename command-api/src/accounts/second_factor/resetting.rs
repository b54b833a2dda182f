//! `command-api reset-factors ada@example.org`: for somebody who has lost every second factor and every recovery code.
//!
//! Whoever runs the shop knows them by other means first. Sessions and API keys end with it: whoever asked may not have been who they said.
//! So do roles: the next factor is set up by the password alone, and a role is granted again once it is known to be theirs.

use database::Pool;
use session::Roles;

use super::SecondFactorError;
use super::store::{remove_all, tell};
use crate::accounts::AccountError;
use crate::accounts::epoch::{self, Ended, Keys};
use crate::accounts::granting;
use crate::accounts::store::{self, Account};
use crate::mails::FactorNews;

/// What became of an account without its factors.
pub struct Reset {
    pub account: Account,
    /// It has to be told.
    pub ended: Ended,
    pub revoked: Roles,
}

/// The account signs in with its password alone again, and has no role beyond the shopper's.
///
/// # Errors
/// [`AccountError::NoAccount`] where nobody has this address; [`SecondFactorError::NoFactor`] where there is nothing to reset.
pub async fn reset(pool: &Pool, email: &str) -> Result<Reset, SecondFactorError> {
    let account = store::by_email(pool, email).await?;
    let account = account.ok_or(AccountError::NoAccount)?;
    let mut transaction = pool.begin().await?;
    let roles = store::lock(&mut transaction, account.id).await?;
    if !remove_all(&mut transaction, account.id).await? {
        return Err(SecondFactorError::NoFactor);
    }
    let revoked = granting::revoke_all(&mut transaction, account.id, roles).await?;
    let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
    tell(&mut transaction, &account, FactorNews::Reset).await?;
    transaction.commit().await?;
    Ok(Reset {
        account,
        ended,
        revoked,
    })
}
