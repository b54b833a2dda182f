//! From a cart to an order: discount codes, what it comes to, and the checkout itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::cart::CartCommand;
use domain::{CartId, ContactId, Country, Money, OrderId, OwnerId};
use event_store::contacts::{Contact, Owner};
use serde::{Deserialize, Serialize};
use session::Quota;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::accounts::count;
use super::carts::shop;
use super::contact::{ContactBody, contact, email_key};
use super::placing::{Given, may_be_there, place};
use super::quote::QuoteSchema;
use super::{Accepted, Conditional, Refused, Repeatable, RepeatableOnly};
use crate::command_loop::{Answer, Caller, CheckOut, Command, Delivery};
use crate::email::mailbox_of;
use crate::error::Problem;
use crate::fields::{Fields, SentCode, SentCountry, SentCurrency, SentLine, SentMinor};
use crate::request::{Received, cart_id};
use crate::router::App;
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(apply_code, remove_code))
        .routes(routes!(quote))
        .routes(routes!(check_out))
}

/// Codes that there are not, tried by one shopper. What there is may be tried as often as one likes.
const UNKNOWN_CODES: Quota = Quota {
    name: "unknown-codes",
    count: 20,
    window: Duration::from_hours(1),
};
/// The same from one network, which may be a whole office: guests are made at will.
const UNKNOWN_CODES_OF_NETWORK: Quota = Quota {
    name: "unknown-codes-network",
    count: 100,
    window: Duration::from_hours(1),
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplyCode {
    code: SentCode,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskQuote {
    country: SentCountry,
    /// One of the quote's options; the first where it is left out.
    shipping_option: Option<SentLine<64>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOutBody {
    contact: ContactBody,
    country: SentCountry,
    /// One of the quote's options.
    shipping_option: SentLine<64>,
    /// The quote's total, which the customer agreed to. Another one by now is refused, and nothing is ordered.
    total: Amount,
}

/// An amount of money.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// In minor units: cents for EUR.
    pub minor: SentMinor,
    pub currency: SentCurrency,
}

/// An order was placed.
#[derive(Serialize, ToSchema)]
pub struct Ordered {
    /// Of the order.
    id: String,
    version: i64,
    position: i64,
    /// Opens the order without a session. Whoever has it can see, pay and cancel the order.
    /// For 400 days. The key is in the fragment, which no server is sent: programs send it as the header `Order-Key`.
    #[schema(example = "/orders/0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10#key=…")]
    link: String,
}

/// What a customer agreed to, checked.
pub struct Agreed {
    pub contact: Contact,
    /// What all spellings of the contact's address have in common.
    pub email_key: String,
    pub country: Country,
    pub shipping_option: String,
    pub total: Money,
}

impl AskQuote {
    /// # Errors
    /// A country that is none.
    pub fn delivery(self) -> Result<Delivery, Problem> {
        let mut fields = Fields::default();
        let country = fields.take("country", &self.country);
        let shipping_option = fields.take_optional("shipping_option", self.shipping_option.as_ref());
        match (country, fields.is_right()) {
            (Some(country), true) => Ok(Delivery {
                country,
                shipping_option: shipping_option.map(String::from),
            }),
            (_, _) => Err(fields.refused()),
        }
    }
}

impl CheckOutBody {
    /// # Errors
    /// Every field that is not as it has to be.
    pub fn agreed(self) -> Result<Agreed, Problem> {
        let mut fields = Fields::default();
        let country = fields.take("country", &self.country);
        let shipping_option = fields.take("shipping_option", &self.shipping_option);
        let total = amount(&self.total, "total", &mut fields);
        let contact = contact(&self.contact, country).map_err(|found| fields.extend(found));
        let (Some(country), Some(shipping_option), Some(total), Ok(contact)) =
            (country, shipping_option, total, contact)
        else {
            return Err(fields.refused());
        };
        Ok(Agreed {
            email_key: email_key(&contact),
            contact,
            country,
            shipping_option: shipping_option.into(),
            total,
        })
    }
}

/// Apply a discount code
///
/// One at a time: it takes the place of another. What it takes off is in the quote.
#[utoipa::path(
    put,
    path = "/api/commands/carts/{id}/discount-code",
    tag = "checkout",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The cart"), Repeatable, Conditional),
    request_body = ApplyCode,
    responses(
        (status = 200, description = "The cart has this code", body = Accepted),
        Refused,
    )
)]
async fn apply_code(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: ApplyCode = received.json()?;
    let mut fields = Fields::default();
    let Some(code) = fields.take("code", &body.code) else {
        return Err(fields.refused());
    };
    let shopper = received.shopper(&app).await?;
    let by = shopper.owner;
    let (cart, caller) = (cart_id(&id)?, received.caller(&shopper.who())?);
    let quotas = [
        (UNKNOWN_CODES, by.to_string()),
        (UNKNOWN_CODES_OF_NETWORK, received.network().to_string()),
    ];
    count_try(&app, &quotas).await?;
    let command = Command::ApplyCode { cart, by, code };
    let applied = app.execute(command, caller).await;
    let is_unknown = applied.as_ref().is_err_and(|problem| problem.is("unknown-code"));
    if !is_unknown {
        take_back(&app, &quotas).await;
    }
    applied
}

