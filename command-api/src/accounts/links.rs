//! Links in mails that work once: to confirm an address, to choose a new password.
//!
//! Only a hash of the secret is stored. A newer link of the same purpose takes the place of the older one.

use std::time::Duration;

use database::Pool;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgExecutor;
use uuid::Uuid;

use super::AccountError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    ConfirmEmail,
    ResetPassword,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm-email",
            Self::ResetPassword => "reset-password",
        }
    }

    /// Mails are late: some servers let a sender that they do not know wait for a quarter of an hour. A link for a new password is asked for by
    /// whoever waits for it; one that confirms an address may be read the next morning, and is worth nothing to anybody but the account's own
    /// session or somebody who reads its mails (docs/decisions/0018).
    pub const fn life(self) -> Duration {
        match self {
            Self::ConfirmEmail => Duration::from_hours(24),
            Self::ResetPassword => Duration::from_mins(30),
        }
    }
}

/// Whose link was used, and the address that it was sent to.
#[derive(Debug, sqlx::FromRow)]
pub struct Used {
    pub account_id: Uuid,
    pub email: Option<String>,
}

/// The secret that goes into the mail.
pub async fn create(
    executor: impl PgExecutor<'_>,
    account: Uuid,
    purpose: Purpose,
    email: Option<&str>,
) -> Result<String, AccountError> {
    let secret = session::secret()?;
    sqlx::query(
        "insert into account_links (hash, account_id, purpose, email, expires_at)
         values ($1, $2, $3, $4, now() + $5::float8 * interval '1 second')
         on conflict (account_id, purpose)
             do update set hash = excluded.hash, email = excluded.email, expires_at = excluded.expires_at",
    )
    .bind(hash(&secret))
    .bind(account)
    .bind(purpose.name())
    .bind(email)
    .bind(purpose.life().as_secs_f64())
    .execute(executor)
    .await?;
    Ok(secret)
}

/// Whose link it is, which stays as it is.
///
/// # Errors
/// [`AccountError::LinkExpired`], also where there never was such a link.
pub async fn account_of(
    executor: impl PgExecutor<'_>,
    purpose: Purpose,
    secret: &str,
) -> Result<Uuid, AccountError> {
    let account = sqlx::query_scalar(
        "select account_id from account_links where hash = $1 and purpose = $2 and expires_at > now()",
    )
    .bind(hash(secret))
    .bind(purpose.name())
    .fetch_optional(executor)
    .await?;
    account.ok_or(AccountError::LinkExpired)
}

/// Uses a link up.
///
/// # Errors
/// [`AccountError::LinkExpired`], also where there never was such a link.
pub async fn consume(
    executor: impl PgExecutor<'_>,
    purpose: Purpose,
    secret: &str,
) -> Result<Used, AccountError> {
    let used = sqlx::query_as(
        "delete from account_links where hash = $1 and purpose = $2 and expires_at > now() returning account_id, email",
    )
    .bind(hash(secret))
    .bind(purpose.name())
    .fetch_optional(executor)
    .await?;
    used.ok_or(AccountError::LinkExpired)
}

/// Deletes what has expired. How many they were.
pub async fn sweep(pool: &Pool) -> Result<u64, sqlx::Error> {
    database::in_portions(async |most| {
        let done = sqlx::query(
            "delete from account_links where hash in (
                 select hash from account_links where expires_at < now()
                 order by expires_at limit $1 for update skip locked)",
        )
        .bind(most)
        .execute(pool)
        .await?;
        Ok(done.rows_affected())
    })
    .await
}

/// Of what only its holder knows, and that is found by it.
pub(super) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
