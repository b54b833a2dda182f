//! From a cart to an order over HTTP: what is asked for, and what is refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::customer::checkout;
use super::{STAFF, Shop};

#[tokio::test]
async fn a_quote_says_what_a_checkout_costs_and_what_changed_since_the_cart_was_filled() {
    let shop = Shop::with_mugs(2).await;
    let (cookies, cart) = shop.with_cart(3).await;
    let (staff, cookie) = ([("authorization", STAFF)], [("cookie", &*cookies)]);
    let price = json!({ "price": { "minor": 1500, "currency": "EUR" } });
    shop.json("PUT", "/products/MUG/price", &staff, &price).await;
    let quote = shop
        .json(
            "POST",
            &format!("/carts/{cart}/quote"),
            &cookie,
            &json!({ "country": "DE" }),
        )
        .await;
    assert_eq!(quote.status, StatusCode::OK, "{}", quote.body);
    let line = &quote.body["lines"][0];
    assert_eq!(line["previous_price"]["minor"], 1450);
    assert_eq!(line["trouble"], json!({ "what": "out-of-stock", "available": 2 }));
    let totals = &quote.body["totals"];
    assert_eq!(
        (&totals["subtotal"]["minor"], &totals["shipping"]["minor"]),
        (&json!(4500), &json!(490))
    );
    // 19 % are in the price: 4990 × 19 / 119.
    assert_eq!(
        (&totals["tax"]["minor"], &totals["total"]["minor"]),
        (&json!(797), &json!(4990))
    );
    let express = json!({ "country": "US", "shipping_option": "express" });
    let quote = shop
        .json("POST", &format!("/carts/{cart}/quote"), &cookie, &express)
        .await;
    // 7.25 % on top: 5790 and 420.
    assert_eq!(quote.body["totals"]["total"]["minor"], 6210);
}

#[tokio::test]
async fn a_quote_is_answered_again_under_the_same_key() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let headers = [("cookie", &*cookies), ("idempotency-key", "one")];
    let path = format!("/carts/{cart}/quote");
    let germany = json!({ "country": "DE" });
    let first = shop.json("POST", &path, &headers, &germany).await;
    let again = shop.json("POST", &path, &headers, &germany).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    assert_eq!(again.body["totals"]["total"]["minor"], 3390);
    // It was used for nothing: neither another country is another use of it, nor a command that stores something.
    let elsewhere = json!({ "country": "US", "shipping_option": "express" });
    let elsewhere = shop.json("POST", &path, &headers, &elsewhere).await;
    assert_eq!(elsewhere.status, StatusCode::OK, "{}", elsewhere.body);
    let ordered = shop.check_out(&cookies, &cart, "one", &checkout(3390)).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
}

#[tokio::test]
async fn the_description_of_a_quote_names_its_fields() {
    let shop = Shop::with_mugs(2).await;
    shop.create_code(json!({ "code": "TEN", "discount": { "percent": 10 } }))
        .await;
    let (cookies, cart) = shop.with_cart(3).await;
    let cookie = [("cookie", &*cookies)];
    shop.json(
        "PUT",
        &format!("/carts/{cart}/discount-code"),
        &cookie,
        &json!({ "code": "TEN" }),
    )
    .await;
    let quote = shop
        .json(
            "POST",
            &format!("/carts/{cart}/quote"),
            &cookie,
            &json!({ "country": "DE" }),
        )
        .await;
    let document = serde_json::to_value(crate::router::routes(&crate::roles::Role::ALL).1).unwrap();
    let schemas = &document["components"]["schemas"];
    for (schema, value) in [
        ("Quote", &quote.body),
        ("QuotedLine", &quote.body["lines"][0]),
        ("Totals", &quote.body["totals"]),
        ("QuotedCode", &quote.body["code"]),
        ("QuotedShipping", &quote.body["shipping_options"][0]),
    ] {
        let described: Vec<&String> = schemas[schema]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        let said: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(described, said, "{schema}");
    }
}

#[tokio::test]
async fn checking_out_again_is_the_same_order_with_or_without_the_same_key() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let first = shop.check_out(&cookies, &cart, "one", &checkout(3390)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = shop.check_out(&cookies, &cart, "one", &checkout(3390)).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let tab = shop.check_out(&cookies, &cart, "two", &checkout(3390)).await;
    assert_eq!((tab.status, &tab.body["id"]), (StatusCode::OK, &first.body["id"]));
    assert_eq!(tab.body["link"], first.body["link"]);
    let other = shop.check_out(&cookies, &cart, "one", &checkout(1)).await;
    assert_eq!(other.problem(), (422, "idempotency-mismatch"));
}

#[tokio::test]
async fn what_moves_money_needs_a_key() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let cookie = [("cookie", &*cookies)];
    let reply = shop
        .json(
            "POST",
            &format!("/carts/{cart}/checkout"),
            &cookie,
            &checkout(3390),
        )
        .await;
    assert_eq!(reply.problem(), (400, "idempotency-key-missing"));
    let customer = shop.customer().await;
    let cookie = [("cookie", &*customer.cookies)];
    let path = format!("/orders/{}/payment-attempts", customer.order);
    let reply = shop
        .json(
            "POST",
            &path,
            &cookie,
            &json!({ "payment_method": "pm_card_visa" }),
        )
        .await;
    assert_eq!(reply.problem(), (400, "idempotency-key-missing"));
    let path = format!("/orders/{}/refunds", customer.order);
    let reply = shop
        .json("POST", &path, &[("authorization", STAFF)], &json!({}))
        .await;
    assert_eq!(reply.problem(), (400, "idempotency-key-missing"));
}

