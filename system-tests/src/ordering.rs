//! The requests of a checkout, and what they are answered with.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::http::Request;

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
