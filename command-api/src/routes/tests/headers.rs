//! What every answer says to browsers and caches, whoever asked and whatever became of it.

use axum::http::StatusCode;
use serde_json::json;

use super::accounts::PASSWORD;
use super::{STAFF, Shop};

#[tokio::test]
async fn nothing_personal_is_stored_on_its_way_and_no_answer_is_run_by_a_browser() {
    let shop = Shop::with_mugs(5).await;
    let ada = shop.member().await;
    let (mine, staff) = (("cookie", &*ada.cookies), ("authorization", STAFF));
    let key = json!({ "name": "Till", "role": "shopper", "expires_in_days": 1, "password": PASSWORD });
    let wrong = json!({ "email": "nobody@example.org", "password": "not the password" });
    let replies = [
        shop.send("GET", "/account", &[mine], "").await,
        shop.send("GET", "/account/addresses", &[mine], "").await,
        shop.send("GET", "/account/sessions", &[mine], "").await,
        shop.send("GET", "/account/export", &[mine], "").await,
        shop.json("POST", "/account/api-keys", &[mine], &key).await,
        shop.send("GET", "/inbox", &[mine], "").await,
        shop.send("GET", "/audit", &[staff], "").await,
        shop.send("GET", "/discount-codes", &[staff], "").await,
        shop.send("GET", "/stock/MUG", &[staff], "").await,
        shop.json("POST", "/session/sign-in", &[], &wrong).await,
        shop.send("GET", "/account", &[], "").await,
        shop.send("GET", "/no-such-route", &[mine], "").await,
        shop.send("DELETE", "/audit", &[staff], "").await,
    ];
    for (number, reply) in replies.iter().enumerate() {
        let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
        let told = (header("cache-control"), header("content-security-policy"));
        let expected = (
            Some("no-store"),
            Some("default-src 'none'; frame-ancestors 'none'"),
        );
        assert_eq!(told, expected, "reply {number}: {} {}", reply.status, reply.body);
    }
    assert_eq!(replies[0].status, StatusCode::OK);
    assert_eq!(replies[4].status, StatusCode::CREATED, "it shows a key");
}