/// Counts a try at a code before it is known whether there is such a code: of many at once no more are tried.
///
/// # Errors
/// There were too many: then nothing is tried, and this one is not counted.
async fn count_try(app: &App, quotas: &[(Quota, String)]) -> Result<(), Problem> {
    for (index, (quota, subject)) in quotas.iter().enumerate() {
        let counted = count(app, *quota, subject).await;
        if counted.as_ref().is_err_and(Problem::is_rate_limited) {
            // The one that is used up counted it, too.
            take_back(app, quotas.get(..=index).unwrap_or(quotas)).await;
        }
        counted?;
    }
    Ok(())
}

/// What is not taken back is forgotten with its window.
async fn take_back(app: &App, quotas: &[(Quota, String)]) {
    for (quota, subject) in quotas {
        if let Err(error) = app.attempts.take_back(*quota, subject).await {
            tracing::warn!(%error, quota = quota.name, "a try at a discount code stays counted");
        }
    }
}

/// Remove the discount code
///
/// A cart without a code stays as it is.
#[utoipa::path(
    delete,
    path = "/api/commands/carts/{id}/discount-code",
    tag = "checkout",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The cart"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The cart has no code", body = Accepted),
        Refused,
    )
)]
async fn remove_code(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    shop(&app, received, |by| {
        let cart = cart_id(&id)?;
        Ok(Command::Cart {
            cart,
            command: CartCommand::RemoveDiscount { by },
        })
    })
    .await
}

/// What a cart comes to
///
/// At today's prices, with shipping, tax and the discount. What changed since the cart was filled is marked.
#[utoipa::path(
    post,
    path = "/api/commands/carts/{id}/quote",
    tag = "checkout",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The cart")),
    request_body = AskQuote,
    responses(
        (status = 200, description = "The total, before anything is ordered", body = QuoteSchema),
        Refused,
    )
)]
async fn quote(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: AskQuote = received.json()?;
    let delivery = body.delivery()?;
    let shopper = received.shopper(&app).await?;
    let by = shopper.owner;
    let cart = cart_id(&id)?;
    let caller = received.caller(&shopper.who())?;
    let answer = app.answer(Command::Quote { cart, by, delivery }, caller).await?;
    Ok(Json(answer.quote).into_response())
}

/// Check out
///
/// The cart becomes an order, its stock is reserved, and the payment is waited for. A cart that became an order already
/// answers with that order.
#[utoipa::path(
    post,
    path = "/api/commands/carts/{id}/checkout",
    tag = "checkout",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The cart"), RepeatableOnly),
    request_body = CheckOutBody,
    responses(
        (status = 201, description = "The order is placed", body = Ordered),
        (status = 200, description = "The cart became this order before", body = Ordered),
        Refused,
    )
)]
async fn check_out(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let body: CheckOutBody = received.json()?;
    let agreed = body.agreed()?;
    let cart = cart_id(&id)?;
    let shopper = received.shopper(&app).await?;
    let caller = received.caller_with_key(&shopper.who())?;
    let network = received.network();
    // Also where its client leaves: otherwise what was counted and stored for an order that is refused would stay.
    to_its_end(async move {
        let by = (shopper.owner, shopper.gives());
        let answered = order_cart(&app, cart, by, network, agreed, caller).await;
        answered.map(|answer| ordered(&app, &answer))
    })
    .await
}

/// Counts what the order would hold before its contact is stored: where that is too much, nothing is.
async fn order_cart(
    app: &App,
    cart: CartId,
    (by, owner): (OwnerId, Owner),
    network: IpAddr,
    agreed: Agreed,
    caller: Caller,
) -> Result<Answer, Problem> {
    let (order, contact) = (OrderId::new(Uuid::now_v7()), ContactId::new(Uuid::now_v7()));
    let counted = app.unpaid.count(by, network, cart, order).await?;
    let checkout = CheckOut {
        cart,
        by,
        order,
        contact,
        address: Some(app.guest_key.address_mac(&mailbox_of(&agreed.contact.email))),
        delivery: Delivery {
            country: agreed.country,
            shipping_option: Some(agreed.shipping_option),
        },
        agreed_total: agreed.total,
        allowance: counted.allowance,
    };
    let command = Command::CheckOut(Box::new(checkout));
    if !counted.may_be_placed() {
        return app.answer(command, caller).await;
    }
    let given = Given {
        order,
        contact,
        owner,
        sent_to: agreed.contact,
        email_key: agreed.email_key,
    };
    let answered = place(app, &given, command, caller).await;
    if !may_be_there(order, &answered) {
        app.unpaid.give_back(counted).await;
    }
    answered
}

/// Tells of an order, with the link that opens it.
pub fn ordered(app: &App, answer: &Answer) -> Response {
    // A command that places an order answers with its id.
    let order = Uuid::parse_str(&answer.id).unwrap_or_default();
    let ordered = Ordered {
        id: answer.id.clone(),
        version: answer.version,
        position: answer.position,
        link: format!("/orders/{order}#key={}", app.guest_key.order_key(order)),
    };
    crate::router::answered(answer, Json(ordered).into_response())
}

/// None where it is no amount; then that is noted.
pub fn amount(sent: &Amount, field: &str, fields: &mut Fields) -> Option<Money> {
    let minor = fields.number(&format!("{field}.minor"), sent.minor);
    let currency = fields.take(&format!("{field}.currency"), &sent.currency);
    Some(Money::new(minor?, currency?))
}
