//! A new password and another address: by somebody who is signed in, or by a link in a mail.
//!
//! Each locks the account's row before anything that hangs on it, as [`super::epoch`] does: in another order two of them could wait for each
//! other. What somebody who is signed in asked for is refused where the account was taken back since their password was checked.

use database::{Pool, Session};
use uuid::Uuid;

use super::AccountError;
use super::epoch::Ended;
use super::links::{self, Purpose};
use super::second_factor;
use super::store::{self, Account};
use crate::mails::{FactorNews, Mail};
use crate::router::App;

/// The password of an account becomes another one, and a mail says so if one may (`is_told`).
///
/// # Errors
/// [`AccountError::Changed`] where `account` was taken back since it was read.
pub async fn change_password(
    pool: &Pool,
    account: &Account,
    hash: &str,
    is_told: bool,
) -> Result<Ended, AccountError> {
    let mut transaction = pool.begin().await?;
    store::lock_unchanged(&mut transaction, account).await?;
    let ended = store::set_password(&mut transaction, account.id, hash).await?;
    if is_told {
        Mail::PasswordChanged
            .to(&mut transaction, account.id, &account.email)
            .await?;
    }
    transaction.commit().await?;
    Ok(ended)
}

/// Sends a link that makes `email` the account's confirmed address.
///
/// # Errors
/// [`AccountError::Changed`], as above: the link would bring the account back.
pub async fn ask_to_confirm(app: &App, account: &Account, email: &str) -> Result<(), AccountError> {
    let mut transaction = app.accounts.pool.begin().await?;
    put_confirmation(app, &mut transaction, account, email).await?;
    Ok(transaction.commit().await?)
}

/// The same in a transaction of the caller's.
///
/// # Errors
/// [`AccountError::Changed`].
pub async fn put_confirmation(
    app: &App,
    connection: &mut Session,
    account: &Account,
    email: &str,
) -> Result<(), AccountError> {
    store::lock_unchanged(&mut *connection, account).await?;
    let secret = links::create(&mut *connection, account.id, Purpose::ConfirmEmail, Some(email)).await?;
    let link = app.page(&format!("/account/confirm#{secret}"));
    Ok(Mail::ConfirmEmail { link }
        .to(connection, account.id, email)
        .await?)
}

/// Sends a link by which a new password is chosen, if there is an account of this address.
///
/// # Errors
/// [`AccountError::Changed`]: by now the account may have another address, and this one is somebody else's.
pub async fn send_reset(app: &App, email: &str) -> Result<(), AccountError> {
    let pool = &app.accounts.pool;
    let Some(account) = store::by_email(pool, email).await? else {
        return Ok(());
    };
    let mut transaction = pool.begin().await?;
    store::lock_unchanged(&mut transaction, &account).await?;
    let secret = links::create(&mut *transaction, account.id, Purpose::ResetPassword, None).await?;
    let link = app.page(&format!("/account/reset#{secret}"));
    Mail::ResetPassword { link }
        .to(&mut transaction, account.id, &account.email)
        .await?;
    Ok(transaction.commit().await?)
}

/// What became of an account whose password was chosen anew by a link.
pub struct Reset {
    pub account: Uuid,
    pub ended: Ended,
    /// Somebody had set up second factors before the address was ever confirmed.
    pub has_lost_factors: bool,
}

/// # Errors
/// [`AccountError::LinkExpired`].
pub async fn reset_password(pool: &Pool, token: &str, hash: &str) -> Result<Reset, AccountError> {
    let mut transaction = pool.begin().await?;
    let (before, _) = open_link(&mut transaction, Purpose::ResetPassword, token).await?;
    let ended = store::set_password(&mut transaction, before.id, hash).await?;
    let has_lost_factors = remove_strangers_factors(&mut transaction, &before).await?;
    Mail::PasswordChanged
        .to(&mut transaction, before.id, &before.email)
        .await?;
    transaction.commit().await?;
    Ok(Reset {
        account: before.id,
        ended,
        has_lost_factors,
    })
}

