//! Who is told of events, and with which secrets their messages are signed.
//!
//! Written by staff's routes ([`crate::routes::webhooks`]) and, where an endpoint fails, by [`super::deliveries`].

use std::time::Duration;

use database::Session;
use serde::Serialize;
use sqlx::postgres::PgExecutor;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::signature::Secret;
use super::{WebhookError, backoff};

/// Each one is looked at for every event.
pub const MAX_SUBSCRIPTIONS: i64 = 100;

/// Who is told of what.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = WebhookSubscription)]
pub struct Subscription {
    pub id: Uuid,
    #[schema(example = "https://example.com/hooks/cartwright")]
    pub url: String,
    /// Empty: all.
    #[schema(example = json!(["order.OrderPlaced"]))]
    pub event_types: Vec<String>,
    pub enabled: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// No attempt has succeeded since then.
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub failing_since: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A secret, on the only occasion on which it is shown.
#[derive(Clone, Debug)]
pub struct Issued {
    pub id: Uuid,
    pub secret: Secret,
}

const COLUMNS: &str = "id, url, event_types, enabled, disabled_reason, failing_since, created_at";

pub async fn list(executor: impl PgExecutor<'_>) -> Result<Vec<Subscription>, sqlx::Error> {
    let sql = format!("select {COLUMNS} from webhook_subscriptions order by id");
    sqlx::query_as(&sql).fetch_all(executor).await
}

pub async fn find(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Subscription, WebhookError> {
    let sql = format!("select {COLUMNS} from webhook_subscriptions where id = $1");
    let found = sqlx::query_as(&sql).bind(id).fetch_optional(executor).await?;
    found.ok_or(WebhookError::NoSubscription)
}

pub async fn create(
    connection: &mut Session,
    url: &str,
    event_types: &[String],
) -> Result<Issued, WebhookError> {
    let (id, secret) = (Uuid::now_v7(), Secret::generate()?);
    // Two at once may both see the last place and take it: the limit protects the machine, nobody's rights.
    let created = sqlx::query(
        "insert into webhook_subscriptions (id, url, event_types)
         select $1, $2, $3 where (select count(*) from webhook_subscriptions) < $4",
    )
    .bind(id)
    .bind(url)
    .bind(event_types)
    .bind(MAX_SUBSCRIPTIONS)
    .execute(&mut *connection)
    .await?;
    if created.rows_affected() == 0 {
        return Err(WebhookError::TooMany);
    }
    insert_secret(connection, id, &secret).await?;
    Ok(Issued { id, secret })
}

/// With its deliveries. What is being sent at this moment is still sent.
pub async fn delete(connection: &mut Session, id: Uuid) -> Result<(), WebhookError> {
    let deleted = sqlx::query("delete from webhook_subscriptions where id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    found(deleted.rows_affected())
}

/// Begins anew with an endpoint: what waits for it is sent.
pub async fn enable(connection: &mut Session, id: Uuid) -> Result<(), WebhookError> {
    let enabled = sqlx::query(
        "update webhook_subscriptions
         set enabled = true, disabled_reason = null, failing_since = null, paused_until = null where id = $1",
    )
    .bind(id)
    .execute(connection)
    .await?;
    found(enabled.rows_affected())
}

/// A new secret. The earlier ones sign beside it for `keep_previous` at most.
pub async fn rotate_secret(
    connection: &mut Session,
    id: Uuid,
    keep_previous: Duration,
    now: OffsetDateTime,
) -> Result<Issued, WebhookError> {
    // One rotation after the other: both of two at once would find the same newest secret.
    let locked = sqlx::query("select from webhook_subscriptions where id = $1 for no key update")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    if locked.is_none() {
        return Err(WebhookError::NoSubscription);
    }
    sqlx::query("update webhook_secrets set valid_until = least(valid_until, $2) where subscription_id = $1")
        .bind(id)
        .bind(now + keep_previous)
        .execute(&mut *connection)
        .await?;
    sqlx::query("delete from webhook_secrets where subscription_id = $1 and valid_until <= $2")
        .bind(id)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    let secret = Secret::generate()?;
    insert_secret(connection, id, &secret).await?;
    Ok(Issued { id, secret })
}

async fn insert_secret(connection: &mut Session, id: Uuid, secret: &Secret) -> Result<(), sqlx::Error> {
    sqlx::query("insert into webhook_secrets (subscription_id, secret) values ($1, $2)")
        .bind(id)
        .bind(secret)
        .execute(connection)
        .await
        .map(drop)
}

fn found(rows: u64) -> Result<(), WebhookError> {
    if rows == 0 {
        return Err(WebhookError::NoSubscription);
    }
    Ok(())
}

/// The endpoint works.
pub(super) async fn note_success(connection: &mut Session, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhook_subscriptions set failing_since = null, paused_until = null
         where id = $1 and (failing_since is not null or paused_until is not null)",
    )
    .bind(id)
    .execute(connection)
    .await
    .map(drop)
}

/// Why an endpoint is not asked any more.
const GONE: &str = "the endpoint answered 410 Gone";
const FAILED_FOR_DAYS: &str = "every attempt of the last five days has failed";

/// The endpoint does not work. Answers why it is disabled, if it is from now on.
pub(super) async fn note_failure(
    connection: &mut Session,
    id: Uuid,
    at: OffsetDateTime,
    pause: Option<Duration>,
    is_gone: bool,
) -> Result<Option<&'static str>, sqlx::Error> {
    let failing_since: Option<OffsetDateTime> = sqlx::query_scalar(
        "update webhook_subscriptions
         set failing_since = coalesce(failing_since, $2), paused_until = greatest(paused_until, $3)
         where id = $1 and enabled returning failing_since",
    )
    .bind(id)
    .bind(at)
    .bind(pause.map(|pause| at + pause))
    .fetch_optional(&mut *connection)
    .await?;
    let reason = match failing_since {
        Some(_) if is_gone => GONE,
        Some(since) if at - since >= backoff::PATIENCE => FAILED_FOR_DAYS,
        Some(_) | None => return Ok(None),
    };
    sqlx::query("update webhook_subscriptions set enabled = false, disabled_reason = $2 where id = $1")
        .bind(id)
        .bind(reason)
        .execute(connection)
        .await?;
    Ok(Some(reason))
}
