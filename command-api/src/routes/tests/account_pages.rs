//! What an account keeps: its password, sessions, addresses, API keys, and everything that is known of a person.

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::Role;

use super::Shop;
use super::accounts::{PASSWORD, session_cookie};

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_the_old_password() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let elsewhere = session_cookie(&shop.sign_in(&ada.email, PASSWORD, "").await);
    let wrong = json!({ "current": "not this one, sorry", "new": "another fine password" });
    let cookie = [("cookie", &*ada.cookies)];
    let reply = shop.json("PUT", "/account/password", &cookie, &wrong).await;
    assert_eq!(reply.problem(), (422, "wrong-password"));
    let change = json!({ "current": PASSWORD, "new": "another fine password" });
    let reply = shop.json("PUT", "/account/password", &cookie, &change).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.body);
    for ended in [&elsewhere, &ada.cookies] {
        assert_eq!(shop.get("/account", ended).await.problem(), (401, "no-session"));
    }
    assert_eq!(
        shop.get("/account", &session_cookie(&reply)).await.status,
        StatusCode::OK
    );
    let old = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(old.problem(), (401, "wrong-credentials"));
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_end_one_by_one_or_all() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let firefox = (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    );
    let body = json!({ "email": ada.email, "password": PASSWORD });
    let second = session_cookie(&shop.json("POST", "/session/sign-in", &[firefox], &body).await);
    let listed = shop.get("/account/sessions", &ada.cookies).await.body;
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions
        .iter()
        .find(|session| session["is_current"] == json!(false))
        .unwrap();
    assert_eq!(other["device"], json!("Firefox on Linux"));
    let path = format!("/account/sessions/{}", other["handle"].as_str().unwrap());
    let stranger = shop.member().await;
    let foreign = shop
        .send("DELETE", &path, &[("cookie", &stranger.cookies)], "")
        .await;
    assert_eq!(foreign.problem(), (404, "session-not-found"));
    let ended = shop.send("DELETE", &path, &[("cookie", &ada.cookies)], "").await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.get("/account", &second).await.problem(), (401, "no-session"));
    let all = shop
        .send("DELETE", "/account/sessions", &[("cookie", &ada.cookies)], "")
        .await;
    assert_eq!(all.status, StatusCode::NO_CONTENT);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
    assert_eq!(
        shop.get("/account", &stranger.cookies).await.status,
        StatusCode::OK
    );
}

fn home() -> Value {
    json!({
        "name": "Ada Lovelace", "line1": "Dorset Street 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
    })
}

