//! Commands on carts: what is answered, replayed and refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Reply, Shop, lines};

#[tokio::test]
async fn a_command_answers_with_id_version_and_position() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (cookies, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    let added = shop
        .json("POST", &path, &[("cookie", &cookies)], &lines("MUG", 2))
        .await;
    assert_eq!(
        (added.status, &added.body),
        (
            StatusCode::OK,
            &json!({ "id": cart, "version": 2, "position": 4 })
        )
    );
    assert_eq!(added.headers["etag"], "\"2\"");
    for (method, path, body, version) in [
        (
            "PUT",
            format!("{path}/MUG"),
            json!({ "quantity": 5 }).to_string(),
            3,
        ),
        ("DELETE", format!("{path}/MUG"), String::new(), 4),
        ("DELETE", path.clone(), String::new(), 4),
    ] {
        let headers = [("content-type", "application/json"), ("cookie", &*cookies)];
        let reply = shop.send(method, &path, &headers, body).await;
        assert_eq!(
            (reply.status, &reply.body["version"]),
            (StatusCode::OK, &json!(version)),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_replay_has_the_same_body_and_says_that_it_is_one() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (cookies, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    // The IETF draft quotes the key, most clients do not: it is the same key.
    let send = |key: &'static str| shop_send(&shop, &path, &cookies, key, lines("MUG", 1));
    let (first, again) = (send("k-1").await, send("\"k-1\"").await);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert!(first.headers.get("idempotency-replayed").is_none());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other_body = shop_send(&shop, &path, &cookies, "k-1", lines("MUG", 2)).await;
    assert_eq!(other_body.problem(), (422, "idempotency-mismatch"));
    // Somebody else's key of the same name is another key.
    let (theirs, their_cart) = shop.shopper().await;
    let path = format!("/carts/{their_cart}/lines");
    assert_eq!(
        shop_send(&shop, &path, &theirs, "k-1", lines("MUG", 2))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        shop_send(&shop, &path, &theirs, "", lines("MUG", 2))
            .await
            .problem(),
        (400, "validation")
    );
}

async fn shop_send(shop: &Shop, path: &str, cookies: &str, key: &str, body: Value) -> Reply {
    shop.json(
        "POST",
        path,
        &[("cookie", cookies), ("idempotency-key", key)],
        &body,
    )
    .await
}

#[tokio::test]
async fn bad_input_is_named_with_its_rule_and_changes_nothing() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (cookies, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    let cases = [
        (json!({ "lines": [] }), vec!["lines"]),
        (
            json!({ "lines": vec![json!({ "sku": "MUG", "quantity": 1 }); 51] }),
            vec!["lines"],
        ),
        (lines("MUG", 0), vec!["lines[0].quantity"]),
        (lines("MUG", 1000), vec!["lines[0].quantity"]),
        (lines("mug", -1), vec!["lines[0].sku", "lines[0].quantity"]),
        (
            json!({ "lines": [{ "sku": "MUG", "quantity": "two" }] }),
            vec!["lines[0].quantity"],
        ),
        (
            json!({ "lines": [{ "sku": "MUG", "quantity": 1, "price": 1 }] }),
            vec!["lines[0].price"],
        ),
        (json!({}), vec!["body"]),
    ];
    for (body, fields) in cases {
        let reply = shop.json("POST", &path, &[("cookie", &cookies)], &body).await;
        assert_eq!(reply.problem(), (400, "validation"), "{body}");
        assert_eq!(reply.violations(), fields, "{body}: {}", reply.body);
    }
    let refusals = [
        (lines("NOPE", 1), "unknown-product"),
        (
            json!({ "lines": [
        { "sku": "MUG", "quantity": 999 }, { "sku": "MUG", "quantity": 1 }] }),
            "quantity-limit",
        ),
    ];
    for (body, code) in refusals {
        let reply = shop.json("POST", &path, &[("cookie", &cookies)], &body).await;
        assert_eq!(reply.problem(), (422, code), "{body}");
    }
    let now = shop
        .json("POST", "/carts", &[("cookie", &cookies)], &json!({}))
        .await;
    assert_eq!((now.status, &now.body["version"]), (StatusCode::OK, &json!(1)));
}

#[tokio::test]
async fn a_request_that_is_no_command_is_told_what_one_is() {
    let shop = Shop::open().await;
    let (cookies, _) = shop.shopper().await;
    let cookie = ("cookie", &*cookies);
    let too_large = "x".repeat(64 * 1024 + 1);
    let json = ("content-type", "application/json");
    let cases = [
        (
            shop.send("POST", "/carts", &[cookie], "{}").await,
            415,
            "unsupported-media-type",
        ),
        (
            shop.send("POST", "/carts", &[cookie, json], "{").await,
            400,
            "validation",
        ),
        (
            shop.send("POST", "/carts", &[cookie, json], too_large).await,
            413,
            "body-too-large",
        ),
        (
            shop.send("POST", "/carts", &[json], "{}").await,
            401,
            "no-session",
        ),
        (
            shop.send("POST", "/carts", &[cookie, json, ("if-match", "new")], "{}")
                .await,
            400,
            "validation",
        ),
        (
            shop.json("POST", "/carts", &[cookie], &json!({ "currency": "XXX" }))
                .await,
            400,
            "validation",
        ),
        (
            shop.send("GET", "/carts", &[cookie], "").await,
            405,
            "method-not-allowed",
        ),
        (
            shop.send("POST", "/nowhere", &[cookie], "").await,
            404,
            "not-found",
        ),
        (
            shop.send("DELETE", "/carts/not-an-id/lines", &[cookie], "").await,
            404,
            "cart-not-found",
        ),
    ];
    for (reply, status, kind) in cases {
        assert_eq!(reply.problem(), (status, kind), "{}", reply.body);
    }
}
