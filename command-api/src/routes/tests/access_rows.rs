//! Every route, and whom it is for. [`super::access_matrix`] sends each as everybody.

use serde_json::{Value, json};

use super::customer::checkout;
use super::lines;

/// For whom a route is: rights of docs/roles.md, which says who has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    Anyone,
    /// Whoever has a session, guests too.
    Shoppers,
    /// The one whose cart it is.
    CartsOwner,
    /// The one whose order it is, and staff.
    OrdersCustomer,
    /// Whoever is signed in, or has an API key as a shopper.
    Accounts,
    /// Whoever is signed in by cookie.
    Browsers,
    /// The one who submitted the request.
    RequestsCustomer,
    Staff,
    /// What of staff's work is only read.
    BackOffice,
    /// Webhooks, and what staff did.
    Operations,
}

/// The route, whom it is for, and a body that is as it has to be.
pub type Row = (&'static str, &'static str, For, Value);

pub fn matrix() -> Vec<Row> {
    [accounts(), shopping(), requests(), back_office()].concat()
}

fn none() -> Value {
    json!({})
}

fn accounts() -> Vec<Row> {
    let address = || json!({ "name": "A", "line1": "B", "postal_code": "1", "city": "C", "country": "DE" });
    let wrong = "not this one, sorry";
    vec![
        ("GET", "/openapi.json", For::Anyone, none()),
        ("POST", "/session", For::Anyone, none()),
        ("POST", "/session/sign-in", For::Anyone, Value::Null),
        ("POST", "/session/sign-in/second-step", For::Anyone, Value::Null),
        ("POST", "/session/sign-out", For::Anyone, none()),
        ("POST", "/accounts", For::Anyone, none()),
        ("GET", "/account", For::Accounts, none()),
        ("DELETE", "/account", For::Browsers, json!({ "password": wrong })),
        (
            "PUT",
            "/account/password",
            For::Browsers,
            json!({ "current": wrong, "new": "another fine password" }),
        ),
        (
            "POST",
            "/account/email-change",
            For::Browsers,
            json!({ "email": "new@example.org", "password": wrong }),
        ),
        ("POST", "/account/confirmation-mail", For::Browsers, none()),
        (
            "POST",
            "/email-confirmations",
            For::Anyone,
            json!({ "token": wrong }),
        ),
        (
            "POST",
            "/password-resets",
            For::Anyone,
            json!({ "email": "nobody@example.org" }),
        ),
        (
            "POST",
            "/password-resets/redeem",
            For::Anyone,
            json!({ "token": wrong, "password": "another fine password" }),
        ),
        ("GET", "/account/export", For::Browsers, none()),
        ("GET", "/account/sessions", For::Browsers, none()),
        ("DELETE", "/account/sessions", For::Browsers, none()),
        ("DELETE", "/account/sessions/{handle}", For::Browsers, none()),
        ("GET", "/account/addresses", For::Accounts, none()),
        ("POST", "/account/addresses", For::Accounts, address()),
        ("PUT", "/account/addresses/{id}", For::Accounts, address()),
        ("DELETE", "/account/addresses/{id}", For::Accounts, none()),
        ("GET", "/account/second-factors", For::Browsers, none()),
        (
            "DELETE",
            "/account/second-factors/{id}",
            For::Browsers,
            json!({ "password": wrong }),
        ),
        (
            "POST",
            "/account/second-factors/recovery-codes",
            For::Browsers,
            json!({ "password": wrong }),
        ),
        (
            "POST",
            "/account/second-factors/totp",
            For::Browsers,
            json!({ "password": wrong }),
        ),
        (
            "POST",
            "/account/second-factors/totp/confirmation",
            For::Browsers,
            json!({ "setup": wrong, "code": "123456", "name": "App" }),
        ),
        (
            "POST",
            "/account/second-factors/passkeys",
            For::Browsers,
            json!({ "password": wrong }),
        ),
        (
            "POST",
            "/account/second-factors/passkeys/confirmation",
            For::Browsers,
            json!({ "setup": wrong, "credential": {}, "name": "Key" }),
        ),
        ("GET", "/account/api-keys", For::Browsers, none()),
        (
            "POST",
            "/account/api-keys",
            For::Browsers,
            json!({ "name": "A", "role": "shopper", "expires_in_days": 1, "password": wrong }),
        ),
        ("DELETE", "/account/api-keys/{id}", For::Browsers, none()),
    ]
}

fn shopping() -> Vec<Row> {
    vec![
        ("POST", "/carts", For::Shoppers, none()),
        ("POST", "/carts/{id}/lines", For::CartsOwner, lines("MUG", 1)),
        ("DELETE", "/carts/{id}/lines", For::CartsOwner, none()),
        (
            "PUT",
            "/carts/{id}/lines/{sku}",
            For::CartsOwner,
            json!({ "quantity": 1 }),
        ),
        ("DELETE", "/carts/{id}/lines/{sku}", For::CartsOwner, none()),
        (
            "PUT",
            "/carts/{id}/discount-code",
            For::CartsOwner,
            json!({ "code": "MATRIX" }),
        ),
        ("DELETE", "/carts/{id}/discount-code", For::CartsOwner, none()),
        (
            "POST",
            "/carts/{id}/quote",
            For::CartsOwner,
            json!({ "country": "DE" }),
        ),
        ("POST", "/carts/{id}/checkout", For::CartsOwner, checkout(1)),
        ("GET", "/checkout-settings", For::Anyone, none()),
        ("GET", "/seller", For::Anyone, none()),
        (
            "POST",
            "/orders/{id}/payment-attempts",
            For::OrdersCustomer,
            json!({ "payment_method": "pm_card_visa" }),
        ),
        ("GET", "/orders/{id}/payment-action", For::OrdersCustomer, none()),
        ("POST", "/orders/{id}/payment-checks", For::OrdersCustomer, none()),
        (
            "POST",
            "/orders/{id}/return-requests",
            For::OrdersCustomer,
            json!({ "reason": "damaged" }),
        ),
        ("GET", "/orders/{id}/contact", For::OrdersCustomer, none()),
        ("POST", "/orders/{id}/cancellation", For::OrdersCustomer, none()),
        ("POST", "/payment-webhooks", For::Anyone, none()),
    ]
}

