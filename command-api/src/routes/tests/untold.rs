//! What has ended in PostgreSQL while Redis was not told of it.

use axum::http::StatusCode;
use futures::FutureExt;
use redis::aio::MultiplexedConnection;
use reqwest::Url;
use serde_json::json;
use session::{ApiKeys, CookieKind, Role, Sessions};
use uuid::Uuid;

use super::accounts::{PASSWORD, session_cookie};
use super::second_factor::App;
use super::{Allowed, Reply, Shop};
use crate::accounts::epoch::{self, Keys};
use crate::accounts::{AccountError, api_keys};

const NEW: &str = "another fine password";

/// A user of Redis who may do everything, and for a while nothing that tells it what has ended, or of a session or a key that begins.
struct RedisUser {
    admin: MultiplexedConnection,
    name: String,
    url: String,
}

impl RedisUser {
    async fn new() -> Self {
        let mut url = Url::parse(&std::env::var("TEST_REDIS_URL").unwrap()).unwrap();
        let client = redis::Client::open(url.as_str()).unwrap();
        let admin = client.get_multiplexed_async_connection().await.unwrap();
        let (name, password) = (
            format!("tests-{}", Uuid::now_v7().simple()),
            "a-password-of-the-tests",
        );
        url.set_username(&name).unwrap();
        url.set_password(Some(password)).unwrap();
        let mut user = Self {
            admin,
            name,
            url: url.into(),
        };
        user.set(&format!("on >{password} ~* &* +@all")).await;
        user
    }

    async fn shop(&self) -> Shop {
        Shop::that_allows(Allowed {
            redis: self.url.clone(),
            ..Allowed::default()
        })
        .await
    }

    async fn set(&mut self, rules: &str) {
        let () = redis::cmd("ACL")
            .arg("SETUSER")
            .arg(&self.name)
            .arg(rules.split(' ').collect::<Vec<_>>())
            .query_async(&mut self.admin)
            .await
            .unwrap();
    }

    /// Does something while Redis can be told nothing.
    async fn untold<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.set("-set").await;
        let done = work.await;
        self.set("+set").await;
        done
    }

    async fn leave(mut self) {
        let () = redis::cmd("ACL")
            .arg("DELUSER")
            .arg(&self.name)
            .query_async(&mut self.admin)
            .await
            .unwrap();
    }
}

/// Done, and nobody goes on with a session.
fn assert_done(reply: &Reply, status: StatusCode) {
    assert_eq!((reply.status, &*reply.cookies()), (status, ""), "{}", reply.body);
}

#[tokio::test]
async fn a_password_that_is_changed_is_answered_so_though_redis_cannot_be_told() {
    let mut user = RedisUser::new().await;
    let shop = user.shop().await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let change = json!({ "current": PASSWORD, "new": NEW });
    let changing = shop.json("PUT", "/account/password", &cookie, &change);
    assert_done(&user.untold(changing).await, StatusCode::NO_CONTENT);
    let old = shop.get("/account", &ada.cookies).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let back = shop.sign_in(&ada.email, NEW, "").await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.body);
    user.leave().await;
}

/// They are shown once.
#[tokio::test]
async fn recovery_codes_that_are_stored_are_shown_though_redis_cannot_be_told() {
    let mut user = RedisUser::new().await;
    let shop = user.shop().await;
    let mut ada = shop.member().await;
    let (setup, totp) = shop.begin_app(&ada).await;
    let app = App::new(totp);
    let added = user.untold(shop.confirm_app(&ada, &setup, &app.shown)).await;
    assert_done(&added, StatusCode::CREATED);
    let code = json!({ "recovery_code": added.body["recovery_codes"][0] });
    ada.cookies = shop.sign_in_in_two_steps(&ada, &code).await;

    let again = json!({ "password": PASSWORD });
    let cookie = [("cookie", &*ada.cookies)];
    let path = "/account/second-factors/recovery-codes";
    let renewed = user.untold(shop.json("POST", path, &cookie, &again)).await;
    assert_done(&renewed, StatusCode::OK);
    let code = json!({ "recovery_code": renewed.body["recovery_codes"][0] });
    ada.cookies = shop.sign_in_in_two_steps(&ada, &code).await;

    let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
    let path = format!("/account/second-factors/{}", factor.as_str().unwrap());
    let cookie = [("cookie", &*ada.cookies)];
    let removed = user.untold(shop.json("DELETE", &path, &cookie, &again)).await;
    assert_done(&removed, StatusCode::NO_CONTENT);
    let alone = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(alone.status, StatusCode::OK, "{}", alone.body);
    user.leave().await;
}

