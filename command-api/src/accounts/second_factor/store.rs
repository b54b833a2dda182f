//! The rows of second factors.

use database::{Pool, Session};
use session::Roles;
use sqlx::FromRow;
use sqlx::postgres::PgExecutor;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::{CredentialID, Passkey};

use super::{MAX_FACTORS, SecondFactorError, passkeys, recovery_codes};
use crate::accounts::epoch::{self, Ended, Keys};
use crate::accounts::granting;
use crate::accounts::store::{self, Account};
use crate::mails::{FactorNews, Mail};

/// As its owner sees it.
#[derive(Debug, FromRow)]
pub struct Factor {
    pub id: Uuid,
    pub kind: String,
    pub name: String,
    pub created_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
}

/// A factor that has just proved that it works.
pub enum NewFactor {
    Totp {
        /// Sealed.
        secret: Vec<u8>,
        /// Of the code that proved it.
        step: i64,
    },
    Passkey(Box<Passkey>),
}

/// What became of an account with a new factor.
pub struct Added {
    pub factor: Factor,
    pub first: Option<First>,
}

/// What comes with the first one.
pub struct First {
    /// Shown once.
    pub codes: Vec<String>,
    /// Every session.
    pub ended: Ended,
    /// The account had these without a factor. It has them no more.
    pub revoked: Roles,
}

/// What became of an account with one factor less.
pub struct Removed {
    /// Every session and API key.
    pub ended: Ended,
    pub was_last: bool,
}

const COLUMNS: &str = "id, kind, name, created_at, last_used_at";

/// The oldest first.
pub async fn list(executor: impl PgExecutor<'_>, account: Uuid) -> Result<Vec<Factor>, sqlx::Error> {
    let sql = format!("select {COLUMNS} from second_factors where account_id = $1 order by created_at, id");
    sqlx::query_as(&sql).bind(account).fetch_all(executor).await
}

/// Adds a factor, and says so in a mail if one may (`is_told`). With the first one come recovery codes and a new epoch. Roles that the
/// account has without a factor, from before a role needed one, are revoked: whoever sets it up knows the password alone, and a mailbox
/// gives that.
///
/// # Errors
/// [`SecondFactorError::TooMany`], [`SecondFactorError::PasskeyTaken`]; [`AccountError::Changed`](crate::accounts::AccountError::Changed) where the
/// account was taken back since it was read, as below.
pub async fn add(
    connection: &mut Session,
    account: &Account,
    name: &str,
    new: NewFactor,
    is_told: bool,
) -> Result<Added, SecondFactorError> {
    // One after the other: two at once would both find room for one.
    let roles = store::lock_unchanged(connection, account).await?;
    let before = count(&mut *connection, account.id).await?;
    if before >= MAX_FACTORS {
        return Err(SecondFactorError::TooMany);
    }
    let (kind, secret, step, passkey) = match new {
        NewFactor::Totp { secret, step } => ("totp", Some(secret), Some(step), None),
        NewFactor::Passkey(passkey) => ("passkey", None, None, Some(passkey)),
    };
    // Not as a violation of uniqueness: PostgreSQL would write the passkey's id to its log.
    let sql = format!(
        "insert into second_factors (id, account_id, kind, name, secret, last_step, credential_id, credential)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (credential_id) do nothing returning {COLUMNS}"
    );
    let factor: Option<Factor> = sqlx::query_as(&sql)
        .bind(Uuid::now_v7())
        .bind(account.id)
        .bind(kind)
        .bind(name)
        .bind(secret)
        .bind(step)
        .bind(passkey.as_ref().map(|passkey| passkey.cred_id().as_slice()))
        .bind(passkey.as_ref().map(Json))
        .fetch_optional(&mut *connection)
        .await?;
    let factor = factor.ok_or(SecondFactorError::PasskeyTaken)?;
    let first = if before == 0 {
        let revoked = granting::revoke_all(&mut *connection, account.id, roles).await?;
        let keys = if revoked.is_privileged() {
            Keys::All
        } else {
            Keys::None
        };
        Some(First {
            codes: recovery_codes::renew(&mut *connection, account.id).await?,
            ended: epoch::begin(&mut *connection, account.id, keys).await?,
            revoked,
        })
    } else {
        None
    };
    if is_told {
        tell(connection, account, FactorNews::Added).await?;
    }
    Ok(Added { factor, first })
}