/// What became of an account whose address was confirmed.
pub struct Confirmed {
    pub account: Uuid,
    pub email: String,
    /// It had another one before.
    pub has_new_email: bool,
    /// With a new password.
    pub ended: Option<Ended>,
    pub has_lost_factors: bool,
}

/// Makes the address of a link the account's. `hash` is that of a new password; `opened_in` says which account is signed in where the
/// link is opened, and in which epoch.
///
/// # Errors
/// [`AccountError::LinkExpired`]; [`AccountError::NewPasswordNeeded`] and [`AccountError::OwnSessionNeeded`], with which the link still works;
/// [`AccountError::EmailTaken`].
pub async fn confirm_email(
    pool: &Pool,
    token: &str,
    hash: Option<&str>,
    opened_in: Option<(Uuid, i32)>,
) -> Result<Confirmed, AccountError> {
    let mut transaction = pool.begin().await?;
    let (before, email) = open_link(&mut transaction, Purpose::ConfirmEmail, token).await?;
    let email = email.unwrap_or_else(|| before.email.clone());
    let has_new_email = before.email != email;
    let is_own = opened_in == Some((before.id, before.epoch));
    if !is_own {
        // Whoever reads the mails of an address that the account never had gets no password of it: it would take the account from its
        // owner, who may have mistyped that address, or lock them into one that somebody else's factor opens.
        if has_new_email && (before.is_confirmed || before.has_second_factor) {
            return Err(AccountError::OwnSessionNeeded);
        }
        let is_known = before.is_confirmed && !has_new_email;
        if hash.is_none() && !is_known {
            return Err(AccountError::NewPasswordNeeded);
        }
    }
    let ended = match hash {
        Some(hash) => Some(store::set_password(&mut transaction, before.id, hash).await?),
        None => None,
    };
    let has_lost_factors =
        ended.is_some() && !is_own && remove_strangers_factors(&mut transaction, &before).await?;
    store::confirm_email(&mut transaction, before.id, &email).await?;
    if has_new_email {
        // Whoever did not mean this hears of it where they can still be reached.
        Mail::EmailChanged
            .to(&mut transaction, before.id, &before.email)
            .await?;
    }
    if ended.is_some() {
        Mail::PasswordChanged
            .to(&mut transaction, before.id, &email)
            .await?;
    }
    transaction.commit().await?;
    Ok(Confirmed {
        account: before.id,
        email,
        has_new_email,
        ended,
        has_lost_factors,
    })
}

/// Uses a link up: whose it is, as it was before, and the address that the link was sent to. The account stays locked.
async fn open_link(
    connection: &mut Session,
    purpose: Purpose,
    token: &str,
) -> Result<(Account, Option<String>), AccountError> {
    let account = links::account_of(&mut *connection, purpose, token).await?;
    // An account that was erased meanwhile took its links along.
    store::lock(&mut *connection, account)
        .await
        .map_err(|error| match error {
            AccountError::NoAccount => AccountError::LinkExpired,
            other => other,
        })?;
    // It may have ended while somebody else held the account.
    let used = links::consume(&mut *connection, purpose, token).await?;
    Ok((store::by_id(connection, used.account_id).await?, used.email))
}

/// Whoever has a new password by a mail to an address that nobody had confirmed may be another person than the one who registered with
/// it, and would be asked for that one's second factor. Whether there was any. With a role the factors stay: earlier releases gave roles to
/// addresses that nobody had confirmed, and whoever reads a mailbox must not have both its password and its factor by that.
async fn remove_strangers_factors(connection: &mut Session, before: &Account) -> Result<bool, AccountError> {
    let stays = before.is_confirmed || before.roles.is_privileged();
    if stays || !second_factor::store::remove_all(&mut *connection, before.id).await? {
        return Ok(false);
    }
    second_factor::store::tell(connection, before, FactorNews::ResetByLink).await?;
    Ok(true)
}
