//! What every answer says to browsers and caches, whoever asked and whatever became of it.

use axum::http::{HeaderName, StatusCode};
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

#[tokio::test]
async fn a_page_of_another_site_gets_no_leave_to_read_an_answer_or_to_send_a_command() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let (mine, foreign) = (("cookie", &*ada.cookies), ("origin", "https://evil.example"));
    // What a browser asks before it sends a command of another site's page.
    let asks = ("access-control-request-method", "PUT");
    let replies = [
        shop.send("GET", "/account", &[mine, foreign], "").await,
        shop.send("GET", "/checkout-settings", &[foreign], "").await,
        shop.json("POST", "/carts", &[mine, foreign], &json!({})).await,
        shop.send("OPTIONS", "/account/password", &[foreign, asks], "")
            .await,
        shop.send("GET", "/no-such-route", &[foreign], "").await,
    ];
    assert_eq!(replies[0].problem(), (403, "cross-site"));
    assert_eq!(replies[1].status, StatusCode::OK);
    for (number, reply) in replies.iter().enumerate() {
        let mut names = reply.headers.keys().map(HeaderName::as_str);
        let leave = names.find(|name| name.starts_with("access-control-"));
        assert_eq!(leave, None, "reply {number}: {} {}", reply.status, reply.body);
    }
}
