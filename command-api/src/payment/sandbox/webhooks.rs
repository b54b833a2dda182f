//! Webhooks that the sandbox sends, as Stripe does: signed, again until they are taken, and late, twice or in the
//! wrong order if it was told so.

use std::time::Duration;

use database::Session;
use serde_json::Value;
use sqlx::Row;
use time::OffsetDateTime;
use uuid::Uuid;

use super::provider::Provider;
use super::wire;
use crate::payment::webhook::{WebhookSecrets, sign};

/// Where webhooks go, and what they are signed with.
pub struct Webhooks {
    pub url: String,
    pub secrets: WebhookSecrets,
    pub http: reqwest::Client,
}

/// Delivered in one step.
const PAGE: i64 = 50;
/// What nobody took after so many tries is dropped; Stripe gives up after three days.
const MOST_TRIES: i32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What is being delivered belongs to one process for this long: longer than a page of deliveries that all hang.
const LEASE: Duration = Duration::from_mins(2);

struct Claimed {
    position: i64,
    payload: String,
    tried: i32,
}

impl Provider {
    /// Remembers a webhook in the transaction of what it tells of. Nobody listens: nothing is remembered.
    pub(super) async fn queue(
        &self,
        connection: &mut Session,
        kind: &str,
        object: &Value,
    ) -> Result<(), sqlx::Error> {
        if self.webhooks.is_none() {
            return Ok(());
        }
        let id = format!("evt_{}", Uuid::now_v7().simple());
        let created = OffsetDateTime::now_utc().unix_timestamp();
        sqlx::query(
            "with told as (select latency_ms, copies from sandbox_gateway.behaviour \
                 where operation = 'webhook' and method = '*') \
             insert into sandbox_gateway.webhooks (event_id, payload, due_at) \
             select $1, $2, clock_timestamp() + coalesce((select latency_ms from told), 0) * interval '1 ms' \
             from generate_series(1, coalesce((select copies from told), 1))",
        )
        .bind(&id)
        .bind(wire::event(&id, kind, created, object).to_string())
        .execute(connection)
        .await?;
        self.queued.notify_one();
        Ok(())
    }

    /// Tries to deliver what is due, one after the other. Says how many were tried.
    pub(super) async fn deliver(&self, webhooks: &Webhooks) -> Result<usize, sqlx::Error> {
        let claimed = self.claim().await?;
        for webhook in &claimed {
            let is_taken = self.post(webhooks, webhook).await;
            let done = if is_taken || webhook.tried >= MOST_TRIES {
                sqlx::query("delete from sandbox_gateway.webhooks where position = $1").bind(webhook.position)
            } else {
                sqlx::query(
                    "update sandbox_gateway.webhooks set due_at = clock_timestamp() + $2 * interval '1 second' \
                     where position = $1",
                )
                .bind(webhook.position)
                .bind(pause(webhook.tried).as_secs_f64())
            };
            done.execute(&self.pool).await?;
        }
        Ok(claimed.len())
    }

    /// Makes what is due ours for a while. The lease is committed: no row is locked while somebody is waited for.
    async fn claim(&self) -> Result<Vec<Claimed>, sqlx::Error> {
        let rows = sqlx::query(
            "with told as (select coalesce(bool_or(newest_first), false) as newest_first \
                 from sandbox_gateway.behaviour where operation = 'webhook'), \
             due as (select position from sandbox_gateway.webhooks where due_at <= clock_timestamp() \
                 order by position limit $1 for update skip locked), \
             claimed as (update sandbox_gateway.webhooks w \
                 set tried = tried + 1, due_at = clock_timestamp() + $2 * interval '1 second' \
                 from due where w.position = due.position returning w.position, w.payload, w.tried) \
             select claimed.* from claimed, told \
             order by case when newest_first then -position else position end",
        )
        .bind(PAGE)
        .bind(LEASE.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        let claimed = rows.iter().map(|row| {
            Ok(Claimed {
                position: row.try_get("position")?,
                payload: row.try_get("payload")?,
                tried: row.try_get("tried")?,
            })
        });
        claimed.collect()
    }

    /// Whether it was answered with success. Signed anew each time: the time is part of the signature.
    async fn post(&self, webhooks: &Webhooks, webhook: &Claimed) -> bool {
        let body = webhook.payload.as_bytes();
        let signature = sign(&webhooks.secrets, body, OffsetDateTime::now_utc());
        let sent = webhooks
            .http
            .post(&webhooks.url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(webhook.payload.clone())
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::info!(
                    status = answer.status().as_u16(),
                    "a webhook of the sandbox was not taken"
                );
                false
            }
            Err(error) => {
                tracing::info!(error = %error.without_url(), "a webhook of the sandbox was not delivered");
                false
            }
        }
    }
}

fn pause(tried: i32) -> Duration {
    let doublings = u32::try_from(tried).unwrap_or_default().saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}
