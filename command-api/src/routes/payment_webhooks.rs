//! What the payment gateway sends by itself. Signed, and never believed: it only says which payment to look at.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use session::security::{self, Event};
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Refused;
use crate::command_loop::{Caller, Command, Paying};
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

static SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(receive_webhook))
}

/// Receive the gateway's webhook
///
/// The signature is verified over the raw bytes. Late, repeated and reordered ones are harmless: what they speak of is
/// looked up at the gateway.
#[utoipa::path(
    post,
    path = "/api/commands/payment-webhooks",
    tag = "payment gateway",
    security(()),
    params(("Stripe-Signature" = String, Header, max_length = 8000, description = "t=…,v1=…")),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "It will be looked at, or was before"),
        Refused,
    )
)]
async fn receive_webhook(State(app): State<Arc<App>>, received: Received) -> Result<StatusCode, Problem> {
    let signature = received.text(&SIGNATURE).unwrap_or_default();
    let now = OffsetDateTime::now_utc();
    let notice = app
        .payments
        .gateway
        .verify(received.body(), signature, now)
        .map_err(|error| {
            security::record(Event::PaymentWebhookRefused, None, "");
            tracing::warn!(%error, "a webhook of the payment gateway was refused");
            Problem::new(
                StatusCode::BAD_REQUEST,
                "webhook-refused",
                "The webhook is not accepted",
                format!("Nothing was changed: {error}."),
            )
        })?;
    app.payments.receive(&notice).await?;
    // A refund that was made can still bounce, when nothing of the payment is outstanding any more.
    if let Some(outcome) = app.payments.bounced(&notice).await? {
        let caller = Caller {
            metadata: r#"{"actor":"gateway"}"#.to_owned(),
            ..Caller::default()
        };
        let (order, paying) = (outcome.0, Paying::Settle(outcome.1));
        app.answer(Command::Paying { order, paying }, caller).await?;
    }
    Ok(StatusCode::OK)
}
