//! From a cart to an order over HTTP: what is asked for, and what is refused.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::{Attempts, Quota};
use sqlx::{Connection, PgConnection};

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
    assert_eq!(codes.len(), 3);
    let once = codes.iter().find(|code| code["code"] == "ONCE").unwrap();
    assert_eq!((&once["redeemed"], &once["enabled"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn a_code_ends_in_the_future_and_in_a_year_that_can_be_written_down() {
    let shop = Shop::open().await;
    let staff = [("authorization", STAFF)];
    for (end, words) in [
        ("2020-01-01T00:00:00Z", "this moment has passed"),
        ("9999-12-31T23:59:59-01:00", "in the year 9999 at the latest"),
        ("12026-01-01T00:00:00Z", "has to be a time"),
        ("2027-02-29T00:00:00Z", "day was not in range"),
    ] {
        let terms = json!({ "code": "OLD-1", "discount": { "percent": 10 }, "expires_at": end });
        let refused = shop.json("POST", "/discount-codes", &staff, &terms).await;
        assert_eq!(refused.problem(), (400, "validation"), "{end}");
        assert_eq!(refused.violations(), ["expires_at"], "{end}");
        let said = refused.body["violations"][0]["message"].as_str().unwrap();
        assert!(said.contains(words), "{end}: {said}");
    }
    let end = "9999-12-31T23:59:59Z";
    shop.create_code(json!({ "code": "EVER", "discount": { "percent": 10 }, "expires_at": end }))
        .await;
}

#[tokio::test]
async fn a_code_counts_a_person_by_their_address_whoever_they_come_back_as() {
    let shop = Shop::with_mugs(50).await;
    shop.create_code(json!({ "code": "MINE", "discount": { "percent": 10 }, "limit_per_customer": 1 }))
        .await;
    let order_as = async |email: &str| {
        let (cookies, cart) = shop.with_cart(2).await;
        let path = format!("/carts/{cart}/discount-code");
        let applied = shop
            .json("PUT", &path, &[("cookie", &*cookies)], &json!({ "code": "MINE" }))
            .await;
        assert_eq!(applied.status, StatusCode::OK);
        let mut body = checkout(3100);
        body["contact"]["email"] = json!(email);
        let reply = shop.check_out(&cookies, &cart, "k", &body).await;
        (cookies, reply)
    };
    let (cookies, first) = order_as("same.person@example.org").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    for again in [
        "same.person@example.org",
        "Same.Person@Example.org",
        "same.person+2@example.org",
    ] {
        let (_, refused) = order_as(again).await;
        assert_eq!(refused.problem(), (422, "code-used-by-customer"), "{again}");
    }
    let (_, of_another) = order_as("sameperson@example.org").await;
    assert_eq!(
        of_another.status,
        StatusCode::CREATED,
        "points are part of a name"
    );

    let order = first.body["id"].as_str().unwrap();
    let cancelled = shop
        .json(
            "POST",
            &format!("/orders/{order}/cancellation"),
            &[("cookie", &*cookies)],
            &json!({}),
        )
        .await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    let (_, once_more) = order_as("same.person+3@example.org").await;
    assert_eq!(once_more.status, StatusCode::CREATED, "it was given back");

    let mut log = PgConnection::connect(&shop.url).await.unwrap();
    let told = "select count(*) from events where payload::text || aggregate_id ~* '@|person@|example'";
    let with_addresses: i64 = sqlx::query_scalar(told).fetch_one(&mut log).await.unwrap();
    assert_eq!(with_addresses, 0, "no address is in the log");
}

#[tokio::test]
async fn a_price_that_no_card_can_be_charged_is_refused_with_its_field() {
    let shop = Shop::open().await;
    let staff = [("authorization", STAFF)];
    for (minor, currency) in [
        (1_235, "KWD"),
        (0, "EUR"),
        (100_000_000, "EUR"),
        (1_000_000, "ISK"),
    ] {
        let product = json!({ "sku": "POT", "name": "Pot", "description": "", "category": "kitchen",
                              "price": { "minor": minor, "currency": currency } });
        let refused = shop.json("POST", "/products", &staff, &product).await;
        assert_eq!(refused.problem(), (400, "validation"), "{minor} {currency}");
        assert_eq!(refused.violations(), ["price.minor"], "{minor} {currency}");
    }
}

#[tokio::test]
async fn whoever_guesses_at_codes_is_told_to_wait_and_codes_that_there_are_cost_nothing() {
    let shop = Shop::with_mugs(50).await;
    let percent = json!({ "percent": 10 });
    shop.create_code(json!({ "code": "TEN", "discount": percent }))
        .await;
    let (cookies, cart) = shop.with_cart(2).await;
    let path = format!("/carts/{cart}/discount-code");
    let apply = async |code: &str, network: &str| {
        let headers = [("cookie", &*cookies), ("x-forwarded-for", network)];
        shop.json("PUT", &path, &headers, &json!({ "code": code })).await
    };
    for number in 0..20 {
        let known = apply("TEN", "192.0.2.1").await;
        assert_eq!(known.status, StatusCode::OK, "{}", known.body);
        let unknown = apply(&format!("GUESS-{number}"), "192.0.2.1").await;
        assert_eq!(unknown.problem(), (422, "unknown-code"));
    }
    for code in ["GUESS-21", "TEN"] {
        // From another network, too.
        let refused = apply(code, "192.0.2.2").await;
        assert_eq!(refused.problem(), (429, "rate-limited"), "{code}");
        assert!(refused.headers.contains_key("retry-after"));
    }
    // Somebody else at the same place goes on.
    let (cookies, cart) = shop.with_cart(2).await;
    let path = format!("/carts/{cart}/discount-code");
    let headers = [("cookie", &*cookies), ("x-forwarded-for", "192.0.2.1")];
    let known = shop.json("PUT", &path, &headers, &json!({ "code": "TEN" })).await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.body);
}

#[tokio::test]
async fn new_guests_are_no_way_round_the_limit_on_guessing_at_codes() {
    let shop = Shop::with_mugs(50).await;
    let mut last = None;
    for _ in 0..6 {
        let (cookies, cart) = shop.with_cart(2).await;
        let path = format!("/carts/{cart}/discount-code");
        for number in 0..18 {
            let guess = json!({ "code": format!("GUESS-{number}") });
            last = Some(shop.json("PUT", &path, &[("cookie", &cookies)], &guess).await);
        }
    }
    assert_eq!(last.unwrap().problem(), (429, "rate-limited"));
}

#[tokio::test]
async fn a_try_that_its_network_may_not_make_costs_the_shopper_nothing() {
    let shop = Shop::with_mugs(50).await;
    shop.create_code(json!({ "code": "TEN", "discount": { "percent": 10 } }))
        .await;
    let (attempts, full) = (Attempts::of(&shop.sessions), "192.0.2.1");
    let quota = Quota {
        name: "unknown-codes-network",
        count: 100,
        window: Duration::from_hours(1),
    };
    for _ in 0..quota.count {
        attempts.count(quota, full).await.unwrap();
    }
    let (cookies, cart) = shop.with_cart(2).await;
    let path = format!("/carts/{cart}/discount-code");
    let apply = async |network: &str| {
        let headers = [("cookie", &*cookies), ("x-forwarded-for", network)];
        shop.json("PUT", &path, &headers, &json!({ "code": "TEN" })).await
    };
    // More often than a shopper may try codes that there are not.
    for _ in 0..25 {
        let refused = apply(full).await;
        assert_eq!(refused.problem(), (429, "rate-limited"));
        assert_eq!(
            refused.headers["ratelimit-policy"],
            "\"unknown-codes-network\";q=100;w=3600"
        );
    }
    let elsewhere = apply("192.0.2.2").await;
    assert_eq!(elsewhere.status, StatusCode::OK, "{}", elsewhere.body);
    // Nor did what was refused count for the network.
    attempts.take_back(quota, full).await.unwrap();
    let there = apply(full).await;
    assert_eq!(there.status, StatusCode::OK, "{}", there.body);
}
