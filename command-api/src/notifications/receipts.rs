//! Staff's commands on webhooks are carried out once under one idempotency key, and their answers are repeated.
//!
//! These commands append nothing to the log, so the log's own receipts know nothing of them. Used by [`crate::routes::webhooks`].

use database::{Pool, Session, Transaction};
use time::OffsetDateTime;

use super::WebhookError;
use crate::command_loop::ReceiptKey;

/// What a command was answered.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Answered {
    pub status: i32,
    /// JSON, or empty.
    pub body: String,
}

/// What is to be done about a command.
pub enum Begun {
    /// It was carried out before.
    Replay(Answered),
    /// Carry it out on this, and say what it is answered.
    Now(Once),
}

/// A transaction that holds an idempotency key. Dropped without an answer, nothing has happened and the key is free.
pub struct Once {
    transaction: Transaction,
    key: Option<ReceiptKey>,
}

/// While another request with the same key is being carried out, this waits for it.
pub async fn begin(pool: &Pool, key: Option<ReceiptKey>) -> Result<Begun, WebhookError> {
    let mut transaction = pool.begin().await?;
    if let Some(key) = key {
        let is_first = sqlx::query(
            "insert into webhook_receipts (id, fingerprint, recorded_at) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(key.id)
        .bind(key.fingerprint)
        .bind(OffsetDateTime::now_utc())
        .execute(&mut *transaction)
        .await?
        .rows_affected()
            > 0;
        if !is_first {
            return replay(&mut transaction, key).await.map(Begun::Replay);
        }
    }
    Ok(Begun::Now(Once { transaction, key }))
}

async fn replay(connection: &mut Session, key: ReceiptKey) -> Result<Answered, WebhookError> {
    let kept = sqlx::query_as("select status, body from webhook_receipts where id = $1 and fingerprint = $2")
        .bind(key.id)
        .bind(key.fingerprint)
        .fetch_optional(connection)
        .await?;
    kept.ok_or(WebhookError::KeyReused)
}

impl Once {
    pub fn connection(&mut self) -> &mut Session {
        &mut self.transaction
    }

    /// Commits what was done together with what is answered.
    pub async fn answer(mut self, answered: &Answered) -> Result<(), WebhookError> {
        if let Some(key) = self.key {
            sqlx::query("update webhook_receipts set status = $2, body = $3 where id = $1")
                .bind(key.id)
                .bind(answered.status)
                .bind(&answered.body)
                .execute(&mut *self.transaction)
                .await?;
        }
        self.transaction.commit().await?;
        Ok(())
    }
}
