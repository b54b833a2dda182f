//! Who says that they are somebody, and is not; and who says nothing.

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::access_rows::{For, matrix};
use super::{STAFF, Shop, lines};

#[tokio::test]
async fn credentials_of_nobody_are_refused_wherever_somebody_is_asked_for() {
    let shop = Shop::open().await;
    let guarded = matrix()
        .into_iter()
        .filter(|(_, _, is_for, _)| *is_for != For::Anyone);
    for ((method, path, _, body), network) in guarded.zip(0_u8..) {
        // From one network no token is taken after twenty wrong ones.
        let network = format!("192.0.2.{network}");
        let id = Uuid::now_v7().to_string();
        let address = path
            .replace("{id}", &id)
            .replace("{sku}", "MUG")
            .replace("{code}", "MATRIX")
            .replace("{handle}", "0123456789abcdef")
            .replace("{shipment}", &id)
            .replace("{quote}", &id);
        let body = serde_json::from_str(&body.to_string().replace("{id}", &id)).unwrap();
        for sent in ["Bearer garbage", "Basic YWRhOnNlY3JldA==", "Bearer", "garbage"] {
            let headers = [
                ("authorization", sent),
                ("idempotency-key", "nobody"),
                ("x-forwarded-for", &*network),
            ];
            let reply = shop.json(method, &address, &headers, &body).await;
            let kind = reply.problem().1;
            assert_eq!(
                reply.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path} {sent}: {}",
                reply.body
            );
            // What a key must not do is refused before it is looked at.
            assert!(
                matches!(kind, "bad-credentials" | "not-signed-in"),
                "{method} {path} {sent}: {kind}"
            );
        }
    }
}

#[tokio::test]
async fn a_version_is_asked_for_as_a_get_gave_it() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (cookies, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    let add = async |if_match: &'static str| {
        let headers = [("cookie", &*cookies), ("if-match", if_match)];
        shop.json("POST", &path, &headers, &lines("MUG", 1)).await
    };
    let added = add("\"1795873452-1\"").await;
    assert_eq!(
        (added.status, &added.body["version"]),
        (StatusCode::OK, &json!(2))
    );
    // The tag of the answer, the tag that nginx made weak, and whatever is there.
    for (tag, version) in [
        ("\"2\"", 3),
        ("W/\"1795873452-3\"", 4),
        ("*", 5),
        ("\"9-4\", \"9-5\"", 6),
    ] {
        assert_eq!(add(tag).await.body["version"], json!(version), "{tag}");
    }
    let two_lines = [
        ("cookie", &*cookies),
        ("if-match", "\"9-4\""),
        ("if-match", "\"9-6\""),
    ];
    let added = shop.json("POST", &path, &two_lines, &lines("MUG", 1)).await;
    assert_eq!(added.body["version"], json!(7));
    let stale = add("\"1795873452-2\"").await;
    assert_eq!(stale.problem(), (412, "conflict"));
    assert_eq!(stale.body["current_version"], json!(7));
    // `*` is whatever is there: of the mug nothing was ever received.
    let headers = [("authorization", STAFF), ("if-match", "*")];
    let received = shop
        .json("POST", "/stock/MUG/receipts", &headers, &json!({ "quantity": 3 }))
        .await;
    assert_eq!(received.problem(), (412, "conflict"));
    assert_eq!(received.body["current_version"], json!(0));
}

#[tokio::test]
async fn a_body_is_json_by_the_whole_of_its_type_and_in_any_case() {
    let shop = Shop::open().await;
    let (cookies, _) = shop.shopper().await;
    for (kind, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON;charset=UTF-8", 200),
        ("Application/Json ; x=y", 200),
        ("application/json; charset=\"utf-8\"", 200),
        ("application/json; charset=utf-16", 415),
        ("application/jsonp", 415),
        ("application/json-patch+json", 415),
        ("text/json", 415),
        ("", 415),
    ] {
        let headers = [("cookie", &*cookies), ("content-type", kind)];
        let reply = shop.send("POST", "/carts", &headers, "{}").await;
        assert_eq!(reply.status.as_u16(), status, "{kind}: {}", reply.body);
    }
    let json = ("content-type", "application/json");
    for more in [("content-encoding", "gzip"), json] {
        let headers = [("cookie", &*cookies), json, more];
        let reply = shop.send("POST", "/carts", &headers, "{}").await;
        assert_eq!(reply.problem(), (415, "unsupported-media-type"), "{more:?}");
    }
}

#[tokio::test]
async fn a_body_is_one_object_and_nothing_behind_it() {
    let shop = Shop::with_mugs(5).await;
    let (cookies, cart) = shop.shopper().await;
    let path = format!("/carts/{cart}/lines");
    let headers = [("cookie", &*cookies), ("content-type", "application/json")];
    for (body, field, words) in [
        (
            r#"{"lines":[{"sku":"MUG","quantity":1}]} trailing"#,
            "body",
            "nothing behind it",
        ),
        (
            r#"{"lines":[{"sku":"MUG","quantity":1}]}{}"#,
            "body",
            "nothing behind it",
        ),
        (r#"{}"lines":[]}"#, "body", "missing field"),
        (r#"[[{"sku":"MUG","quantity":1}]]"#, "body", "an object"),
        (r#"{"lines":[["MUG",1]]}"#, "lines[0]", "an object"),
    ] {
        let reply = shop.send("POST", &path, &headers, body.to_owned()).await;
        assert_eq!(reply.problem(), (400, "validation"), "{body}");
        let violation = &reply.body["violations"][0];
        assert_eq!(violation["field"], field, "{body}: {}", reply.body);
        let said = violation["message"].as_str().unwrap();
        assert!(said.contains(words), "{body}: {said}");
    }
    let untouched = shop.send("DELETE", &path, &headers[..1], "").await;
    assert_eq!(
        untouched.body["version"], 1,
        "nothing was put in: {}",
        untouched.body
    );
}

#[tokio::test]
async fn what_is_sent_twice_or_is_no_text_lets_nobody_in() {
    let shop = Shop::open().await;
    let (cookies, _) = shop.shopper().await;
    let cookie = ("cookie", &*cookies);
    let staff = ("authorization", STAFF);
    let twice = shop
        .json("POST", "/carts", &[cookie, staff, staff], &json!({}))
        .await;
    assert_eq!(twice.problem(), (401, "bad-credentials"));
    let key = ("idempotency-key", "one");
    let keys = shop.json("POST", "/carts", &[cookie, key, key], &json!({})).await;
    assert_eq!(keys.violations(), ["Idempotency-Key"]);
}
