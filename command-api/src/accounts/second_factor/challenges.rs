//! What was asked and is not answered yet: the second step of a sign-in, or the proof that a new factor works.
//!
//! Each is known by a secret that the browser has and of which only a hash is stored. It is answered once, within minutes, and may be
//! answered wrongly a few times.

use std::time::Duration;

use database::Pool;
use sqlx::postgres::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::SecondFactorError;
use crate::accounts::links::hash;
use crate::accounts::store::Account;

/// Wrong answers, the last one included.
const MOST_ATTEMPTS: i32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Totp,
    Passkey,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    pub const fn life(self) -> Duration {
        match self {
            Self::SignIn => Duration::from_mins(5),
            // An app may have to be installed first.
            Self::Totp | Self::Passkey => Duration::from_mins(15),
        }
    }
}

#[derive(sqlx::FromRow)]
pub struct Challenge {
    pub account_id: Uuid,
    epoch: i32,
    pub state: Json<serde_json::Value>,
}

impl Challenge {
    /// # Errors
    /// It was another account's, or all sessions of the account were ended since: by a new password, say.
    pub fn check(&self, account: &Account) -> Result<(), SecondFactorError> {
        if self.account_id == account.id && self.epoch == account.epoch {
            Ok(())
        } else {
            Err(SecondFactorError::ChallengeOver)
        }
    }
}

/// The secret that goes to the browser.
pub async fn create(
    executor: impl PgExecutor<'_>,
    account: &Account,
    purpose: Purpose,
    state: &serde_json::Value,
) -> Result<String, SecondFactorError> {
    let secret = session::secret().map_err(crate::accounts::AccountError::from)?;
    sqlx::query(
        "insert into second_factor_challenges (hash, account_id, purpose, epoch, state, expires_at)
         values ($1, $2, $3, $4, $5, now() + $6::float8 * interval '1 second')",
    )
    .bind(hash(&secret))
    .bind(account.id)
    .bind(purpose.name())
    .bind(account.epoch)
    .bind(Json(state))
    .bind(purpose.life().as_secs_f64())
    .execute(executor)
    .await?;
    Ok(secret)
}

/// What was asked, for one attempt at answering it. The attempt counts whatever becomes of it.
///
/// # Errors
/// [`SecondFactorError::ChallengeOver`], also where nothing was asked.
pub async fn attempt(pool: &Pool, purpose: Purpose, secret: &str) -> Result<Challenge, SecondFactorError> {
    let asked = sqlx::query_as(
        "update second_factor_challenges set attempts = attempts + 1
         where hash = $1 and purpose = $2 and expires_at > now() and attempts < $3
         returning account_id, epoch, state",
    )
    .bind(hash(secret))
    .bind(purpose.name())
    .bind(MOST_ATTEMPTS)
    .fetch_optional(pool)
    .await?;
    asked.ok_or(SecondFactorError::ChallengeOver)
}

/// It was answered. Called in the transaction of what the answer is for, so that of two answers at once one counts.
///
/// # Errors
/// [`SecondFactorError::ChallengeOver`] where somebody else was first.
pub async fn answered(executor: impl PgExecutor<'_>, secret: &str) -> Result<(), SecondFactorError> {
    let done = sqlx::query("delete from second_factor_challenges where hash = $1")
        .bind(hash(secret))
        .execute(executor)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(SecondFactorError::ChallengeOver)
    }
}

/// Deletes what has expired. How many they were.
pub async fn sweep(pool: &Pool) -> Result<u64, sqlx::Error> {
    database::in_portions(async |most| {
        let done = sqlx::query(
            "delete from second_factor_challenges where hash in (
                 select hash from second_factor_challenges where expires_at < now()
                 order by expires_at limit $1 for update skip locked)",
        )
        .bind(most)
        .execute(pool)
        .await?;
        Ok(done.rows_affected())
    })
    .await
}
