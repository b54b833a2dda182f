//! A customer's own order: pay, cancel, ask for a return. For the session that placed it, or whoever holds its link.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::order::{CancelReason, OrderCommand, ReturnReason};
use domain::payment::{AttemptState, Payment};
use domain::{AttemptId, OrderId, RefundId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::contact::ContactOf;
use super::{Accepted, Conditional, Refused, Repeatable, RepeatableOnly};
use crate::admission::Admission;
use crate::command_loop::{Command, Paying};
use crate::error::Problem;
use crate::fields::{Fields, SentMethod};
use crate::payment::gateway::ChargeState;
use crate::request::{Received, order_id};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(start_attempt))
        .routes(routes!(payment_action))
        .routes(routes!(check_payment))
        .routes(routes!(cancel))
        .routes(routes!(request_return))
}

/// Personal data is served by a role of its own.
pub fn contact_router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(contact))
}

/// For the description alone: [`Received::admit_to_order`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes, and is never made")]
pub struct OrderLink {
    /// What is behind `#key=` in the order's link, for whoever has no session of its customer
    #[param(rename = "Order-Key", pattern = "^[!-~]*$", max_length = 200)]
    key: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartAttempt {
    payment_method: SentMethod,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestReturn {
    reason: ReasonName,
}

/// Why somebody sends something back.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReturnReason)]
enum ReasonName {
    Damaged,
    WrongItem,
    NotAsDescribed,
    NotWanted,
}

impl From<ReasonName> for ReturnReason {
    fn from(name: ReasonName) -> Self {
        match name {
            ReasonName::Damaged => Self::Damaged,
            ReasonName::WrongItem => Self::WrongItem,
            ReasonName::NotAsDescribed => Self::NotAsDescribed,
            ReasonName::NotWanted => Self::NotWanted,
        }
    }
}

/// Where a payment is confirmed.
#[derive(Serialize, ToSchema)]
struct PaymentAction {
    /// The bank's page. It leads back to the order.
    url: String,
}

/// Pay
///
/// Begins an attempt; its outcome is in the order's document. A declined one ends the attempt, not the order.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/payment-attempts",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink, RepeatableOnly, Conditional),
    request_body = StartAttempt,
    responses(
        (status = 201, description = "The gateway is asked; the version is the payment's", body = Accepted),
        Refused,
    )
)]
async fn start_attempt(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: StartAttempt = received.json()?;
    let mut fields = Fields::default();
    let Some(method) = fields.take("payment_method", &body.payment_method) else {
        return Err(fields.refused());
    };
    let order = order_id(&id)?;
    let Admission { by, who } = received.admit_to_order(&app, order).await?;
    let caller = received.caller_with_key(&who)?;
    let attempt = AttemptId::new(Uuid::now_v7());
    let paying = Paying::StartAttempt { by, attempt, method };
    app.execute(Command::Paying { order, paying }, caller).await
}

/// Where to confirm a payment
///
/// Banks ask for it with some cards (3-D Secure).
#[utoipa::path(
    get,
    path = "/api/commands/orders/{id}/payment-action",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink),
    responses(
        (status = 200, description = "The bank's page", body = PaymentAction),
        Refused,
    )
)]
async fn payment_action(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let order = order_id(&id)?;
    received.see_order(&app, order).await?;
    let (payment, _) = app.reader.aggregate::<Payment>(&order.to_string()).await?;
    let reference = match &payment {
        Payment::Unrequested => None,
        Payment::Requested { attempts, .. } => attempts
            .iter()
            .find(|attempt| attempt.state == AttemptState::ActionRequired)
            .and_then(|attempt| attempt.reference.as_deref()),
    };
    let no_action = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-payment-action",
            "Nothing has to be confirmed",
            "No attempt to pay this order waits for a confirmation.",
        )
    };
    let reference = reference.ok_or_else(no_action)?;
    let charge = app
        .payments
        .gateway
        .look_up(reference)
        .await?
        .ok_or_else(no_action)?;
    match charge.state {
        ChargeState::ActionRequired { url: Some(url) } => Ok(Json(PaymentAction { url }).into_response()),
        ChargeState::ActionRequired { url: None }
        | ChargeState::Processing
        | ChargeState::Authorized
        | ChargeState::Captured
        | ChargeState::Declined { .. }
        | ChargeState::Voided => {
            // The gateway knows more than we do.
            app.payments.hasten(order).await?;
            Err(no_action())
        }
    }
}

/// Check a payment
///
/// For whoever comes back from the bank: asks the gateway now rather than in half a minute. Harmless to repeat.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/payment-checks",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink),
    responses(
        (status = 202, description = "The gateway is asked, if anything is to be asked"),
        Refused,
    )
)]
async fn check_payment(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<StatusCode, Problem> {
    let order = order_id(&id)?;
    received.see_order(&app, order).await?;
    app.payments.hasten(order).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Cancel an order
///
/// Before anything of it was sent. What was paid is given back.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/cancellation",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink, Repeatable, Conditional),
    responses(
        (status = 200, description = "The order is cancelled", body = Accepted),
        Refused,
    )
)]
async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let order = order_id(&id)?;
    let admission = received.admit_to_order(&app, order).await?;
    let reason = if admission.who.actor.is_staff() {
        CancelReason::Staff
    } else {
        CancelReason::Customer
    };
    let caller = received.caller(&admission.who)?;
    let paying = Paying::Cancel {
        by: admission.by,
        reason,
        refund: RefundId::new(Uuid::now_v7()),
    };
    app.execute(Command::Paying { order, paying }, caller).await
}

/// Ask for a return
///
/// For an order that was delivered. Staff accept it by giving money back, or decline it.
#[utoipa::path(
    post,
    path = "/api/commands/orders/{id}/return-requests",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink, Repeatable, Conditional),
    request_body = RequestReturn,
    responses(
        (status = 200, description = "Staff will look at it", body = Accepted),
        Refused,
    )
)]
async fn request_return(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let RequestReturn { reason } = received.json()?;
    let order = order_id(&id)?;
    let Admission { by, who } = received.admit_to_order(&app, order).await?;
    let caller = received.caller(&who)?;
    let command = OrderCommand::RequestReturn {
        reason: reason.into(),
    };
    app.execute(Command::Order { order, by, command }, caller).await
}

/// Where an order goes
///
/// Names and address: personal data, for whoever may see the order.
#[utoipa::path(
    get,
    path = "/api/commands/orders/{id}/contact",
    tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("order_key" = [])),
    params(("id" = Uuid, Path, description = "The order"), OrderLink),
    responses(
        (status = 200, description = "Names and address", body = ContactOf),
        Refused,
    )
)]
async fn contact(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let order: OrderId = order_id(&id)?;
    // Once: each admission is counted.
    let admission = received.admit_to_order(&app, order).await?;
    let is_staff = admission.who.actor.is_staff();
    let id = admission.see(&app, order).await?.contact.uuid();
    // Whoever erased the account does not leave the address to whoever has the link: it is there for the parcel alone.
    let is_shown = is_staff || !app.contacts.is_on_its_way_out(id).await?;
    match app.contacts.find(id).await? {
        Some(contact) if is_shown => Ok(Json(ContactOf::from(contact)).into_response()),
        Some(_) | None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "contact-erased",
            "Names and address are gone",
            "They were erased; the order stays.",
        )),
    }
}