/// Removes a factor, begins a new epoch, and says so in a mail if one may (`is_told`): whoever has the factor may have a session and keys by it. With the last
/// one go the recovery codes.
///
/// # Errors
/// [`SecondFactorError::NoFactor`]; [`SecondFactorError::LastOne`] of an account with a role beyond the shopper's.
pub async fn remove(
    pool: &Pool,
    account: &Account,
    id: Uuid,
    is_told: bool,
) -> Result<Removed, SecondFactorError> {
    let mut transaction = pool.begin().await?;
    let roles = store::lock_unchanged(&mut transaction, account).await?;
    let done = sqlx::query("delete from second_factors where id = $1 and account_id = $2")
        .bind(id)
        .bind(account.id)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(SecondFactorError::NoFactor);
    }
    let was_last = count(&mut *transaction, account.id).await? == 0;
    if was_last {
        if roles.is_privileged() {
            return Err(SecondFactorError::LastOne);
        }
        recovery_codes::forget(&mut *transaction, account.id).await?;
    }
    let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
    if is_told {
        tell(&mut transaction, account, FactorNews::Removed).await?;
    }
    transaction.commit().await?;
    Ok(Removed { ended, was_last })
}

/// Removes every factor and the recovery codes. Whether there was any factor.
pub async fn remove_all(connection: &mut Session, account: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("delete from second_factors where account_id = $1")
        .bind(account)
        .execute(&mut *connection)
        .await?;
    recovery_codes::forget(connection, account).await?;
    Ok(done.rows_affected() > 0)
}

/// Ten new recovery codes, a new epoch, and a mail that says so if one may (`is_told`): whoever has the old codes may have signed in by one.
///
/// # Errors
/// [`SecondFactorError::NoFactor`] where there is none that they could stand in for.
pub async fn renew_codes(
    pool: &Pool,
    account: &Account,
    is_told: bool,
) -> Result<(Vec<String>, Ended), SecondFactorError> {
    let mut transaction = pool.begin().await?;
    store::lock_unchanged(&mut transaction, account).await?;
    if count(&mut *transaction, account.id).await? == 0 {
        return Err(SecondFactorError::NoFactor);
    }
    let codes = recovery_codes::renew(&mut transaction, account.id).await?;
    let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
    if is_told {
        tell(&mut transaction, account, FactorNews::NewCodes).await?;
    }
    transaction.commit().await?;
    Ok((codes, ended))
}

pub async fn tell(connection: &mut Session, account: &Account, news: FactorNews) -> Result<(), sqlx::Error> {
    let mail = Mail::SecondFactor { news };
    mail.to(connection, account.id, &account.email).await
}

async fn count(executor: impl PgExecutor<'_>, account: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from second_factors where account_id = $1")
        .bind(account)
        .fetch_one(executor)
        .await
}

/// The sealed secrets of an account's apps.
pub async fn secrets(
    executor: impl PgExecutor<'_>,
    account: Uuid,
) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as("select id, secret from second_factors where account_id = $1 and kind = 'totp'")
        .bind(account)
        .fetch_all(executor)
        .await
}

/// A code of this step was shown. False where one of this step, or of a later one, was shown before: then it does not count.
pub async fn take_step(
    executor: impl PgExecutor<'_>,
    id: Uuid,
    step: i64,
    sealed_anew: Option<Vec<u8>>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update second_factors set last_step = $2, last_used_at = now(), secret = coalesce($3, secret)
         where id = $1 and (last_step is null or last_step < $2)",
    )
    .bind(id)
    .bind(step)
    .bind(sealed_anew)
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Those that can be read. One that cannot must not keep its owner from signing in by another factor.
pub async fn passkeys(executor: impl PgExecutor<'_>, account: Uuid) -> Result<Vec<Passkey>, sqlx::Error> {
    let stored: Vec<(Uuid, Option<Json<serde_json::Value>>)> = sqlx::query_as(
        "select id, credential from second_factors where account_id = $1 and kind = 'passkey' order by created_at, id",
    )
    .bind(account)
    .fetch_all(executor)
    .await?;
    let read = |(factor, stored): (Uuid, Option<Json<serde_json::Value>>)| {
        let read = stored.and_then(|Json(stored)| passkeys::from_json(&stored).ok());
        if read.is_none() {
            // Why not would quote it.
            tracing::warn!(%account, %factor, "a passkey cannot be read, and is not asked for");
        }
        read
    };
    Ok(stored.into_iter().filter_map(read).collect())
}

/// Keeps what is stored of a passkey up to date: its counter, whether it is backed up.
pub async fn keep_passkey(
    connection: &mut Session,
    account: Uuid,
    result: &webauthn_rs::prelude::AuthenticationResult,
) -> Result<(), SecondFactorError> {
    let id: &CredentialID = result.cred_id();
    let stored: Option<Json<serde_json::Value>> = sqlx::query_scalar(
        "select credential from second_factors where account_id = $1 and credential_id = $2 for update",
    )
    .bind(account)
    .bind(id.as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    // It was removed since it was asked for.
    let Json(stored) = stored.ok_or(SecondFactorError::WrongProof)?;
    let mut passkey: Passkey = passkeys::from_json(&stored)?;
    passkey.update_credential(result);
    sqlx::query(
        "update second_factors set credential = $3, last_used_at = now() where account_id = $1 and credential_id = $2",
    )
    .bind(account)
    .bind(id.as_slice())
    .bind(Json(&passkey))
    .execute(connection)
    .await?;
    Ok(())
}
