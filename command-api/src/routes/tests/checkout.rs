//! From a cart to a paid order over HTTP: what is asked for, what is refused, and who may do what.

use axum::http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reply, STAFF, Shop, WEBHOOK_SECRET, lines};
use crate::payment::webhook::{self, WebhookSecrets};

/// A guest who has placed an order of two mugs.
struct Customer {
    cookies: String,
    order: String,
    /// `?key=…`
    key: String,
}

fn contact() -> Value {
    json!({ "email": "ada@example.org", "name": "Ada Lovelace", "line1": "Dorset Street 1", "postal_code": "10115",
            "city": "Berlin" })
}

fn checkout(total: i64) -> Value {
    json!({ "contact": contact(), "country": "DE", "shipping_option": "standard",
            "total": { "minor": total, "currency": "EUR" } })
}

impl Shop {
    /// With `stock` mugs on the shelf.
    async fn with_mugs(stock: i64) -> Self {
        let shop = Self::open().await;
        shop.list_mug().await;
        let staff = [("authorization", STAFF)];
        let body = json!({ "quantity": stock });
        let received = shop.json("POST", "/stock/MUG/receipts", &staff, &body).await;
        assert_eq!(received.status, StatusCode::OK);
        shop
    }

    async fn with_cart(&self, quantity: i64) -> (String, String) {
        let (cookies, cart) = self.shopper().await;
        let path = format!("/carts/{cart}/lines");
        let added = self
            .json("POST", &path, &[("cookie", &cookies)], &lines("MUG", quantity))
            .await;
        assert_eq!(added.status, StatusCode::OK);
        (cookies, cart)
    }

    async fn check_out(&self, cookies: &str, cart: &str, key: &str, body: &Value) -> Reply {
        let headers = [("cookie", cookies), ("idempotency-key", key)];
        self.json("POST", &format!("/carts/{cart}/checkout"), &headers, body)
            .await
    }

    async fn customer(&self) -> Customer {
        let (cookies, cart) = self.with_cart(2).await;
        let ordered = self.check_out(&cookies, &cart, "k", &checkout(3390)).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        let link = ordered.body["link"].as_str().unwrap();
        Customer {
            cookies,
            order: ordered.body["id"].as_str().unwrap().to_owned(),
            key: link.split_once('?').unwrap().1.to_owned(),
        }
    }

    async fn create_code(&self, terms: Value) {
        let created = self
            .json("POST", "/discount-codes", &[("authorization", STAFF)], &terms)
            .await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    }
}

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
async fn an_order_is_for_its_session_its_link_and_staff() {
    let shop = Shop::with_mugs(50).await;
    let customer = shop.customer().await;
    let Customer { cookies, order, key } = &customer;
    let stranger = shop.customer().await;
    let wrong_key = format!("key={}", "A".repeat(43));
    let contact = format!("/orders/{order}/contact");
    for (path, headers) in [
        (contact.clone(), vec![("cookie", cookies.as_str())]),
        (format!("{contact}?{key}"), vec![]),
        (contact.clone(), vec![("authorization", STAFF)]),
    ] {
        let reply = shop.send("GET", &path, &headers, "").await;
        assert_eq!(
            (reply.status, &reply.body["name"]),
            (StatusCode::OK, &json!("Ada Lovelace"))
        );
    }
    let strangers: [(&str, Vec<(&str, &str)>, (u16, &str)); 4] = [
        ("", vec![("cookie", &stranger.cookies)], (404, "order-not-found")),
        (&wrong_key, vec![("cookie", cookies)], (404, "order-not-found")),
        (&stranger.key, vec![], (404, "order-not-found")),
        ("", vec![], (401, "no-session")),
    ];
    let routes = [
        (
            "POST",
            "payment-attempts",
            json!({ "payment_method": "pm_card_visa" }),
        ),
        ("GET", "payment-action", Value::Null),
        ("POST", "payment-checks", json!({})),
        ("POST", "cancellation", json!({})),
        ("POST", "return-requests", json!({ "reason": "damaged" })),
        ("GET", "contact", Value::Null),
    ];
    for (method, route, body) in &routes {
        for (query, headers, expected) in &strangers {
            let mut headers = headers.clone();
            headers.push(("idempotency-key", "attack"));
            let reply = shop
                .json(
                    method,
                    &format!("/orders/{order}/{route}?{query}"),
                    &headers,
                    body,
                )
                .await;
            assert_eq!(reply.problem(), *expected, "{method} {route}?{query}");
        }
        let unknown = format!("/orders/{}/{route}", Uuid::now_v7());
        let headers = [("cookie", cookies.as_str()), ("idempotency-key", "attack")];
        let reply = shop.json(method, &unknown, &headers, body).await;
        assert_eq!(reply.problem(), (404, "order-not-found"), "{method} {route}");
    }
    let path = format!("/orders/{order}/cancellation?{key}");
    let cancelled = shop.json("POST", &path, &[], &json!({})).await;
    assert_eq!(
        cancelled.status,
        StatusCode::OK,
        "nobody of them cancelled it before: {}",
        cancelled.body
    );
}