/// Nobody ever sees it again.
#[tokio::test]
async fn an_api_key_that_is_stored_is_shown_though_redis_cannot_be_told_and_opens_something_before_long() {
    let mut user = RedisUser::new().await;
    let shop = user.shop().await;
    let ada = shop.member().await;
    let bearer = user.untold(shop.key(&ada, Role::Shopper)).await;
    assert_eq!(shop.by(&bearer).await.problem(), (401, "bad-api-key"));
    let pool = &shop.app.accounts.pool;
    api_keys::publish_all(pool, &shop.app.api_keys).await.unwrap();
    assert_eq!(shop.by(&bearer).await.status, StatusCode::OK);
    user.leave().await;
}

#[tokio::test]
async fn a_link_that_was_used_and_signing_out_everywhere_are_answered_so_though_redis_cannot_be_told() {
    let mut user = RedisUser::new().await;
    let shop = user.shop().await;
    let (ada, eve) = (shop.member().await, shop.member().await);
    let body = json!({ "token": shop.mailed(&eve.email).await, "password": NEW });
    let confirmed = user.untold(shop.confirm(body, "")).await;
    assert_done(&confirmed, StatusCode::OK);
    user.untold(shop.reset_password(&ada)).await;
    for member in [&ada, &eve] {
        let back = shop.sign_in(&member.email, NEW, "").await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.body);
        let cookies = session_cookie(&back);
        let cookie = [("cookie", &*cookies)];
        let ending = shop.send("DELETE", "/account/sessions", &cookie, "");
        let ended = user.untold(ending).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT, "{}", ended.body);
        assert_eq!(session_cookie(&ended), "", "the browser forgets its session");
        let old = shop.get("/account", &cookies).await;
        assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    }
    user.leave().await;
}

#[tokio::test]
async fn what_ended_is_told_though_whoever_ended_it_does_not_wait_for_the_answer() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let key = shop.key(&ada, Role::Shopper).await;
    let mut transaction = shop.app.accounts.pool.begin().await.unwrap();
    let ended = epoch::begin(&mut transaction, ada.id, Keys::All).await.unwrap();
    transaction.commit().await.unwrap();
    let telling = ended.tell(&shop.sessions, &shop.app.api_keys);
    assert!(telling.now_or_never().is_none(), "Redis has not answered yet");
    while shop.by(&key).await.status == StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
}

#[tokio::test]
async fn a_key_of_whose_end_redis_was_not_told_is_revoked_once_more() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let bearer = shop.key(&ada, Role::Shopper).await;
    let pool = &shop.app.accounts.pool;
    let key = api_keys::list(pool, ada.id).await.unwrap().remove(0).id;
    let guest_key = shop.app.guest_key.clone();
    let nowhere = Sessions::connect("redis://127.0.0.1:1", "", CookieKind::Development, guest_key).unwrap();
    let failed = api_keys::revoke(pool, &ApiKeys::of(&nowhere), ada.id, key).await;
    assert!(matches!(failed, Err(AccountError::Sessions(_))));
    assert_eq!(shop.by(&bearer).await.status, StatusCode::OK);
    api_keys::revoke(pool, &shop.app.api_keys, ada.id, key)
        .await
        .unwrap();
    assert_eq!(shop.by(&bearer).await.problem(), (401, "bad-api-key"));
}
