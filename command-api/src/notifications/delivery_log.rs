//! What staff see of deliveries, and what they can do about one: a test, and asking for it anew.
//!
//! Called by staff's routes ([`crate::routes::webhooks`]).

use database::Session;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::postgres::PgExecutor;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{WebhookError, subscriptions};

/// Deliveries of one page.
pub const PAGE: i64 = 50;
/// The type of a test delivery, which nobody subscribes to.
pub const TEST_EVENT: &str = "webhook.test";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
#[schema(as = WebhookDeliveryState)]
pub enum DeliveryState {
    /// It waits, or is tried again at `next_attempt_at`.
    Pending,
    Delivered,
    /// Nobody tries any more; it can be asked for anew.
    Failed,
}

impl DeliveryState {
    pub const ALL: [(&str, Self); 3] = [
        ("pending", Self::Pending),
        ("delivered", Self::Delivered),
        ("failed", Self::Failed),
    ];
}

/// One event for one subscriber.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    /// Sent as `webhook-id`, the same at every attempt.
    pub id: Uuid,
    #[sqlx(rename = "subscription_id")]
    pub subscription: Uuid,
    /// Absent for a test delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    #[schema(example = "order.OrderPlaced")]
    pub event_type: String,
    pub state: DeliveryState,
    /// How often it was sent, or was about to be.
    pub attempts: i32,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub next_attempt_at: Option<OffsetDateTime>,
    /// What the endpoint answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub delivered_at: Option<OffsetDateTime>,
}

/// One time that it was sent.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = WebhookAttempt)]
pub struct Attempt {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What the endpoint answered; absent where no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub duration_ms: i32,
    /// The first KiB of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

const COLUMNS: &str = "id, subscription_id, event_id, event_type, state, attempts, \
                       case when state = 'pending' then next_attempt_at end as next_attempt_at, \
                       last_status, last_error, created_at, delivered_at";

/// Up to [`PAGE`] deliveries of a subscription, the newest first, beginning past `after`.
pub async fn list(
    connection: &mut Session,
    subscription: Uuid,
    state: Option<DeliveryState>,
    after: Option<Uuid>,
) -> Result<Vec<Delivery>, WebhookError> {
    subscriptions::find(&mut *connection, subscription).await?;
    let sql = format!(
        "select {COLUMNS} from webhook_deliveries
         where subscription_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or id < $3)
         order by id desc limit $4"
    );
    let page = sqlx::query_as(&sql)
        .bind(subscription)
        .bind(state)
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await?;
    Ok(page)
}

pub async fn find(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Delivery, WebhookError> {
    let sql = format!("select {COLUMNS} from webhook_deliveries where id = $1");
    let found = sqlx::query_as(&sql).bind(id).fetch_optional(executor).await?;
    found.ok_or(WebhookError::NoDelivery)
}

/// What was sent, and how often.
pub async fn attempts(
    connection: &mut Session,
    delivery: Uuid,
) -> Result<(String, Vec<Attempt>), WebhookError> {
    let payload = sqlx::query_scalar("select payload from webhook_deliveries where id = $1")
        .bind(delivery)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(WebhookError::NoDelivery)?;
    let attempts = sqlx::query_as(
        "select at, status, error, duration_ms, response from webhook_attempts where delivery_id = $1
         order by attempt",
    )
    .bind(delivery)
    .fetch_all(connection)
    .await?;
    Ok((payload, attempts))
}

/// A message that says nothing, to see whether it arrives.
pub async fn send_test(
    connection: &mut Session,
    subscription: Uuid,
    now: OffsetDateTime,
) -> Result<Uuid, WebhookError> {
    require_enabled(connection, subscription).await?;
    let id = Uuid::now_v7();
    let timestamp = now.format(&Rfc3339).unwrap_or_default();
    let payload =
        json!({ "type": TEST_EVENT, "timestamp": timestamp, "data": { "subscription": subscription } });
    sqlx::query(
        "insert into webhook_deliveries (id, subscription_id, event_type, payload, next_attempt_at, created_at)
         values ($1, $2, $3, $4, $5, $5)",
    )
    .bind(id)
    .bind(subscription)
    .bind(TEST_EVENT)
    .bind(payload.to_string())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(id)
}

/// Sends it again as soon as possible, under the same id, and begins the schedule anew. What is under way at this moment stays so, and
/// what becomes of it counts.
pub async fn redeliver(connection: &mut Session, id: Uuid, now: OffsetDateTime) -> Result<(), WebhookError> {
    let delivery = find(&mut *connection, id).await?;
    require_enabled(connection, delivery.subscription).await?;
    sqlx::query(
        "update webhook_deliveries
         set state = 'pending', attempts_before = attempts, next_attempt_at = $2, delivered_at = null where id = $1",
    )
    .bind(id)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps the subscription as it is until the transaction ends.
async fn require_enabled(connection: &mut Session, subscription: Uuid) -> Result<(), WebhookError> {
    let enabled = sqlx::query_scalar("select enabled from webhook_subscriptions where id = $1 for key share")
        .bind(subscription)
        .fetch_optional(connection)
        .await?;
    match enabled {
        Some(true) => Ok(()),
        Some(false) => Err(WebhookError::Disabled),
        None => Err(WebhookError::NoSubscription),
    }
}
