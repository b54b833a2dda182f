//! Links in mails: a forgotten password, and an address that is confirmed or changed.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shop;
use super::accounts::PASSWORD;

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let ask = |email: &str| json!({ "email": email });
    for email in [&*ada.email, "nobody@example.org"] {
        let reply = shop.json("POST", "/password-resets", &[], &ask(email)).await;
        assert_eq!((reply.status, &reply.body), (StatusCode::ACCEPTED, &Value::Null));
    }
    let pool = shop.pool().await;
    let count = || async {
        let sql = "select count(*) from mails where reason like 'reset-password:%'";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap()
    };
    while count().await == 0 {
        tokio::task::yield_now().await;
    }
    let token = shop.mailed(&ada.email).await;
    // The link is not used up by a password that is refused, whatever the account is called.
    let own_name = ada.email.split('@').next().unwrap();
    for (password, because) in [
        ("Password123!", "attackers try first"),
        ("monkey-monkey-2031", "guessed too easily"),
        (
            &*format!("my name is {own_name}"),
            "the name in the e-mail address",
        ),
    ] {
        let redeem = json!({ "token": token, "password": password });
        let refused = shop.json("POST", "/password-resets/redeem", &[], &redeem).await;
        assert_eq!(refused.problem(), (400, "validation"), "{password}");
        let said = refused.body["violations"][0]["message"].as_str().unwrap();
        assert!(said.contains(because), "{password}: {said}");
    }
    let redeem = json!({ "token": token, "password": "another fine password" });
    let done = shop.json("POST", "/password-resets/redeem", &[], &redeem).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
    let again = shop.json("POST", "/password-resets/redeem", &[], &redeem).await;
    assert_eq!(again.problem(), (422, "link-expired"));
    let signed_in = shop.sign_in(&ada.email, "another fine password", "").await;
    assert_eq!(signed_in.status, StatusCode::OK);
    assert_eq!(count().await, 1, "nobody else was written to");
}

#[tokio::test]
async fn a_link_that_expired_opens_nothing() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let token = shop.mailed(&ada.email).await;
    let expire = "update account_links set expires_at = now() - interval '1 second'";
    sqlx::query(expire).execute(&shop.pool().await).await.unwrap();
    let reply = shop
        .json("POST", "/email-confirmations", &[], &json!({ "token": token }))
        .await;
    assert_eq!(reply.problem(), (422, "link-expired"));
}

#[tokio::test]
async fn an_address_is_confirmed_and_changed_by_links() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let confirm = async |token: String| {
        shop.json(
            "POST",
            "/email-confirmations",
            &cookie,
            &json!({ "token": token }),
        )
        .await
    };
    let first = confirm(shop.mailed(&ada.email).await).await;
    assert_eq!(first.body["email"], json!(ada.email));
    let change = json!({ "email": "countess@example.org", "password": PASSWORD });
    let asked = shop.json("POST", "/account/email-change", &cookie, &change).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let before = shop.get("/account", &ada.cookies).await.body;
    assert_eq!(
        (&before["email"], &before["is_confirmed"]),
        (&json!(ada.email), &json!(true))
    );
    confirm(shop.mailed("countess@example.org").await).await;
    let after = shop.get("/account", &ada.cookies).await.body;
    assert_eq!(after["email"], json!("countess@example.org"));
    assert_eq!(
        shop.sign_in("countess@example.org", PASSWORD, "").await.status,
        StatusCode::OK
    );
    // Somebody else has it by now.
    let grace = shop.member().await;
    let taken = shop
        .json(
            "POST",
            "/account/email-change",
            &[("cookie", &grace.cookies)],
            &change,
        )
        .await;
    assert_eq!(taken.problem(), (422, "email-taken"));
}

#[tokio::test]
async fn whoever_gets_the_account_back_ends_the_links_that_somebody_else_asked_for() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    // Somebody who knew the password asks for another address, and waits.
    let change = json!({ "email": "thief@example.org", "password": PASSWORD });
    shop.json("POST", "/account/email-change", &cookie, &change).await;
    let thiefs = shop.mailed("thief@example.org").await;
    let new = json!({ "current": PASSWORD, "new": "another fine password" });
    let changed = shop.json("PUT", "/account/password", &cookie, &new).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
    let late = shop
        .json("POST", "/email-confirmations", &[], &json!({ "token": thiefs }))
        .await;
    assert_eq!(late.problem(), (422, "link-expired"));
}
