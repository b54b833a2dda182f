//! A price for many: staff offer it, its customer takes it, leaves it, or asks for another.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::product_request::{ProductRequestCommand, Quote};
use domain::{ContactId, OrderId, QuoteId};
use event_store::contacts::Owner;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::texts::keep_words;
use super::{by_customer, customer, execute, execute_with_text};
use crate::command_loop::{Accept, Command, Delivery, Requesting};
use crate::error::Problem;
use crate::fields::{Fields, SentNumber, SentParagraph, SentQuoted};
use crate::identity::{Actor, Who};
use crate::request::{Received, request_id};
use crate::router::App;
use crate::routes::accounts::signed_in;
use crate::routes::checkout::{Amount, AskQuote, CheckOutBody, Ordered, amount, ordered};
use crate::routes::placing::{Given, place};
use crate::routes::quote::QuoteSchema;
use crate::routes::{Accepted, Conditional, Refused, Repeatable, RepeatableOnly};
use crate::to_its_end::to_its_end;

/// Days that a quote may be good for.
const MOST_DAYS: i64 = 90;

type SentDays = SentNumber<1, MOST_DAYS>;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(offer_quote))
        .routes(routes!(quote_total))
        .routes(routes!(accept_quote))
        .routes(routes!(decline_quote))
        .routes(routes!(renegotiate_quote))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfferQuote {
    /// Of one unit.
    unit_price: Amount,
    quantity: SentQuoted,
    /// For how many days it is good.
    days: SentDays,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenegotiateQuote {
    /// What should be different.
    text: SentParagraph<2000>,
}

/// Offer a quote
///
/// It takes the place of an older one.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/quotes",
    tag = "requests",
    security(("session" = []), ("staff" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    request_body = OfferQuote,
    responses(
        (status = 200, description = "The customer is told", body = Accepted),
        Refused,
    )
)]
async fn offer_quote(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: OfferQuote = received.json()?;
    let mut fields = Fields::default();
    let unit_price = amount(&body.unit_price, "unit_price", &mut fields);
    let quantity = fields.number("quantity", body.quantity);
    let quantity = quantity.and_then(|quantity| u32::try_from(quantity).ok());
    let days = fields.number("days", body.days);
    let (Some(unit_price), Some(quantity), Some(days)) = (unit_price, quantity, days) else {
        return Err(fields.refused());
    };
    let now = OffsetDateTime::now_utc();
    let quote = Quote {
        id: QuoteId::new(Uuid::now_v7()),
        unit_price,
        quantity,
        expires_at: now + Duration::days(days),
    };
    let command = ProductRequestCommand::OfferQuote { quote, at: now };
    execute(&app, &received, &staff, request_id(&id)?, command).await
}

/// What a quote comes to
///
/// With delivery and tax, at the quoted price.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/quotes/{quote}/total",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The request"),
        ("quote" = Uuid, Path, description = "From the request's document"),
    ),
    request_body = AskQuote,
    responses(
        (status = 200, description = "The total, before anything is ordered", body = QuoteSchema),
        Refused,
    )
)]
async fn quote_total(
    State(app): State<Arc<App>>,
    Path((id, quote)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let (by, who) = customer(&app, &received).await?;
    let body: AskQuote = received.json()?;
    let requesting = Requesting::Total {
        request: request_id(&id)?,
        quote: quote_id(&quote),
        by,
        delivery: body.delivery()?,
    };
    let caller = received.caller(&who)?;
    let answer = app.answer(Command::Requesting(requesting), caller).await?;
    Ok(Json(answer.quote).into_response())
}

/// Accept a quote
///
/// It becomes an order at the quoted price, once. Accepting it again answers with that order.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/quotes/{quote}/acceptance",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The request"),
        ("quote" = Uuid, Path, description = "From the request's document"),
        RepeatableOnly,
    ),
    request_body = CheckOutBody,
    responses(
        (status = 201, description = "The order is placed", body = Ordered),
        (status = 200, description = "The quote became this order before", body = Ordered),
        Refused,
    )
)]
async fn accept_quote(
    State(app): State<Arc<App>>,
    Path((id, quote)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let (by, who) = customer(&app, &received).await?;
    let body: CheckOutBody = received.json()?;
    let agreed = body.agreed()?;
    let request = request_id(&id)?;
    let caller = received.caller_with_key(&who)?;
    let given = Given {
        order: OrderId::new(Uuid::now_v7()),
        contact: ContactId::new(Uuid::now_v7()),
        owner: Owner::Account(by.uuid()),
        sent_to: agreed.contact,
        email_key: agreed.email_key,
    };
    let accept = Accept {
        request,
        quote: quote_id(&quote),
        by,
        order: given.order,
        contact: given.contact,
        delivery: Delivery {
            country: agreed.country,
            shipping_option: Some(agreed.shipping_option),
        },
        agreed_total: agreed.total,
    };
    let command = Command::Requesting(Requesting::Accept(Box::new(accept)));
    to_its_end(async move {
        let answered = place(&app, &given, command, caller).await;
        answered.map(|answer| ordered(&app, &answer))
    })
    .await
}

/// Decline a quote
///
/// The request stays, and another quote can be offered.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/quotes/{quote}/decline",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The request"),
        ("quote" = Uuid, Path, description = "From the request's document"),
        Repeatable,
        Conditional,
    ),
    responses(
        (status = 200, description = "It is declined", body = Accepted),
        Refused,
    )
)]
async fn decline_quote(
    State(app): State<Arc<App>>,
    Path((id, quote)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let quote = quote_id(&quote);
    by_customer(&app, received, &id, |customer| {
        ProductRequestCommand::DeclineQuote { customer, quote }
    })
    .await
}

/// Ask for another quote
///
/// In words; whoever offered it reads them at the request.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/quotes/{quote}/renegotiation",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The request"),
        ("quote" = Uuid, Path, description = "From the request's document"),
        Repeatable,
        Conditional,
    ),
    request_body = RenegotiateQuote,
    responses(
        (status = 200, description = "Staff are asked", body = Accepted),
        Refused,
    )
)]
async fn renegotiate_quote(
    State(app): State<Arc<App>>,
    Path((id, quote)): Path<(String, String)>,
    received: Received,
) -> Result<Response, Problem> {
    let account = signed_in(&app, &received).await?;
    let RenegotiateQuote { text } = received.json()?;
    let mut fields = Fields::default();
    let Some(words) = fields.take("text", &text) else {
        return Err(fields.refused());
    };
    let request = request_id(&id)?;
    let who = Who {
        owner: account.id,
        actor: Actor::Customer,
    };
    // What is wrong with the request itself is said before anything is stored.
    received.caller(&who)?;
    let (_, text) = keep_words(&app, Some(&account), request, words).await?;
    let command = ProductRequestCommand::Renegotiate {
        customer: domain::OwnerId::new(account.id),
        quote: quote_id(&quote),
        text,
    };
    execute_with_text(&app, &received, &who, request, command, text).await
}

/// What cannot be the id of a quote names none.
fn quote_id(text: &str) -> QuoteId {
    QuoteId::new(Uuid::parse_str(text).unwrap_or_default())
}
