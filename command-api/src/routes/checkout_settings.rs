//! How a shop takes money, where it sends, and what it adds to its prices: told before there is anything in a cart.
//!
//! Shipping and taxes come from the very rules that quotes are made by, so that nothing is said that is not charged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::checkout_rules::{self, CheckoutRules, ShippingOption, Tax};
use domain::{Country, Currency, Money};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Refused;
use super::quote::MoneySchema;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(settings))
}

/// How the shop takes money, where it sends, and what comes on top of its prices.
#[derive(Serialize, ToSchema)]
struct CheckoutSettings<'a> {
    /// `sandbox` or `stripe`.
    gateway: &'static str,
    /// What Stripe's browser library needs.
    publishable_key: Option<&'a str>,
    /// ISO 3166-1 alpha-2.
    countries: Vec<&'a str>,
    /// Of each of these countries.
    taxes: BTreeMap<&'a str, CountryTax>,
    /// In the order in which a quote offers them; the first is chosen where none is named.
    shipping: Vec<ShippingTerms<'a>>,
}

/// The tax of a country, on what is sent there.
#[derive(Serialize, ToSchema)]
struct CountryTax {
    /// In hundredths of a percent: 1900 is 19 %.
    rate: u32,
    /// Whether prices are shown with this tax in them. Else it is added to lines and shipping.
    included: bool,
}

/// A way to send an order.
#[derive(Serialize, ToSchema)]
struct ShippingTerms<'a> {
    id: &'a str,
    name: &'a str,
    /// How long it takes, in words.
    takes: &'a str,
    /// One for each currency; in another one nothing is sent.
    prices: Vec<ShippingPrice>,
}

#[derive(Serialize, ToSchema)]
struct ShippingPrice {
    #[schema(value_type = MoneySchema)]
    price: Money,
    /// Nothing where the lines, less the discount, come to this.
    #[schema(value_type = Option<MoneySchema>, required)]
    free_from: Option<Money>,
}

fn taxes(rules: &CheckoutRules) -> BTreeMap<&str, CountryTax> {
    let told = |&Tax { rate, included }: &Tax| CountryTax { rate, included };
    let of_country = |(country, tax)| (Country::as_str(country), told(tax));
    rules.taxes.iter().map(of_country).collect()
}

fn terms(option: &ShippingOption) -> ShippingTerms<'_> {
    ShippingTerms {
        id: &option.id,
        name: &option.name,
        takes: &option.takes,
        prices: option.prices.iter().map(shipping_price).collect(),
    }
}

fn shipping_price((&currency, price): (&Currency, &checkout_rules::ShippingPrice)) -> ShippingPrice {
    ShippingPrice {
        price: Money::new(price.price, currency),
        free_from: price.free_from.map(|from| Money::new(from, currency)),
    }
}

/// How to check out here
///
/// Which gateway takes the money, to which countries orders are sent, and what a quote adds to the prices: taxes and
/// shipping.
#[utoipa::path(
    get,
    path = "/api/commands/checkout-settings",
    tag = "checkout",
    security(()),
    responses(
        (status = 200, description = "What a cart and a checkout page need to know", body = CheckoutSettings),
        Refused,
    )
)]
async fn settings(State(app): State<Arc<App>>) -> Response {
    let rules = &app.policy.rules;
    let settings = CheckoutSettings {
        gateway: app.payments.gateway_name,
        publishable_key: app.payments.publishable_key.as_deref(),
        countries: rules.taxes.keys().map(Country::as_str).collect(),
        taxes: taxes(rules),
        shipping: rules.shipping.iter().map(terms).collect(),
    };
    Json(settings).into_response()
}