#[tokio::test]
async fn a_checkout_that_is_not_right_is_told_what_is_wrong_and_changes_nothing() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.with_cart(2).await;
    let change = |path: &[&str], value: Value| {
        let mut body = checkout(3390);
        let mut at = &mut body;
        for part in path {
            at = &mut at[*part];
        }
        *at = value;
        body
    };
    for (body, expected) in [
        (change(&["total", "minor"], json!(3389)), (422, "total-changed")),
        (
            change(&["total"], json!({ "minor": 3390, "currency": "USD" })),
            (422, "total-changed"),
        ),
        (change(&["country"], json!("ZZ")), (422, "unknown-country")),
        (
            change(&["shipping_option"], json!("pigeon")),
            (422, "unknown-shipping-option"),
        ),
    ] {
        let reply = shop.check_out(&cookies, &cart, "k", &body).await;
        assert_eq!(reply.problem(), expected, "{}", reply.body);
    }
    let mut body = change(&["contact", "email"], json!("nobody"));
    body["contact"]["city"] = json!("");
    body["country"] = json!("Germany");
    body["total"]["currency"] = json!("XXX");
    let reply = shop.check_out(&cookies, &cart, "k", &body).await;
    assert_eq!(
        reply.violations(),
        ["country", "total.currency", "contact.city", "contact.email"]
    );
    let stranger = shop.shopper().await.0;
    let reply = shop.check_out(&stranger, &cart, "k", &checkout(3390)).await;
    assert_eq!(reply.problem(), (404, "cart-not-found"));
    let stock = shop
        .send("GET", "/stock/MUG", &[("authorization", STAFF)], "")
        .await;
    assert_eq!(
        (&stock.body["on_hand"], &stock.body["reserved"]),
        (&json!(5), &json!(0))
    );
    let ordered = shop.check_out(&cookies, &cart, "k", &checkout(3390)).await;
    assert_eq!(
        ordered.status,
        StatusCode::CREATED,
        "the same key, once it is right: {}",
        ordered.body
    );
    let stock = shop
        .send("GET", "/stock/MUG", &[("authorization", STAFF)], "")
        .await;
    assert_eq!(stock.body["available"], 3);
    assert_eq!(stock.body["reservations"][0]["order"], ordered.body["id"]);
}

#[tokio::test]
async fn a_discount_code_is_worth_what_its_terms_say_and_no_more_often() {
    let shop = Shop::with_mugs(50).await;
    let percent = json!({ "percent": 10 });
    shop.create_code(json!({ "code": "once", "discount": percent, "limit": 1 }))
        .await;
    shop.create_code(json!({ "code": "OLD-1", "discount": percent, "expires_at": "2020-01-01T00:00:00Z" }))
        .await;
    let minimum = json!({ "minor": 100_000, "currency": "EUR" });
    shop.create_code(json!({ "code": "RICH", "discount": percent, "minimum": minimum }))
        .await;
    shop.create_code(
        json!({ "code": "GONE", "discount": { "amount": { "minor": 500, "currency": "EUR" } } }),
    )
    .await;
    let staff = [("authorization", STAFF)];
    let disabled = shop
        .json("POST", "/discount-codes/GONE/disable", &staff, &json!({}))
        .await;
    assert_eq!(disabled.status, StatusCode::OK);
    let (cookies, cart) = shop.with_cart(2).await;
    let (cookie, path) = ([("cookie", &*cookies)], format!("/carts/{cart}/discount-code"));
    for (code, expected) in [
        ("NOPE", (422, "unknown-code")),
        ("OLD-1", (422, "code-expired")),
        ("GONE", (422, "code-disabled")),
        ("!", (400, "validation")),
    ] {
        let reply = shop.json("PUT", &path, &cookie, &json!({ "code": code })).await;
        assert_eq!(reply.problem(), expected, "{code}");
    }
    // Applied, it says in the quote what is missing.
    shop.json("PUT", &path, &cookie, &json!({ "code": "RICH" })).await;
    let ask = json!({ "country": "DE" });
    let quote = shop
        .json("POST", &format!("/carts/{cart}/quote"), &cookie, &ask)
        .await;
    assert_eq!(quote.body["code"]["refused"]["problem"], "code-below-minimum");
    let reply = shop.check_out(&cookies, &cart, "k", &checkout(3390)).await;
    assert_eq!(reply.problem(), (422, "code-below-minimum"));
    shop.json("PUT", &path, &cookie, &json!({ "code": "Once" })).await;
    let reply = shop.check_out(&cookies, &cart, "k", &checkout(3100)).await;
    assert_eq!(
        reply.status,
        StatusCode::CREATED,
        "2900 less 290, and 490: {}",
        reply.body
    );
    let (late, cart) = shop.with_cart(2).await;
    let reply = shop
        .json(
            "PUT",
            &format!("/carts/{cart}/discount-code"),
            &[("cookie", &late)],
            &json!({ "code": "ONCE" }),
        )
        .await;
    assert_eq!(reply.problem(), (422, "code-used-up"));
    let listed = shop.send("GET", "/discount-codes", &staff, "").await;
    let codes = listed.body["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 4);
    let once = codes.iter().find(|code| code["code"] == "ONCE").unwrap();
    assert_eq!((&once["redeemed"], &once["enabled"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn checkout_settings_name_the_gateway_and_where_the_shop_sends() {
    let shop = Shop::open().await;
    let settings = shop.send("GET", "/checkout-settings", &[], "").await;
    assert_eq!(settings.body["gateway"], "sandbox");
    assert!(
        settings.body["countries"]
            .as_array()
            .unwrap()
            .contains(&json!("DE"))
    );
}
