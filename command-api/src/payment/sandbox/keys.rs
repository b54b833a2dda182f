//! Idempotency keys as Stripe's API v1 keeps them: what was answered first, be it yes or no, is answered again for a
//! day; other words under the same key are an error, and so is a question that is being answered right now. A question
//! that is not even valid leaves nothing behind.

use database::{Pool, Session, Transaction};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::types::Json;

use super::books::{Intent, Refund, Refusal};
use super::provider::Trouble;

/// Stripe forgets a key once it is at least this old.
const KEPT_FOR: &str = "24 hours";

/// What is kept under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Intent(Intent),
    Refund(Refund),
    Refused(Refusal),
}

pub enum Turn {
    /// It was answered before.
    Replayed(Answer),
    First(First),
}

/// Nobody else answers under this key until [`First::answered`], or until it is dropped: then nothing happened.
pub struct First {
    transaction: Transaction,
    key: Option<String>,
}

/// Begins to answer. Without a key every question is a first one.
pub async fn begin(pool: &Pool, key: Option<&str>, fingerprint: &str) -> Result<Turn, Trouble> {
    let mut transaction = pool.begin().await?;
    let Some(key) = key else {
        return Ok(Turn::First(First {
            transaction,
            key: None,
        }));
    };
    if let Some(answer) = kept(&mut transaction, key, fingerprint).await? {
        return Ok(Turn::Replayed(answer));
    }
    // Held until the commit. Whoever asks meanwhile does not wait: that is what Stripe's 409 says.
    let is_ours: bool =
        sqlx::query("select pg_try_advisory_xact_lock(hashtextextended('sandbox_gateway ' || $1, 0))")
            .bind(key)
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
    if !is_ours {
        return Err(Trouble::Refused(Refusal {
            status: 409,
            ..Refusal::invalid("idempotency_key_in_use", "This key is in use by another request.")
        }));
    }
    // Whoever held it may have answered between our look and our turn.
    if let Some(answer) = kept(&mut transaction, key, fingerprint).await? {
        return Ok(Turn::Replayed(answer));
    }
    sqlx::query(
        "insert into sandbox_gateway.keys (key, fingerprint) values ($1, $2) on conflict (key) do update \
         set fingerprint = excluded.fingerprint, answer = null, created_at = clock_timestamp()",
    )
    .bind(key)
    .bind(fingerprint)
    .execute(&mut *transaction)
    .await?;
    let key = Some(key.to_owned());
    Ok(Turn::First(First { transaction, key }))
}

/// What was answered before, unless it is too old to count.
async fn kept(connection: &mut Session, key: &str, fingerprint: &str) -> Result<Option<Answer>, Trouble> {
    let kept = sqlx::query(&format!(
        "select fingerprint, answer from sandbox_gateway.keys \
         where key = $1 and answer is not null and created_at > clock_timestamp() - interval '{KEPT_FOR}'"
    ))
    .bind(key)
    .fetch_optional(connection)
    .await?;
    let Some(kept) = kept else {
        return Ok(None);
    };
    if kept.try_get::<&str, _>("fingerprint")? != fingerprint {
        return Err(Trouble::Refused(Refusal {
            kind: "idempotency_error".to_owned(),
            ..Refusal::invalid(
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            )
        }));
    }
    let Json(answer) = kept.try_get("answer")?;
    Ok(Some(answer))
}

impl First {
    /// Where the answer is worked out.
    pub fn connection(&mut self) -> &mut Session {
        &mut self.transaction
    }

    /// Keeps the answer with all that was done for it.
    pub async fn answered(mut self, answer: &Answer) -> Result<(), Trouble> {
        if let Some(key) = &self.key {
            sqlx::query("update sandbox_gateway.keys set answer = $2 where key = $1")
                .bind(key)
                .bind(Json(answer))
                .execute(&mut *self.transaction)
                .await?;
        }
        self.transaction.commit().await?;
        Ok(())
    }
}