#[tokio::test]
async fn sending_and_refunding_and_codes_are_for_staff() {
    let shop = Shop::with_mugs(50).await;
    let Customer { cookies, order, key } = shop.customer().await;
    let shipment = Uuid::now_v7();
    let routes = [
        (
            "POST",
            format!("/orders/{order}/shipments"),
            json!({ "carrier": "DHL" }),
        ),
        (
            "POST",
            format!("/orders/{order}/shipments/{shipment}/delivery"),
            json!({}),
        ),
        ("POST", format!("/orders/{order}/refunds"), json!({})),
        ("POST", format!("/orders/{order}/return-decline"), json!({})),
        (
            "POST",
            "/discount-codes".to_owned(),
            json!({ "code": "FREE", "discount": { "percent": 100 } }),
        ),
        ("GET", "/discount-codes".to_owned(), Value::Null),
        ("POST", "/discount-codes/FREE/disable".to_owned(), json!({})),
        ("GET", "/stock/MUG".to_owned(), Value::Null),
    ];
    for (method, path, body) in &routes {
        for headers in [
            vec![("cookie", &*cookies)],
            vec![("authorization", "Bearer wrong")],
            vec![],
        ] {
            let headers = [&[("idempotency-key", "attack")], &*headers].concat();
            let reply = shop.json(method, &format!("{path}?{key}"), &headers, body).await;
            assert_eq!(reply.problem(), (403, "forbidden"), "{method} {path}");
        }
    }
    let staff = [("authorization", STAFF), ("idempotency-key", "staff")];
    for (path, body, expected) in [
        (&routes[0].1, json!({ "carrier": "DHL" }), (422, "order-not-paid")),
        (&routes[1].1, json!({}), (422, "unknown-shipment")),
        (&routes[2].1, json!({}), (422, "not-captured")),
        (&routes[3].1, json!({}), (422, "no-return")),
        (&routes[6].1, json!({}), (422, "unknown-code")),
    ] {
        let reply = shop.json("POST", path, &staff, &body).await;
        assert_eq!(reply.problem(), expected, "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_webhook_that_the_gateway_did_not_sign_just_now_changes_nothing() {
    let shop = Shop::with_mugs(50).await;
    let Customer { order, .. } = shop.customer().await;
    let body = json!({ "id": "evt_1", "type": "payment_intent.succeeded",
                       "data": { "object": { "object": "payment_intent", "id": "pi_1", "metadata": { "payment": order } } } });
    let (body, now) = (body.to_string(), OffsetDateTime::now_utc());
    let signed = |secret: &str, body: &str, at| {
        let secrets = WebhookSecrets::new(vec![secret.to_owned().into()]);
        webhook::sign(&secrets, body.as_bytes(), at)
    };
    let right = signed(WEBHOOK_SECRET, &body, now);
    let refused = [
        (String::new(), body.clone()),
        ("t=1,v1=zz".to_owned(), body.clone()),
        (signed("whsec_of_somebody_else", &body, now), body.clone()),
        (right.clone(), body.replace("evt_1", "evt_2")),
        (
            signed(WEBHOOK_SECRET, &body, now - time::Duration::minutes(6)),
            body.clone(),
        ),
        (signed(WEBHOOK_SECRET, "{", now), "{".to_owned()),
    ];
    for (signature, body) in refused {
        let reply = shop
            .send(
                "POST",
                "/payment-webhooks",
                &[("stripe-signature", &signature)],
                body,
            )
            .await;
        assert_eq!(reply.problem(), (400, "webhook-refused"), "{signature}");
    }
    for _ in 0..3 {
        let reply = shop
            .send(
                "POST",
                "/payment-webhooks",
                &[("stripe-signature", &right)],
                body.clone(),
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK);
    }
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
