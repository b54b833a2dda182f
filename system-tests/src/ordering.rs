//! The requests of a checkout, and what they are answered with.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::commands::{PATIENCE, send_until_answered};
use crate::guest::Guest;
use crate::http::{Door, Request};
use crate::keys::Keys;

/// A test card of the sandbox gateway that always works.
const CARD: &str = "pm_card_visa";

/// What a cart comes to, as far as a client has to agree to it.
#[derive(Clone, Debug, Deserialize)]
pub struct Quote {
    pub shipping_option: String,
    pub totals: QuotedTotals,
}

#[derive(Clone, Debug, Deserialize)]
pub struct QuotedTotals {
    pub total: Amount,
}

/// In minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub minor: i64,
    pub currency: String,
}

/// An order was placed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ordered {
    pub id: String,
    pub version: i64,
    /// Opens it without a session.
    pub link: String,
}

pub fn quote(cart: &str) -> Request {
    Request::new("POST", &format!("/api/commands/carts/{cart}/quote")).json(&json!({ "country": "DE" }))
}

/// Agrees to a quote. The address is nobody's.
pub fn check_out(cart: &str, quote: &Quote) -> Request {
    let body = json!({
        "contact": {
            "email": "shopper@example.org",
            "name": "Sam Shopper",
            "line1": "Teststraße 1",
            "postal_code": "10115",
            "city": "Berlin",
        },
        "country": "DE",
        "shipping_option": quote.shipping_option,
        "total": quote.totals.total,
    });
    Request::new("POST", &format!("/api/commands/carts/{cart}/checkout")).json(&body)
}

/// Begins to pay with a token of the gateway.
pub fn pay(order: &str, method: &str) -> Request {
    let body = json!({ "payment_method": method });
    Request::new("POST", &format!("/api/commands/orders/{order}/payment-attempts")).json(&body)
}

/// Asks what the cart comes to, agrees to that, and pays: the order, and the total that was agreed on.
///
/// # Errors
/// With what was answered instead. The order may be placed even so.
pub async fn order_and_pay(
    door: &mut Door,
    keys: &mut Keys,
    guest: &Guest,
    cart: &str,
) -> Result<(Ordered, i64)> {
    let answer = send_until_answered(door, &guest.sign(quote(cart)), PATIENCE)
        .await
        .last
        .context("no quote")?;
    ensure!(answer.is_success(), "no quote: {answer}");
    let quote: Quote = answer.json()?;
    let agreed = guest
        .sign(check_out(cart, &quote))
        .header("Idempotency-Key", &keys.next_key());
    let answer = send_until_answered(door, &agreed, PATIENCE)
        .await
        .last
        .context("no order")?;
    ensure!(answer.is_success(), "no order: {answer}");
    let ordered: Ordered = answer.json()?;
    let paid = guest
        .sign(pay(&ordered.id, CARD))
        .header("Idempotency-Key", &keys.next_key());
    send_until_answered(door, &paid, PATIENCE)
        .await
        .stored()
        .context("the payment was not taken in")?;
    Ok((ordered, quote.totals.total.minor))
}