#[tokio::test]
async fn the_address_book_is_its_owners_and_holds_twenty() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.member().await, shop.member().await);
    let cookie = [("cookie", &*ada.cookies)];
    let added = shop.json("POST", "/account/addresses", &cookie, &home()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    let path = format!("/account/addresses/{}", added.body["id"].as_str().unwrap());
    let mut moved = home();
    moved["city"] = json!("Potsdam");
    for (method, body) in [("PUT", moved.clone()), ("DELETE", json!({}))] {
        let reply = shop.json(method, &path, &[("cookie", &eve.cookies)], &body).await;
        assert_eq!(reply.problem(), (404, "address-not-found"));
    }
    shop.json("PUT", &path, &cookie, &moved).await;
    let book = shop.get("/account/addresses", &ada.cookies).await.body;
    assert_eq!(book["addresses"][0]["city"], json!("Potsdam"));
    let mut nowhere = home();
    nowhere["country"] = json!("Germany");
    nowhere["name"] = json!(" ");
    let wrong = shop.json("POST", "/account/addresses", &cookie, &nowhere).await;
    assert_eq!(wrong.violations(), ["name", "country"]);
    let many = (0..25).map(|_| async {
        shop.json("POST", "/account/addresses", &cookie, &home())
            .await
            .status
    });
    let statuses = futures::future::join_all(many).await;
    let stored = statuses
        .iter()
        .filter(|status| **status == StatusCode::CREATED)
        .count();
    assert_eq!(stored, 19, "twenty with the first one, however many come at once");
    assert_eq!(
        shop.send("DELETE", &path, &cookie, "").await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn an_api_key_and_a_second_factor_are_taken_away_by_nobody_elses_account() {
    let shop = Shop::open().await;
    let (mut ada, eve) = (shop.member().await, shop.member().await);
    shop.set_up_app(&mut ada).await;
    let bearer = shop.key(&ada, Role::Shopper).await;
    let keys = shop.get("/account/api-keys", &ada.cookies).await.body;
    let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
    let eves = json!({ "password": PASSWORD });
    for (kind, id, expected) in [
        ("api-keys", &keys["api_keys"][0]["id"], (404, "api-key-not-found")),
        ("second-factors", &factor, (404, "second-factor-not-found")),
    ] {
        let path = format!("/account/{kind}/{}", id.as_str().unwrap());
        let refused = shop
            .json("DELETE", &path, &[("cookie", &eve.cookies)], &eves)
            .await;
        assert_eq!(refused.problem(), expected);
    }
    assert_eq!(shop.by(&bearer).await.status, StatusCode::OK);
    assert_eq!(shop.factors(&ada).await["factors"][0]["id"], factor);
}

#[tokio::test]
async fn an_api_key_acts_for_its_account_in_its_role_until_it_is_revoked() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let ada = shop.member_with(Role::Staff).await;
    let cookie = [("cookie", &*ada.cookies)];
    let wanted =
        |role: &str| json!({ "name": "Import", "role": role, "expires_in_days": 30, "password": PASSWORD });
    let key = async |role: &str| {
        let made = shop
            .json("POST", "/account/api-keys", &cookie, &wanted(role))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        (
            format!("Bearer {}", made.body["key"].as_str().unwrap()),
            made.body["id"].as_str().unwrap().to_owned(),
        )
    };
    let ((staff, id), (shopper, _)) = (key("staff").await, key("shopper").await);
    let receive = async |bearer: &str| {
        let body = json!({ "quantity": 3 });
        shop.json("POST", "/stock/MUG/receipts", &[("authorization", bearer)], &body)
            .await
    };
    assert_eq!(receive(&staff).await.status, StatusCode::OK);
    assert_eq!(receive(&shopper).await.problem(), (403, "forbidden"));
    let by_key = shop
        .json("POST", "/carts", &[("authorization", &*shopper)], &json!({}))
        .await;
    let by_cookie = shop.json("POST", "/carts", &cookie, &json!({})).await;
    assert_eq!(by_key.body["id"], by_cookie.body["id"]);
    let as_staff = shop
        .json("POST", "/carts", &[("authorization", &*staff)], &json!({}))
        .await;
    assert_eq!(
        as_staff.problem(),
        (403, "forbidden"),
        "a key does what its role does, and no more"
    );
    let held = shop
        .json("POST", "/account/api-keys", &cookie, &wanted("ops"))
        .await;
    assert_eq!(held.problem(), (422, "role-not-held"));
    let by_key = shop
        .json(
            "POST",
            "/account/api-keys",
            &[("authorization", &*shopper)],
            &wanted("shopper"),
        )
        .await;
    assert_eq!(by_key.problem(), (401, "not-signed-in"), "a key makes no keys");
    let listed = shop.get("/account/api-keys", &ada.cookies).await.body;
    assert!(!listed.to_string().contains("cw_"), "{listed}");
    let path = format!("/account/api-keys/{id}");
    assert_eq!(
        shop.send("DELETE", &path, &cookie, "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(receive(&staff).await.problem(), (401, "bad-api-key"));
}

#[tokio::test]
async fn what_staff_do_is_stored_under_their_own_account() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let staff = shop.member_with(Role::Staff).await;
    let body = json!({ "quantity": 3 });
    shop.json(
        "POST",
        "/stock/MUG/receipts",
        &[("cookie", &staff.cookies)],
        &body,
    )
    .await;
    let sql = "select metadata ->> 'actor' from events where event_type = 'StockReceived'";
    let actor: String = sqlx::query_scalar(sql)
        .fetch_one(&shop.pool().await)
        .await
        .unwrap();
    assert_eq!(actor, format!("staff:{}", staff.id));
}

#[tokio::test]
async fn everything_that_is_known_of_a_person_is_exported_and_erased() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    shop.json("POST", "/account/addresses", &cookie, &home()).await;
    let mut ada = ada;
    shop.set_up_app(&mut ada).await;
    let cookie = [("cookie", &*ada.cookies)];
    let export = shop.get("/account/export", &ada.cookies).await;
    assert_eq!(
        export.headers["content-disposition"],
        "attachment; filename=\"my-data.json\""
    );
    assert_eq!(export.body["account"]["email"], json!(ada.email));
    assert_eq!(export.body["addresses"][0]["line1"], json!("Dorset Street 1"));
    assert_eq!(
        export.body["second_factors"],
        json!([{ "kind": "totp", "name": "My phone" }])
    );
    let wrong = json!({ "password": "not this one, sorry" });
    let refused = shop.json("DELETE", "/account", &cookie, &wrong).await;
    assert_eq!(refused.problem(), (422, "wrong-password"));
    let erased = shop
        .json("DELETE", "/account", &cookie, &json!({ "password": PASSWORD }))
        .await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
    assert_eq!(
        shop.sign_in(&ada.email, PASSWORD, "").await.problem(),
        (401, "wrong-credentials")
    );
    let pool = shop.pool().await;
    for table in [
        "accounts",
        "account_links",
        "addresses",
        "api_keys",
        "second_factors",
        "recovery_codes",
    ] {
        let rows: i64 = sqlx::query_scalar(&format!("select count(*) from {table}"))
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let known: i64 =
        sqlx::query_scalar("select count(*) from mails where address is not null or mail is not null")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(known, 0);
}
