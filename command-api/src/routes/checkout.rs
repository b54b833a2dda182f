//! From a cart to an order: discount codes, what it comes to, and the checkout itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::cart::CartCommand;
use domain::{ContactId, Country, Money, OrderId};
use event_store::contacts::Contact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::carts::shop;
use super::contact::{ContactBody, contact};
use super::quote::QuoteSchema;
use super::{Accepted, Conditional, Refused, Repeatable, RepeatableOnly};
use crate::command_loop::{Answer, CheckOut, Command, Delivery};
use crate::error::Problem;
use crate::fields::{Fields, SentCode, SentCountry, SentCurrency, SentLine};
use crate::request::{Received, cart_id};
use crate::router::{App, set_cookies};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(apply_code, remove_code))
        .routes(routes!(settings))
        .routes(routes!(quote))
        .routes(routes!(check_out))
}

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
    pub minor: i64,
    pub currency: SentCurrency,
}

/// How the shop takes money, and where it sends.
#[derive(Serialize, ToSchema)]
struct CheckoutSettings<'a> {
    /// `sandbox` or `stripe`.
    gateway: &'static str,
    /// What Stripe's browser library needs.
    publishable_key: Option<&'a str>,
    /// ISO 3166-1 alpha-2.
    countries: Vec<&'a str>,
}

/// An order was placed.
#[derive(Serialize, ToSchema)]
pub struct Ordered {
    /// Of the order.
    id: String,
    version: i64,
    position: i64,
    /// Opens the order without a session. Whoever has it can see, pay and cancel the order.
    #[schema(example = "/orders/0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10?key=…")]
    link: String,
}

/// What a customer agreed to, checked.
pub struct Agreed {
    pub contact: Contact,
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
    shop(&app, received, |by| {
        let cart = cart_id(&id)?;
        Ok(Command::ApplyCode { cart, by, code })
    })
    .await
}

/// Remove the discount code
#[utoipa::path(
    delete,
    path = "/api/commands/carts/{id}/discount-code",
    tag = "checkout",
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

/// How to check out here
#[utoipa::path(
    get,
    path = "/api/commands/checkout-settings",
    tag = "checkout",
    responses((status = 200, description = "What a checkout page needs to know", body = CheckoutSettings))
)]
async fn settings(State(app): State<Arc<App>>) -> Response {
    let settings = CheckoutSettings {
        gateway: app.payments.gateway_name,
        publishable_key: app.payments.publishable_key.as_deref(),
        countries: app.policy.rules.taxes.keys().map(Country::as_str).collect(),
    };
    Json(settings).into_response()
}

/// What a cart comes to
///
/// At today's prices, with shipping, tax and the discount. What changed since the cart was filled is marked.
#[utoipa::path(
    post,
    path = "/api/commands/carts/{id}/quote",
    tag = "checkout",
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
    app.limits.check_shopper(by.uuid())?;
    let cart = cart_id(&id)?;
    let caller = received.caller(&shopper.who())?;
    let answer = app.answer(Command::Quote { cart, by, delivery }, caller).await?;
    let mut response = Json(answer.quote).into_response();
    set_cookies(response.headers_mut(), shopper.cookies);
    Ok(response)
}

/// Check out
///
/// The cart becomes an order, its stock is reserved, and the payment is waited for. A cart that became an order already
/// answers with that order.
#[utoipa::path(
    post,
    path = "/api/commands/carts/{id}/checkout",
    tag = "checkout",
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
    let by = shopper.owner;
    app.limits.check_shopper(by.uuid())?;
    let caller = received.caller_with_key(&shopper.who())?;
    let order = OrderId::new(Uuid::now_v7());
    let contact_id = ContactId::new(Uuid::now_v7());
    // Before the order that names it. Of a checkout that is refused it is swept.
    app.contacts
        .keep(contact_id.uuid(), order.uuid(), by.uuid(), &agreed.contact)
        .await?;
    telemetry::failpoint("checkout.contact_kept");
    let checkout = CheckOut {
        cart,
        by,
        order,
        contact: contact_id,
        delivery: Delivery {
            country: agreed.country,
            shipping_option: Some(agreed.shipping_option),
        },
        agreed_total: agreed.total,
    };
    let answer = app.answer(Command::CheckOut(Box::new(checkout)), caller).await?;
    let mut response = ordered(&app, &answer);
    set_cookies(response.headers_mut(), shopper.cookies);
    Ok(response)
}

/// Tells of an order, with the link that opens it.
pub fn ordered(app: &App, answer: &Answer) -> Response {
    // A command that places an order answers with its id.
    let order = Uuid::parse_str(&answer.id).unwrap_or_default();
    let ordered = Ordered {
        id: answer.id.clone(),
        version: answer.version,
        position: answer.position,
        link: format!("/orders/{order}?key={}", app.guest_key.order_key(order)),
    };
    crate::router::answered(answer, Json(ordered).into_response())
}

/// None where there is no such currency; then that is noted.
pub fn amount(sent: &Amount, field: &str, fields: &mut Fields) -> Option<Money> {
    let currency = fields.take(&format!("{field}.currency"), &sent.currency)?;
    Some(Money::new(sent.minor, currency))
}