fn requests() -> Vec<Row> {
    let words = || json!({ "text": "Still wanted." });
    let asked = json!({ "kind": "missing_product", "title": "A matrix" });
    let quote = json!({ "unit_price": { "minor": 990, "currency": "EUR" }, "quantity": 5, "days": 7 });
    vec![
        ("POST", "/requests", For::Accounts, asked),
        ("PUT", "/requests/{id}/support", For::Accounts, none()),
        ("DELETE", "/requests/{id}/support", For::Accounts, none()),
        ("PUT", "/requests/{id}/subscription", For::Accounts, none()),
        ("DELETE", "/requests/{id}/subscription", For::Accounts, none()),
        ("POST", "/requests/{id}/comments", For::Accounts, words()),
        (
            "POST",
            "/requests/{id}/quotes/{quote}/total",
            For::RequestsCustomer,
            json!({ "country": "DE" }),
        ),
        (
            "POST",
            "/requests/{id}/quotes/{quote}/acceptance",
            For::RequestsCustomer,
            checkout(1),
        ),
        (
            "POST",
            "/requests/{id}/quotes/{quote}/decline",
            For::RequestsCustomer,
            none(),
        ),
        (
            "POST",
            "/requests/{id}/quotes/{quote}/renegotiation",
            For::RequestsCustomer,
            words(),
        ),
        ("GET", "/inbox", For::Accounts, none()),
        (
            "PUT",
            "/inbox/read",
            For::Accounts,
            json!({ "up_to": "0192f0e1-2d44-7c01-9a35-4b6f8e2d1c70" }),
        ),
        (
            "PUT",
            "/requests/{id}/stage",
            For::Staff,
            json!({ "stage": "triaged" }),
        ),
        (
            "PUT",
            "/requests/{id}/product",
            For::Staff,
            json!({ "sku": "MUG" }),
        ),
        (
            "PUT",
            "/requests/{id}/duplicate-of",
            For::Staff,
            json!({ "request": "{id}" }),
        ),
        ("PUT", "/requests/{id}/hiding", For::Staff, none()),
        ("DELETE", "/requests/{id}/hiding", For::Staff, none()),
        ("GET", "/requests/{id}/customer", For::Staff, none()),
        ("POST", "/requests/{id}/quotes", For::Staff, quote),
        (
            "POST",
            "/requests/{id}/decline",
            For::Staff,
            json!({ "reason": "Nobody makes it." }),
        ),
        (
            "POST",
            "/requests/{id}/cancellation",
            For::RequestsCustomer,
            none(),
        ),
    ]
}

fn back_office() -> Vec<Row> {
    let code = json!({ "code": "MATRIX", "discount": { "percent": 10 } });
    let product = json!({ "name": "Cup", "description": "", "category": "kitchen" });
    let subscription = json!({ "url": "https://example.org/hook" });
    let price = json!({ "price": { "minor": 1450, "currency": "EUR" } });
    vec![
        (
            "POST",
            "/orders/{id}/shipments",
            For::Staff,
            json!({ "carrier": "Post" }),
        ),
        (
            "POST",
            "/orders/{id}/shipments/{shipment}/delivery",
            For::Staff,
            none(),
        ),
        ("POST", "/orders/{id}/refunds", For::Staff, none()),
        ("POST", "/orders/{id}/return-decline", For::Staff, none()),
        ("GET", "/audit", For::Operations, none()),
        ("POST", "/products", For::Staff, super::mug()),
        ("PUT", "/products/{sku}/details", For::Staff, product),
        ("PUT", "/products/{sku}/price", For::Staff, price),
        ("POST", "/products/{sku}/delist", For::Staff, none()),
        ("POST", "/products/{sku}/relist", For::Staff, none()),
        ("GET", "/stock/{sku}", For::BackOffice, none()),
        (
            "POST",
            "/stock/{sku}/receipts",
            For::Staff,
            json!({ "quantity": 1 }),
        ),
        (
            "POST",
            "/stock/{sku}/adjustments",
            For::Staff,
            json!({ "delta": -1, "reason": "damaged" }),
        ),
        ("POST", "/discount-codes", For::Staff, code),
        ("GET", "/discount-codes", For::BackOffice, none()),
        ("POST", "/discount-codes/{code}/disable", For::Staff, none()),
        ("POST", "/webhook-subscriptions", For::Operations, subscription),
        ("GET", "/webhook-subscriptions", For::Operations, none()),
        ("GET", "/webhook-subscriptions/{id}", For::Operations, none()),
        ("DELETE", "/webhook-subscriptions/{id}", For::Operations, none()),
        (
            "POST",
            "/webhook-subscriptions/{id}/enable",
            For::Operations,
            none(),
        ),
        (
            "POST",
            "/webhook-subscriptions/{id}/secret-rotation",
            For::Operations,
            none(),
        ),
        (
            "POST",
            "/webhook-subscriptions/{id}/test-delivery",
            For::Operations,
            none(),
        ),
        (
            "GET",
            "/webhook-subscriptions/{id}/deliveries",
            For::Operations,
            none(),
        ),
        ("GET", "/webhook-deliveries/{id}", For::Operations, none()),
        (
            "POST",
            "/webhook-deliveries/{id}/redelivery",
            For::Operations,
            none(),
        ),
    ]
}
