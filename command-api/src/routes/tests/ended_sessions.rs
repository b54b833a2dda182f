//! Sessions that ended one by one, in a Redis that comes back with what it had before.

use std::time::Duration;

use axum::http::StatusCode;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use session::{LONGEST_LIFE, Resolved};
use uuid::Uuid;

use super::Shop;
use super::accounts::{Member, PASSWORD, session_cookie};
use crate::accounts::ended_sessions::sweep;
use crate::accounts::publishing::publish_epochs;

/// By what an account's epoch comes to a Redis that was not told it.
#[derive(Clone, Copy, Debug)]
enum Told {
    AnotherSession,
    AnEndedSession,
    SigningIn,
    ThePublisher,
}

impl Shop {
    async fn redis(&self) -> MultiplexedConnection {
        let redis = std::env::var("TEST_REDIS_URL").unwrap();
        let client = redis::Client::open(redis).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// All sessions, as Redis would save them.
    async fn save(&self) -> Vec<(String, Vec<u8>)> {
        let mut redis = self.redis().await;
        let mut saved = vec![];
        for kind in ["session", "account-sessions"] {
            let pattern = format!("{}{kind}:*", self.redis_prefix);
            for key in redis.keys::<_, Vec<String>>(pattern).await.unwrap() {
                let dump = redis::cmd("DUMP").arg(&key).query_async(&mut redis).await;
                saved.push((key, dump.unwrap()));
            }
        }
        saved
    }

    /// Redis as it is once it was started again from what it saved: it believes nothing that it was told before.
    async fn come_back_with(&self, saved: &[(String, Vec<u8>)]) {
        let mut redis = self.redis().await;
        for (key, dump) in saved {
            let mut restore = redis::cmd("RESTORE");
            restore.arg(key).arg(60_000).arg(dump).arg("REPLACE");
            let () = restore.query_async(&mut redis).await.unwrap();
        }
        let told: Vec<String> = redis.keys(format!("{}epoch:*", self.redis_prefix)).await.unwrap();
        let () = redis.del(told).await.unwrap();
    }

    /// A session of the account in another browser.
    async fn another_session(&self, member: &Member, cookies: &str) -> String {
        let reply = self.sign_in(&member.email, PASSWORD, cookies).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        // The session alone: what the browser is known by is none.
        session_cookie(&reply).split("; ").next().unwrap().to_owned()
    }

    async fn sign_out(&self, cookies: &str) {
        let out = self
            .send("POST", "/session/sign-out", &[("cookie", cookies)], "")
            .await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
    }

    /// Ends the session of `ended` in the list that the session of `cookies` sees.
    async fn end_by_handle(&self, ended: &str, cookies: &str) {
        let listed = self.get("/account/sessions", ended).await.body;
        let sessions = listed["sessions"].as_array().unwrap();
        let own = sessions
            .iter()
            .find(|session| session["is_current"] == json!(true));
        let path = format!("/account/sessions/{}", own.unwrap()["handle"].as_str().unwrap());
        let done = self.send("DELETE", &path, &[("cookie", cookies)], "").await;
        assert_eq!(done.status, StatusCode::NO_CONTENT);
    }

    async fn are_stored(&self, account: Uuid) -> i64 {
        sqlx::query_scalar("select count(*) from ended_sessions where account_id = $1")
            .bind(account)
            .fetch_one(&self.pool().await)
            .await
            .unwrap()
    }

    async fn tell_redis(&self, how: Told, member: &Member, goes_on: &str, ended: &str) {
        match how {
            Told::AnotherSession => {
                assert_eq!(self.get("/account", goes_on).await.status, StatusCode::OK);
            }
            Told::AnEndedSession => {
                let begun = self.send("POST", "/session", &[("cookie", ended)], "").await;
                assert_eq!(begun.body["account"], Value::Null);
            }
            Told::SigningIn => drop(self.another_session(member, "").await),
            Told::ThePublisher => {
                let pool = self.pool().await;
                let told = publish_epochs(&pool, &self.sessions, Duration::from_mins(10)).await;
                assert!(told.unwrap() > 0);
            }
        }
    }
}

#[tokio::test]
async fn what_was_signed_out_ended_by_handle_or_replaced_stays_ended_and_the_other_sessions_go_on() {
    let shop = Shop::open().await;
    for how in [
        Told::AnotherSession,
        Told::AnEndedSession,
        Told::SigningIn,
        Told::ThePublisher,
    ] {
        let ada = shop.member().await;
        // The publisher tells of accounts that had more epochs than one.
        sqlx::query("update accounts set epoch = 1, epoch_began_at = now() where id = $1")
            .bind(ada.id)
            .execute(&shop.pool().await)
            .await
            .unwrap();
        let goes_on = shop.another_session(&ada, "").await;
        let signed_out = shop.another_session(&ada, "").await;
        let by_handle = shop.another_session(&ada, "").await;
        let replaced = shop.another_session(&ada, "").await;
        let saved = shop.save().await;
        shop.sign_out(&signed_out).await;
        shop.end_by_handle(&by_handle, &goes_on).await;
        let in_its_place = shop.another_session(&ada, &replaced).await;
        assert_eq!(shop.are_stored(ada.id).await, 3);

        shop.come_back_with(&saved).await;
        let ended = [&*signed_out, &*by_handle, &*replaced];
        for session in ended {
            let found = shop.sessions.look(session).await.unwrap();
            assert!(matches!(found, Resolved::Unconfirmed(_)), "it is there again");
        }
        shop.tell_redis(how, &ada, &goes_on, &signed_out).await;
        for session in ended {
            assert_eq!(
                shop.sessions.look(session).await.unwrap(),
                Resolved::Known(None),
                "{how:?}"
            );
            let refused = shop.get("/account", session).await;
            assert_eq!(refused.problem(), (401, "no-session"), "{how:?}");
        }
        for session in [&goes_on, &in_its_place] {
            assert_eq!(
                shop.get("/account", session).await.status,
                StatusCode::OK,
                "{how:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_erased_account_is_signed_out_in_every_browser_and_does_not_come_back_with_redis() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let phone = shop.another_session(&ada, "").await;
    let saved = shop.save().await;
    let body = json!({ "password": PASSWORD });
    let erased = shop
        .json("DELETE", "/account", &[("cookie", &*ada.cookies)], &body)
        .await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    for again in [false, true] {
        if again {
            shop.come_back_with(&saved).await;
        }
        for session in [&*ada.cookies, &*phone] {
            let refused = shop.get("/account", session).await;
            assert_eq!(refused.problem(), (401, "no-session"), "Redis came back: {again}");
        }
    }
}

/// As the owner runs it, and `./dev restore`.
const AFTER_RESTORE: &str = include_str!("../../../event-store/after_restore.sql");

#[tokio::test]
async fn no_session_is_good_after_a_restore_also_none_of_an_epoch_that_the_backup_does_not_know() {
    let shop = Shop::open().await;
    let (ada, pool) = (shop.member().await, shop.pool().await);
    let (mut sessions, mut was_told) = (vec![ada.cookies.clone()], vec![]);
    for _ in 0..3 {
        let cookie = [("cookie", sessions[sessions.len() - 1].as_str())];
        let ended = shop.send("DELETE", "/account/sessions", &cookie, "").await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        sessions.push(shop.another_session(&ada, "").await);
        was_told.push(shop.save().await);
    }
    // The backup was made before all of this.
    sqlx::query("update accounts set epoch = 0 where id = $1")
        .bind(ada.id)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::raw_sql(AFTER_RESTORE).execute(&pool).await.unwrap();
    publish_epochs(&pool, &shop.sessions, Duration::from_mins(10))
        .await
        .unwrap();
    for saved in [vec![], was_told.concat()] {
        shop.come_back_with(&saved).await;
        for session in &sessions {
            let refused = shop.get("/account", session).await;
            assert_eq!(refused.problem(), (401, "no-session"));
        }
    }
    let anew = shop.another_session(&ada, "").await;
    assert_eq!(shop.get("/account", &anew).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_in_redis_before_long_where_whoever_ended_it_could_not_say_so() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let other = shop.another_session(&ada, "").await;
    let named = shop.sessions.named(&other).await.unwrap().unwrap();
    let pool = shop.pool().await;
    // The process was killed after this.
    sqlx::query("insert into ended_sessions (hash, account_id) values ($1, $2)")
        .bind(named.hash.as_slice())
        .bind(named.account)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(shop.get("/account", &other).await.status, StatusCode::OK);
    publish_epochs(&pool, &shop.sessions, Duration::from_mins(10))
        .await
        .unwrap();
    let ended = shop.get("/account", &other).await;
    assert_eq!(ended.problem(), (401, "no-session"));
    assert_eq!(shop.get("/account", &ada.cookies).await.status, StatusCode::OK);
}

#[tokio::test]
async fn that_a_session_ended_is_kept_for_as_long_as_it_could_come_back_and_no_longer_than_its_account() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.member().await, shop.member().await);
    for member in [&ada, &eve] {
        let other = shop.another_session(member, "").await;
        shop.sign_out(&other).await;
        // Nobody is signed in with it any more: there is nothing to keep.
        shop.sign_out(&other).await;
        assert_eq!(shop.are_stored(member.id).await, 1);
    }
    let pool = shop.pool().await;
    let age = async |seconds: u64| {
        sqlx::query(
            "update ended_sessions set ended_at = now() - $2 * interval '1 second' where account_id = $1",
        )
        .bind(ada.id)
        .bind(Duration::from_secs(seconds).as_secs_f64())
        .execute(&pool)
        .await
        .unwrap();
        sweep(&pool).await.unwrap()
    };
    assert_eq!(age(LONGEST_LIFE - 60).await, 0);
    assert_eq!(age(LONGEST_LIFE + 1).await, 1);
    assert_eq!(shop.are_stored(ada.id).await, 0);
    let body = json!({ "password": PASSWORD });
    let erased = shop
        .json("DELETE", "/account", &[("cookie", &eve.cookies)], &body)
        .await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    assert_eq!(shop.are_stored(eve.id).await, 0);
}
