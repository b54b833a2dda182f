//! `command-api reset-factors ada@example.org`: for somebody who has lost every second factor and every recovery code.
//!
//! Whoever runs the shop knows them by other means first. Sessions and API keys end with it: whoever asked may not have been who they said.

use database::Pool;

use super::SecondFactorError;
use super::store::{remove_all, tell};
use crate::accounts::AccountError;
use crate::accounts::epoch::{self, Ended, Keys};
use crate::accounts::store::{self, Account};
use crate::mails::FactorNews;

/// The account signs in with its password alone again. What ended has to be told.
///
/// # Errors
/// [`AccountError::NoAccount`] where nobody has this address; [`SecondFactorError::NoFactor`] where there is nothing to reset.
pub async fn reset(pool: &Pool, email: &str) -> Result<(Account, Ended), SecondFactorError> {
    let account = store::by_email(pool, email).await?;
    let account = account.ok_or(AccountError::NoAccount)?;
    let mut transaction = pool.begin().await?;
    store::lock(&mut transaction, account.id).await?;
    if !remove_all(&mut transaction, account.id).await? {
        return Err(SecondFactorError::NoFactor);
    }
    let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
    tell(&mut transaction, &account, FactorNews::Reset).await?;
    transaction.commit().await?;
    Ok((account, ended))
}
