//! What the payment gateway sent by itself, each once. The command API notes them as they come in.

use std::time::Duration;

use database::Pool;
use uuid::Uuid;

use crate::pool::{self, Commits};

#[derive(Clone)]
pub struct GatewayNotices {
    pool: Pool,
}

impl GatewayNotices {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        // The gateway is told that it need not send it again: that has to be true.
        let pool = pool::open(url, "gateway-notices", Commits::Wait).await?;
        Ok(Self { pool })
    }

    /// Notes one. False where it was noted before.
    pub async fn is_new(
        &self,
        event_id: &str,
        payment: Option<Uuid>,
        kind: &str,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "insert into gateway_notices (event_id, payment_id, kind) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(event_id)
        .bind(payment)
        .bind(kind)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets those that no gateway sends again. How many they were.
    pub async fn sweep(&self, older_than: Duration) -> Result<u64, sqlx::Error> {
        database::in_portions(async |most| {
            let done = sqlx::query(
                "delete from gateway_notices where event_id in (
                     select event_id from gateway_notices
                     where received_at < now() - $1::float8 * interval '1 second'
                     order by received_at limit $2 for update skip locked)",
            )
            .bind(older_than.as_secs_f64())
            .bind(most)
            .execute(&self.pool)
            .await?;
            Ok(done.rows_affected())
        })
        .await
    }
}
