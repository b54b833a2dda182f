//! Who is told of events.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::{Refused, Repeatable};
use super::texts::{EventType, HookUrl, SentEventType, SentUrl};
use super::{begin, finish, replayed, shown, subscription_id};
use crate::error::Problem;
use crate::fields::{Fields, SentNumber};
use crate::notifications::receipts::Begun;
use crate::notifications::subscriptions::{self, Issued, Subscription};
use crate::request::Received;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(subscribe, list_subscriptions))
        .routes(routes!(show_subscription, unsubscribe))
        .routes(routes!(enable_subscription))
        .routes(routes!(rotate_secret))
}

const KEPT_BY_DEFAULT: i64 = 24 * 60 * 60;
const KEPT_AT_MOST: i64 = 7 * 24 * 60 * 60;

type SentSeconds = SentNumber<0, KEPT_AT_MOST>;

/// More than there are.
const MOST_TYPES: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookSubscribe)]
struct Subscribe {
    /// Where to send. Absolute, `https`, without credentials or fragment.
    url: SentUrl,
    /// What to send; all where it is left out or empty.
    #[serde(default)]
    #[schema(max_items = 100)]
    event_types: Vec<SentEventType>,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRotateSecret)]
struct RotateSecret {
    /// How long the earlier secrets go on signing beside the new one. A day where it is left out; 0 ends them at once.
    keep_previous_for_seconds: Option<SentSeconds>,
}

/// A new secret. It is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
struct WithSecret {
    /// Of the subscription.
    id: Uuid,
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

impl From<Issued> for WithSecret {
    fn from(issued: Issued) -> Self {
        Self {
            id: issued.id,
            secret: issued.secret.reveal().to_owned(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSubscriptions)]
struct Subscriptions {
    subscriptions: Vec<Subscription>,
    /// What may be subscribed to.
    event_types: Vec<String>,
}

/// Subscribe to events
///
/// From now on, every event of an order or a payment is sent to the URL. See "Webhooks" in docs/api.md for what arrives and how it is
/// verified.
#[utoipa::path(
    post,
    path = "/api/commands/webhook-subscriptions",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(Repeatable),
    request_body = Subscribe,
    responses(
        (status = 201, description = "Events are sent from now on", body = WithSecret),
        Refused,
    )
)]
async fn subscribe(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let body: Subscribe = received.json()?;
    let webhooks = &app.webhooks;
    let mut fields = Fields::default();
    let url = fields
        .take("url", &body.url)
        .map(|HookUrl(url)| webhooks.reach.parse(url.as_str()));
    if let Some(Err(rule)) = &url {
        fields.note("url", rule.clone());
    }
    if body.event_types.len() > MOST_TYPES {
        fields.note("event_types", format!("may have {MOST_TYPES} at most"));
        return Err(fields.refused());
    }
    let mut event_types = vec![];
    for (sent, nth) in body.event_types.iter().zip(0..) {
        let field = format!("event_types[{nth}]");
        match fields.take(&field, sent) {
            Some(EventType(name)) if webhooks.event_types.contains(&name) => event_types.push(name),
            Some(_) => {
                let allowed = webhooks.event_types.join(", ");
                fields.note(&field, format!("has to be one of {allowed}"));
            }
            None => {}
        }
    }
    let (Some(Ok(url)), true) = (url, fields.is_right()) else {
        return Err(fields.refused());
    };
    event_types.sort_unstable();
    event_types.dedup();
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    let issued = subscriptions::create(once.connection(), url.as_str(), &event_types).await?;
    tracing::info!(subscription = %issued.id, "somebody subscribed to webhooks");
    finish(once, StatusCode::CREATED, Some(&WithSecret::from(issued))).await
}

/// List the webhook subscriptions
///
/// Without their secrets, and with the events that can be subscribed to.
#[utoipa::path(
    get,
    path = "/api/commands/webhook-subscriptions",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    responses(
        (status = 200, description = "All of them, and what may be subscribed to", body = Subscriptions),
        Refused,
    )
)]
async fn list_subscriptions(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let subscriptions = subscriptions::list(&app.webhooks.pool).await;
    Ok(shown(&Subscriptions {
        subscriptions: subscriptions.map_err(crate::notifications::WebhookError::from)?,
        event_types: app.webhooks.event_types.clone(),
    }))
}

/// Show a webhook subscription
///
/// Whether it is enabled, and since when it fails.
#[utoipa::path(
    get,
    path = "/api/commands/webhook-subscriptions/{id}",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription")),
    responses(
        (status = 200, description = "The subscription, without its secret", body = Subscription),
        Refused,
    )
)]
async fn show_subscription(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let subscription = subscriptions::find(&app.webhooks.pool, subscription_id(&id)?).await?;
    Ok(shown(&subscription))
}

/// Delete a webhook subscription
///
/// Its deliveries are forgotten with it.
#[utoipa::path(
    delete,
    path = "/api/commands/webhook-subscriptions/{id}",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription"), Repeatable),
    responses(
        (status = 204, description = "Nothing more is sent"),
        Refused,
    )
)]
async fn unsubscribe(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let id = subscription_id(&id)?;
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    subscriptions::delete(once.connection(), id).await?;
    tracing::info!(subscription = %id, "a webhook subscription was deleted");
    finish(once, StatusCode::NO_CONTENT, None::<&()>).await
}

/// Enable a webhook subscription
///
/// An endpoint that answered 410, or failed for five days, was disabled. What waits for it is sent; what happened meanwhile is not.
#[utoipa::path(
    post,
    path = "/api/commands/webhook-subscriptions/{id}/enable",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription"), Repeatable),
    responses(
        (status = 200, description = "Events are sent again", body = Subscription),
        Refused,
    )
)]
async fn enable_subscription(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let id = subscription_id(&id)?;
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    subscriptions::enable(once.connection(), id).await?;
    let subscription = subscriptions::find(once.connection(), id).await?;
    let response = finish(once, StatusCode::OK, Some(&subscription)).await?;
    app.webhooks.announced.notify_one();
    Ok(response)
}

/// Rotate the secret of a webhook subscription
///
/// Messages are signed with the new secret and with the earlier ones, until those end.
#[utoipa::path(
    post,
    path = "/api/commands/webhook-subscriptions/{id}/secret-rotation",
    tag = "webhooks",
    security(("session" = []), ("ops" = [])),
    params(("id" = Uuid, Path, description = "The subscription"), Repeatable),
    request_body = RotateSecret,
    responses(
        (status = 200, description = "There is a new secret", body = WithSecret),
        Refused,
    )
)]
async fn rotate_secret(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let ops = received.require_ops(&app).await?;
    let id = subscription_id(&id)?;
    let body: RotateSecret = received.json()?;
    let mut fields = Fields::default();
    let seconds = match body.keep_previous_for_seconds {
        Some(sent) => fields.number("keep_previous_for_seconds", sent),
        None => Some(KEPT_BY_DEFAULT),
    };
    let keep = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    let Some(keep) = keep.map(Duration::from_secs) else {
        return Err(fields.refused());
    };
    let mut once = match begin(&app, &received, &ops).await? {
        Begun::Replay(answered) => return Ok(replayed(answered)),
        Begun::Now(once) => once,
    };
    let issued = subscriptions::rotate_secret(once.connection(), id, keep, OffsetDateTime::now_utc()).await?;
    tracing::info!(subscription = %id, "the secret of a webhook subscription was rotated");
    finish(once, StatusCode::OK, Some(&WithSecret::from(issued))).await
}
