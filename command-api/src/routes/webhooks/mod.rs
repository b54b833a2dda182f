//! Staff's webhook subscriptions, and the log of what was sent to them.
//!
//! Nothing here becomes an event: subscriptions and deliveries live in tables of their own ([`crate::notifications`]).

mod deliveries;
mod subscriptions;
mod texts;

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::error::{Problem, Violation};
use crate::identity::Who;
use crate::notifications::WebhookError;
use crate::notifications::receipts::{self, Answered, Begun, Once};
use crate::request::Received;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    subscriptions::router().merge(deliveries::router())
}

/// A delivery that will be sent as soon as possible.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSending)]
struct Sending {
    /// Of the delivery.
    id: Uuid,
}

/// A command that is carried out once under its idempotency key.
async fn begin(app: &App, received: &Received, staff: &Who) -> Result<Begun, Problem> {
    let key = received.caller(staff)?.receipt;
    Ok(receipts::begin(&app.webhooks.pool, key).await?)
}

/// Commits what was done and says so.
async fn finish(once: Once, status: StatusCode, body: Option<&impl Serialize>) -> Result<Response, Problem> {
    let body = body.map(|body| serde_json::to_string(body).unwrap_or_default());
    let answered = Answered {
        status: i32::from(status.as_u16()),
        body: body.unwrap_or_default(),
    };
    once.answer(&answered).await?;
    Ok(response(answered))
}

/// What the first request with the same key was answered.
fn replayed(answered: Answered) -> Response {
    let mut response = response(answered);
    let headers = response.headers_mut();
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

fn shown(body: &impl Serialize) -> Response {
    response(Answered {
        status: i32::from(StatusCode::OK.as_u16()),
        body: serde_json::to_string(body).unwrap_or_default(),
    })
}

/// Kept by nobody on the way: it may hold a secret.
fn response(answered: Answered) -> Response {
    let status = u16::try_from(answered.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::OK);
    let is_empty = answered.body.is_empty();
    let mut response = (status, answered.body).into_response();
    let headers = response.headers_mut();
    if is_empty {
        headers.remove(header::CONTENT_TYPE);
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What cannot be an id names no subscription.
fn subscription_id(text: &str) -> Result<Uuid, WebhookError> {
    Uuid::parse_str(text).map_err(|_| WebhookError::NoSubscription)
}

fn delivery_id(text: &str) -> Result<Uuid, WebhookError> {
    Uuid::parse_str(text).map_err(|_| WebhookError::NoDelivery)
}

fn violation(field: impl Into<String>, message: String) -> Violation {
    Violation {
        field: field.into(),
        message,
    }
}
