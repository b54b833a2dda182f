//! What ends when somebody takes an account back, and who is let in meanwhile.

use std::time::Duration;

use axum::http::StatusCode;
use database::Pool;
use redis::AsyncCommands;
use serde_json::{Value, json};
use session::{ApiKeys, Attempts, Quota, Role};

use super::accounts::{Member, PASSWORD, session_cookie};
use super::{Reply, Shop};
use crate::accounts::epoch::{self, Keys};
use crate::accounts::publishing::publish_epochs;
use crate::accounts::{api_keys, granting};
use crate::email::subject_of;

const NEW: &str = "another fine password";

impl Shop {
    async fn make_key(&self, member: &Member, role: &str, days: u64, password: &str) -> Reply {
        let body = json!({ "name": "Import", "role": role, "expires_in_days": days, "password": password });
        self.json("POST", "/account/api-keys", &[("cookie", &member.cookies)], &body)
            .await
    }

    pub async fn key(&self, member: &Member, role: Role) -> String {
        let made = self.make_key(member, role.name(), 30, PASSWORD).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        format!("Bearer {}", made.body["key"].as_str().unwrap())
    }

    pub async fn by(&self, bearer: &str) -> Reply {
        self.send("GET", "/account", &[("authorization", bearer)], "")
            .await
    }

    pub async fn confirm(&self, body: Value, cookies: &str) -> Reply {
        self.json("POST", "/email-confirmations", &[("cookie", cookies)], &body)
            .await
    }

    /// A link is refused signed out and in the session of another account, with a new password and without one.
    pub async fn is_refused_elsewhere(&self, token: &str) {
        let stranger = self.member().await;
        for cookies in ["", &*stranger.cookies] {
            for body in [
                json!({ "token": token }),
                json!({ "token": token, "password": NEW }),
            ] {
                let refused = self.confirm(body, cookies).await;
                assert_eq!(refused.problem(), (422, "own-session-needed"));
            }
        }
    }

    /// Redis as it is after it was started again: what it was told by this shop it believes no more.
    async fn forget_epochs(&self) {
        let redis = std::env::var("TEST_REDIS_URL").unwrap();
        let client = redis::Client::open(redis).unwrap();
        let mut redis = client.get_multiplexed_async_connection().await.unwrap();
        let keys: Vec<String> = redis.keys(format!("{}epoch:*", self.redis_prefix)).await.unwrap();
        assert!(!keys.is_empty());
        let () = redis.del(keys).await.unwrap();
    }
}

async fn mails(pool: &Pool, kind: &str) -> Vec<Value> {
    sqlx::query_scalar("select mail from mails where reason like $1 || ':%' order by id")
        .bind(kind)
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_key_is_made_with_the_password_and_the_account_is_told() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let pool = shop.pool().await;
    let wrong = shop.make_key(&ada, "shopper", 30, "not this one, sorry").await;
    assert_eq!(wrong.problem(), (422, "wrong-password"));
    assert!(mails(&pool, "api-key-made").await.is_empty());
    let confirm = json!({ "token": shop.mailed(&ada.email).await });
    let confirmed = shop.confirm(confirm, &ada.cookies).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    let made = shop.make_key(&ada, "shopper", 30, PASSWORD).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let told = mails(&pool, "api-key-made").await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["name"], &told[0]["role"]),
        (&json!("Import"), &json!("shopper"))
    );
    assert!(!told[0].to_string().contains("cw_"), "{}", told[0]);
}

#[tokio::test]
async fn guesses_with_a_session_are_counted_like_guesses_at_signing_in() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    // Whoever took the session alone.
    let thief = Member {
        cookies: ada.cookies.split("; ").next().unwrap().to_owned(),
        ..ada
    };
    for _ in 0..10 {
        let guess = shop.make_key(&thief, "shopper", 30, "not this one, sorry").await;
        assert_eq!(guess.problem(), (422, "wrong-password"));
    }
    let guess = shop.make_key(&thief, "shopper", 30, PASSWORD).await;
    assert_eq!(guess.problem(), (429, "rate-limited"));
    let signing_in = shop.sign_in(&thief.email, PASSWORD, "").await;
    assert_eq!(
        signing_in.problem(),
        (429, "rate-limited"),
        "they are the same guesses"
    );
}

