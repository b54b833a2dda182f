//! An order that was placed: who may see and change it, and what its gateway may tell.

use axum::http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::customer::Customer;
use super::{Allowed, STAFF, Shop, WEBHOOK_SECRET};
use crate::payment::webhook::{self, WebhookSecrets};
use crate::router::Limits;

#[tokio::test]
async fn an_order_is_for_its_session_its_link_and_staff() {
    let shop = Shop::with_mugs(50).await;
    let customer = shop.customer().await;
    let Customer { cookies, order, key } = &customer;
    let stranger = shop.customer().await;
    let wrong_key = format!("AAAAAAAA.{}", "A".repeat(43));
    let contact = format!("/orders/{order}/contact");
    for (path, headers) in [
        (&contact, vec![("cookie", cookies.as_str())]),
        (&contact, vec![("order-key", key.as_str())]),
        (&contact, vec![("authorization", STAFF)]),
    ] {
        let reply = shop.send("GET", path, &headers, "").await;
        assert_eq!(
            (reply.status, &reply.body["name"]),
            (StatusCode::OK, &json!("Ada Lovelace"))
        );
    }
    let strangers = [
        (
            String::new(),
            vec![("cookie", stranger.cookies.as_str())],
            (404, "order-not-found"),
        ),
        (
            String::new(),
            vec![("order-key", wrong_key.as_str()), ("cookie", cookies.as_str())],
            (404, "order-not-found"),
        ),
        (
            String::new(),
            vec![("order-key", stranger.key.as_str())],
            (404, "order-not-found"),
        ),
        (
            String::new(),
            vec![("order-key", key.as_str()), ("order-key", wrong_key.as_str())],
            (404, "order-not-found"),
        ),
        (String::new(), vec![], (401, "no-session")),
        // Addresses get into logs: a key opens nothing there.
        (format!("?key={key}"), vec![], (401, "no-session")),
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
                .json(method, &format!("/orders/{order}/{route}{query}"), &headers, body)
                .await;
            assert_eq!(reply.problem(), *expected, "{method} {route}{query}");
        }
        let unknown = format!("/orders/{}/{route}", Uuid::now_v7());
        let headers = [("cookie", cookies.as_str()), ("idempotency-key", "attack")];
        let reply = shop.json(method, &unknown, &headers, body).await;
        assert_eq!(reply.problem(), (404, "order-not-found"), "{method} {route}");
    }
    let path = format!("/orders/{order}/cancellation");
    let cancelled = shop
        .json("POST", &path, &[("order-key", key.as_str())], &json!({}))
        .await;
    assert_eq!(
        cancelled.status,
        StatusCode::OK,
        "nobody of them cancelled it before: {}",
        cancelled.body
    );
}

#[tokio::test]
async fn a_look_at_where_an_order_goes_is_one_request() {
    // Four in a burst: as many as ordering takes, and by the link as many looks.
    let shop = Shop::that_allows(Allowed {
        limits: Limits::per_second(2, 1000, 1000),
        ..Allowed::default()
    })
    .await;
    shop.get_mugs(50).await;
    let Customer { order, key, .. } = shop.customer().await;
    for look in 0..4 {
        let path = format!("/orders/{order}/contact");
        let reply = shop.send("GET", &path, &[("order-key", &key)], "").await;
        assert_eq!(reply.status, StatusCode::OK, "{look}: {}", reply.body);
    }
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
        for (headers, refused) in [
            (vec![("order-key", &*key)], (401, "not-signed-in")),
            (vec![("cookie", &*cookies)], (403, "forbidden")),
            (vec![("authorization", "Bearer wrong")], (401, "bad-credentials")),
            (vec![], (401, "not-signed-in")),
        ] {
            let headers = [&[("idempotency-key", "attack")], &*headers].concat();
            let reply = shop.json(method, path, &headers, body).await;
            assert_eq!(reply.problem(), refused, "{method} {path}");
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
    let notices = async || -> i64 {
        let counted = sqlx::query_scalar("select count(*) from gateway_notices");
        counted.fetch_one(&shop.pool().await).await.unwrap()
    };
    assert_eq!(notices().await, 0);
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
    assert_eq!(notices().await, 1, "kept once, however often it is sent");
}
