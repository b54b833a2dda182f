//! What was sent to subscribers, and sending it anew.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::{Refused, Repeatable};
use super::{Sending, begin, delivery_id, finish, replayed, shown, subscription_id, violation};
use crate::error::{Problem, Violation};
use crate::notifications::WebhookError;
use crate::notifications::delivery_log::{self, Attempt, Delivery, DeliveryState};
use crate::notifications::receipts::Begun;
use crate::request::Received;
use crate::request::named;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(send_test_delivery))
        .routes(routes!(list_deliveries))
        .routes(routes!(show_delivery))
        .routes(routes!(redeliver))
}

/// Which part of the log.
#[derive(IntoParams, Default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only deliveries in this state
    #[param(inline)]
    state: Option<DeliveryState>,
    /// `next` of the page before
    after: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveries)]
struct Deliveries {
    /// The newest first.
    deliveries: Vec<Delivery>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveryWithAttempts)]
struct WithAttempts {
    #[serde(flatten)]
    delivery: Delivery,
    /// What is sent, byte for byte.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// The oldest first. One whose process died is missing, and counted in `attempts`.
    log: Vec<Attempt>,
}

/// Send a test delivery
///
/// A message of type `webhook.test`, signed and tried again as any other.
#[utoipa::path(
    post,
    path = "/api/commands/webhook-subscriptions/{id}/test-delivery",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription"), Repeatable),
    responses(
        (status = 202, description = "It is sent as soon as possible", body = Sending),
        Refused,
    )
)]
async fn send_test_delivery(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let subscription = subscription_id(&id)?;
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    let id = delivery_log::send_test(once.connection(), subscription, OffsetDateTime::now_utc()).await?;
    let response = finish(once, StatusCode::ACCEPTED, Some(&Sending { id })).await?;
    app.webhooks.announced.notify_one();
    Ok(response)
}

/// List what was sent to a subscriber
///
/// The newest first, 50 on a page. Deliveries are remembered for 30 days.
#[utoipa::path(
    get,
    path = "/api/commands/webhook-subscriptions/{id}/deliveries",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription"), Asked),
    responses(
        (status = 200, description = "Up to 50 deliveries", body = Deliveries),
        Refused,
    )
)]
async fn list_deliveries(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let subscription = subscription_id(&id)?;
    let asked = asked(received.query())?;
    let mut connection = app.webhooks.pool.acquire().await.map_err(WebhookError::from)?;
    let deliveries = delivery_log::list(&mut connection, subscription, asked.state, asked.after).await?;
    let is_full = i64::try_from(deliveries.len()).is_ok_and(|found| found == delivery_log::PAGE);
    let next = deliveries.last().filter(|_| is_full).map(|last| last.id);
    Ok(shown(&Deliveries { deliveries, next }))
}

/// Show a delivery with its attempts
///
/// The payload byte for byte, and what each attempt was answered.
#[utoipa::path(
    get,
    path = "/api/commands/webhook-deliveries/{id}",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "What was sent, how often, and what was answered", body = WithAttempts),
        Refused,
    )
)]
async fn show_delivery(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let id = delivery_id(&id)?;
    let mut connection = app.webhooks.pool.acquire().await.map_err(WebhookError::from)?;
    let delivery = delivery_log::find(&mut connection, id).await?;
    let (payload, log) = delivery_log::attempts(&mut connection, id).await?;
    Ok(shown(&WithAttempts {
        delivery,
        payload: RawValue::from_string(payload).unwrap_or_default(),
        log,
    }))
}

/// Send a delivery again
///
/// Whatever became of it: under the same `webhook-id`, with a fresh timestamp, and with the whole schedule of attempts before it.
#[utoipa::path(
    post,
    path = "/api/commands/webhook-deliveries/{id}/redelivery",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The delivery"), Repeatable),
    responses(
        (status = 202, description = "It is sent as soon as possible", body = Sending),
        Refused,
    )
)]
async fn redeliver(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let id = delivery_id(&id)?;
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    delivery_log::redeliver(once.connection(), id, OffsetDateTime::now_utc()).await?;
    let response = finish(once, StatusCode::ACCEPTED, Some(&Sending { id })).await?;
    app.webhooks.announced.notify_one();
    Ok(response)
}

/// Read strictly: who misspells a filter must not get everything.
fn asked(query: &str) -> Result<Asked, Problem> {
    let mut asked = Asked::default();
    let mut violations: Vec<Violation> = vec![];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "state" => {
                let known = DeliveryState::ALL.into_iter().find(|(text, _)| *text == value);
                asked.state = known.map(|(_, state)| state);
                if asked.state.is_none() {
                    let allowed = DeliveryState::ALL.map(|(text, _)| text).join(", ");
                    violations.push(violation(name, format!("has to be one of {allowed}")));
                }
            }
            "after" => match Uuid::parse_str(&value) {
                Ok(after) => asked.after = Some(after),
                Err(_) => violations.push(violation(name, "has to be `next` of the page before".to_owned())),
            },
            _ => violations.push(violation(
                named(&name),
                "is not a parameter here; there are state and after".to_owned(),
            )),
        }
    }
    if violations.is_empty() {
        Ok(asked)
    } else {
        Err(Problem::validation(violations))
    }
}