#[tokio::test]
async fn a_key_that_may_do_more_than_shop_lives_for_a_month_at_most() {
    let shop = Shop::open().await;
    let ada = shop.member_with(Role::Staff).await;
    for (role, days, is_made) in [
        ("staff", 31, false),
        ("staff", 30, true),
        ("shopper", 366, false),
        ("shopper", 365, true),
        ("shopper", 0, false),
    ] {
        let reply = shop.make_key(&ada, role, days, PASSWORD).await;
        assert_eq!(
            reply.status == StatusCode::CREATED,
            is_made,
            "{role} {days}: {}",
            reply.body
        );
        if !is_made {
            assert_eq!(reply.violations(), ["expires_in_days"]);
        }
    }
}

#[tokio::test]
async fn every_key_ends_with_the_password_with_signing_out_everywhere_and_with_the_account() {
    let shop = Shop::open().await;
    for ending in ["change", "everywhere", "reset", "erase"] {
        let ada = shop.member().await;
        let key = shop.key(&ada, Role::Shopper).await;
        assert_eq!(shop.by(&key).await.status, StatusCode::OK);
        let cookie = [("cookie", &*ada.cookies)];
        let done = match ending {
            "change" => {
                let body = json!({ "current": PASSWORD, "new": NEW });
                shop.json("PUT", "/account/password", &cookie, &body).await
            }
            "everywhere" => shop.send("DELETE", "/account/sessions", &cookie, "").await,
            "erase" => {
                let body = json!({ "password": PASSWORD });
                shop.json("DELETE", "/account", &cookie, &body).await
            }
            _ => {
                let body = json!({ "email": ada.email });
                shop.json("POST", "/password-resets", &[], &body).await;
                let pool = shop.pool().await;
                while mails(&pool, "reset-password").await.is_empty() {
                    tokio::task::yield_now().await;
                }
                let body = json!({ "token": shop.mailed(&ada.email).await, "password": NEW });
                shop.json("POST", "/password-resets/redeem", &[], &body).await
            }
        };
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{ending}: {}", done.body);
        assert_eq!(shop.by(&key).await.problem(), (401, "bad-api-key"), "{ending}");
        let old = shop.get("/account", &ada.cookies).await;
        assert_eq!(old.problem(), (401, "no-session"), "{ending}");
    }
    let left: i64 = sqlx::query_scalar("select count(*) from api_keys")
        .fetch_one(&shop.pool().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_role_that_is_taken_away_takes_its_keys_and_sessions_and_no_others() {
    let shop = Shop::open().await;
    let ada = shop.member_with(Role::Staff).await;
    let (staff, shopper) = (
        shop.key(&ada, Role::Staff).await,
        shop.key(&ada, Role::Shopper).await,
    );
    let (account, ended) = granting::set_role(&shop.pool().await, &ada.email, Role::Staff, false)
        .await
        .unwrap();
    assert!(!account.roles.has(Role::Staff));
    ended
        .tell(&shop.sessions, &ApiKeys::of(&shop.sessions))
        .await
        .unwrap();
    let receipt = shop
        .json(
            "POST",
            "/stock/MUG/receipts",
            &[("authorization", &staff)],
            &json!({ "quantity": 3 }),
        )
        .await;
    assert_eq!(receipt.problem(), (401, "bad-api-key"));
    assert_eq!(shop.by(&shopper).await.status, StatusCode::OK);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
}

#[tokio::test]
async fn a_link_that_is_opened_outside_the_accounts_session_ends_in_a_new_password() {
    let shop = Shop::open().await;
    // Somebody registers with an address that is not theirs, and keeps its owner out with an app of their own.
    let mut thief = shop.member().await;
    shop.set_up_app(&mut thief).await;
    let key = shop.key(&thief, Role::Shopper).await;
    // With the app the link that came with registering ended.
    shop.send(
        "POST",
        "/account/confirmation-mail",
        &[("cookie", &thief.cookies)],
        "",
    )
    .await;
    let token = shop.mailed(&thief.email).await;
    let stranger = shop.member().await;
    // The owner of the address opens the link, signed out or as somebody else.
    for cookies in ["", &*stranger.cookies] {
        let refused = shop.confirm(json!({ "token": token }), cookies).await;
        assert_eq!(refused.problem(), (422, "new-password-needed"));
    }
    assert_eq!(
        shop.get("/account", &thief.cookies).await.body["is_confirmed"],
        json!(false)
    );
    let easy = shop
        .confirm(json!({ "token": token, "password": "short" }), "")
        .await;
    assert_eq!(easy.violations(), ["password"]);
    let done = shop.confirm(json!({ "token": token, "password": NEW }), "").await;
    assert_eq!(done.body["email"], json!(thief.email), "{}", done.body);
    // Whoever registered has nothing of it any more.
    assert_eq!(
        shop.get("/account", &thief.cookies).await.problem(),
        (401, "no-session")
    );
    assert_eq!(shop.by(&key).await.problem(), (401, "bad-api-key"));
    let old = shop.sign_in(&thief.email, PASSWORD, "").await;
    assert_eq!(old.problem(), (401, "wrong-credentials"));
    let owner = shop.sign_in(&thief.email, NEW, "").await;
    assert_eq!(owner.status, StatusCode::OK, "{}", owner.body);
    let account = &owner.body["account"];
    assert_eq!(
        (&account["is_confirmed"], &account["has_second_factor"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(shop.factor_news().await, ["added", "reset-by-link"]);
    let again = shop.confirm(json!({ "token": token, "password": NEW }), "").await;
    assert_eq!(again.problem(), (422, "link-expired"));
}

#[tokio::test]
async fn another_address_is_confirmed_the_same_way() {
    let shop = Shop::open().await;
    let thief = shop.member().await;
    // An account that nobody has confirmed takes somebody else's address for its own.
    let change = json!({ "email": "owner@example.org", "password": PASSWORD });
    let cookie = [("cookie", &*thief.cookies)];
    shop.json("POST", "/account/email-change", &cookie, &change).await;
    let token = shop.mailed("owner@example.org").await;
    let refused = shop.confirm(json!({ "token": token }), "").await;
    assert_eq!(refused.problem(), (422, "new-password-needed"));
    shop.confirm(json!({ "token": token, "password": NEW }), "").await;
    let old = shop.get("/account", &thief.cookies).await;
    assert_eq!(old.problem(), (401, "no-session"));
    let owner = shop.sign_in("owner@example.org", NEW, "").await;
    assert_eq!(owner.status, StatusCode::OK, "{}", owner.body);
}

#[tokio::test]
async fn an_address_that_was_mistyped_gives_a_confirmed_account_to_nobody() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let token = shop.mailed(&ada.email).await;
    shop.confirm(json!({ "token": token }), &ada.cookies).await;
    let cookie = [("cookie", &*ada.cookies)];
    let change = json!({ "email": "mistyped@example.org", "password": PASSWORD });
    shop.json("POST", "/account/email-change", &cookie, &change).await;
    let token = shop.mailed("mistyped@example.org").await;
    shop.is_refused_elsewhere(&token).await;
    assert_eq!(shop.get("/account", &ada.cookies).await.status, StatusCode::OK);
    let refused = shop.sign_in("mistyped@example.org", NEW, "").await;
    assert_eq!(refused.problem(), (401, "wrong-credentials"));
    // It was meant, and works where its owner is signed in.
    shop.confirm(json!({ "token": token }), &ada.cookies).await;
    let moved = shop.sign_in("mistyped@example.org", PASSWORD, "").await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
}

#[tokio::test]
async fn a_session_is_compared_with_the_account_where_redis_does_not_vouch_for_it() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.member().await, shop.member().await);
    // Ended, and Redis was never told.
    let pool = shop.pool().await;
    let mut transaction = pool.begin().await.unwrap();
    let untold = epoch::begin(&mut transaction, eve.id, Keys::All).await.unwrap();
    transaction.commit().await.unwrap();
    drop(untold);
    let cookie = [("cookie", &*eve.cookies)];
    let opened = shop.json("POST", "/carts", &cookie, &json!({})).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    shop.forget_epochs().await;
    assert_eq!(shop.get("/account", &ada.cookies).await.status, StatusCode::OK);
    let ended = shop.get("/account", &eve.cookies).await;
    assert_eq!(ended.problem(), (401, "no-session"));
    // The page that begins a session learns it, too.
    let begun = shop
        .send("POST", "/session", &[("cookie", &eve.cookies)], "")
        .await;
    assert_eq!(begun.body["account"], Value::Null);
    let begun = shop
        .send("POST", "/session", &[("cookie", &ada.cookies)], "")
        .await;
    assert_eq!(begun.body["account"]["id"], json!(ada.id));
}

#[tokio::test]
async fn what_ended_is_told_again_where_whoever_ended_it_could_not() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let key = shop.key(&ada, Role::Shopper).await;
    let pool = shop.pool().await;
    let mut transaction = pool.begin().await.unwrap();
    let untold = epoch::begin(&mut transaction, ada.id, Keys::All).await.unwrap();
    transaction.commit().await.unwrap();
    // The process was killed here.
    drop(untold);
    assert_eq!(shop.by(&key).await.status, StatusCode::OK);
    let keys = ApiKeys::of(&shop.sessions);
    assert_eq!(api_keys::publish_all(&pool, &keys).await.unwrap(), 0);
    assert_eq!(shop.by(&key).await.problem(), (401, "bad-api-key"));
    let told = publish_epochs(&pool, &shop.sessions, Duration::from_mins(10)).await;
    assert_eq!(told.unwrap(), 1);
    assert_eq!(
        shop.get("/account", &ada.cookies).await.problem(),
        (401, "no-session")
    );
}

#[tokio::test]
async fn strangers_who_use_up_an_accounts_guesses_do_not_lock_its_owners_browser_out() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let out = shop
        .send("POST", "/session/sign-out", &[("cookie", &ada.cookies)], "")
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let body = |password: &str| json!({ "email": ada.email, "password": password });
    // As many guesses as there may be, from the owner's own network as well.
    let (attempts, subject) = (Attempts::of(&shop.sessions), subject_of(&ada.email));
    for (name, subject) in [
        ("sign-in-account", subject.clone()),
        ("sign-in", format!("203.0.113.1 {subject}")),
    ] {
        let quota = Quota {
            name,
            count: 100,
            window: Duration::from_mins(15),
        };
        for _ in 0..quota.count {
            attempts.count(quota, &subject).await.unwrap();
        }
    }
    let elsewhere = [("x-forwarded-for", "198.51.100.1")];
    let locked = shop
        .json("POST", "/session/sign-in", &elsewhere, &body(PASSWORD))
        .await;
    assert_eq!(locked.problem(), (429, "rate-limited"));
    // The session is over; the browser is known all the same.
    let known = [("cookie", &*ada.cookies), ("x-forwarded-for", "203.0.113.1")];
    let own = shop
        .json("POST", "/session/sign-in", &known, &body(PASSWORD))
        .await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
    // It has a quota, too, and it is of this account alone.
    let mut last = None;
    for _ in 0..10 {
        let guess = body("not this one, sorry");
        last = Some(shop.json("POST", "/session/sign-in", &known, &guess).await);
    }
    let last = last.unwrap();
    assert_eq!(last.problem(), (429, "rate-limited"));
    assert_eq!(last.headers["ratelimit-policy"], "\"sign-in-browser\";q=10;w=900");
    let eve = shop.member().await;
    let foreign = [("cookie", &*session_cookie(&own))];
    let guess = json!({ "email": eve.email, "password": "not this one, sorry" });
    let reply = shop.json("POST", "/session/sign-in", &foreign, &guess).await;
    let policy = reply.headers["ratelimit-policy"].to_str().unwrap();
    assert!(!policy.contains("browser"), "{policy}");
}
