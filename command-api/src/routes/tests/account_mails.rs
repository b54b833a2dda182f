//! Mails with links: nobody's mailbox is filled by others, and no network registers and asks without end.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use session::{Attempts, Quota};

use super::accounts::{PASSWORD, session_cookie};
use super::{Allowed, Reply, Shop};
use crate::email::mailbox_of;
use crate::limits::Quotas;

/// So many sign-ups, mails to a mailbox, and mails from a network in an hour.
async fn shop(sign_ups: u32, mails: u32, mails_of_network: u32) -> Shop {
    Shop::that_allows(Allowed {
        quotas: Quotas::per_hour(sign_ups, mails, mails_of_network),
        ..Allowed::default()
    })
    .await
}

impl Shop {
    async fn register_from(&self, network: &str, email: &str) -> Reply {
        let body = json!({ "email": email, "password": PASSWORD });
        self.json("POST", "/accounts", &[("x-forwarded-for", network)], &body)
            .await
    }

    async fn ask_for_reset(&self, email: &str) -> Reply {
        self.json("POST", "/password-resets", &[], &json!({ "email": email }))
            .await
    }

    /// Mails of this kind, as they are stored.
    async fn told(&self, kind: &str) -> Vec<String> {
        sqlx::query_scalar("select mail::text from mails where mail ->> 'kind' = $1")
            .bind(kind)
            .fetch_all(&self.pool().await)
            .await
            .unwrap()
    }

    async fn mails(&self) -> i64 {
        sqlx::query_scalar("select count(*) from mails")
            .fetch_one(&self.pool().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn registering_fills_no_mailbox_whatever_is_written_behind_the_plus() {
    let shop = shop(1000, 5, 1000).await;
    for number in 0..5 {
        let reply = shop.register(&format!("Ada+{number}@example.org"), "").await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }
    for unmailed in ["ada+5@example.org", "ADA@Example.ORG"] {
        let reply = shop.register(unmailed, "").await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        assert_eq!(reply.headers["ratelimit-policy"], "\"mails\";q=5;w=3600");
        let again = session_cookie(&reply);
        let again = [("cookie", &*again)];
        let again = shop.send("POST", "/account/confirmation-mail", &again, "").await;
        assert_eq!(again.problem(), (429, "rate-limited"));
    }
    assert_eq!(shop.mails().await, 5);
    // Whoever else asks for another password keeps nobody from confirming, and fills it no more than that.
    for number in 0..5 {
        let reply = shop.ask_for_reset(&format!("ada+{number}@example.org")).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    }
    let reply = shop.ask_for_reset("ada+1@example.org").await;
    assert_eq!(reply.problem(), (429, "rate-limited"));
    assert_eq!(
        shop.register("grace@example.org", "").await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn strangers_who_use_up_the_mails_of_a_mailbox_do_not_keep_its_owner_from_registering() {
    let shop = shop(1000, 5, 1000).await;
    for _ in 0..5 {
        let asked = shop.ask_for_reset("ada@example.org").await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    }
    let refused = shop.ask_for_reset("ada@example.org").await;
    assert_eq!(refused.problem(), (429, "rate-limited"));
    let reply = shop.register("ada@example.org", "").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let cookie = session_cookie(&reply);
    let again = shop
        .send("POST", "/account/confirmation-mail", &[("cookie", &*cookie)], "")
        .await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
    assert_eq!(
        shop.mails().await,
        2,
        "asking for passwords uses up nothing of what confirms"
    );
    let signed_in = shop.sign_in("ada@example.org", PASSWORD, "").await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
}

/// Anybody registers with any address, and knows the password then.
#[tokio::test]
async fn an_account_that_nobody_confirmed_sends_its_mailbox_little_and_no_words_of_its_own() {
    let shop = shop(1000, 5, 1000).await;
    let mut members = vec![];
    for email in ["victim+1@example.org", "victim+2@example.org"] {
        // Without the cookie by which the browser is known: it has a quota of its own.
        let cookies = session_cookie(&shop.register(email, "").await);
        members.push(cookies.split("; ").next().unwrap().to_owned());
    }
    let body = json!({ "name": "You won: evil.example", "role": "shopper", "expires_in_days": 1, "password": PASSWORD });
    for number in 0..35 {
        let network = format!("203.0.113.{number}");
        let headers = [("cookie", &*members[number % 2]), ("x-forwarded-for", &*network)];
        let reply = shop.json("POST", "/account/api-keys", &headers, &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{number}: {}", reply.body);
    }
    let says = shop.told("api-key-made").await;
    assert_eq!(says.len(), 30);
    assert!(says.iter().all(|mail| !mail.contains("evil")), "{}", says[0]);
}

/// A stranger's accounts use up what a mailbox gets; its owner has not opened the link yet.
#[tokio::test]
async fn whoever_registers_with_spellings_of_an_address_keeps_its_owner_from_nothing() {
    let shop = shop(1000, 5, 1000).await;
    let mut ada = shop.member().await;
    shop.set_up_app(&mut ada).await;
    assert_eq!(shop.factor_news().await, ["added"]);
    let mailbox = mailbox_of(&ada.email);
    let attempts = Attempts::of(&shop.sessions);
    let quota = Quota {
        name: "unconfirmed",
        count: 30,
        window: Duration::from_hours(1),
    };
    while attempts.count(quota, &mailbox).await.unwrap().is_allowed {}

    let again = json!({ "password": PASSWORD });
    let path = "/account/second-factors/recovery-codes";
    let renewed = shop
        .json("POST", path, &[("cookie", &*ada.cookies)], &again)
        .await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
    ada.cookies = session_cookie(&renewed);
    let factor = shop.factors(&ada).await["factors"][0]["id"].clone();
    let path = format!("/account/second-factors/{}", factor.as_str().unwrap());
    let removed = shop
        .json("DELETE", &path, &[("cookie", &*ada.cookies)], &again)
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    ada.cookies = session_cookie(&removed);
    shop.set_up_app(&mut ada).await;
    let change = json!({ "current": PASSWORD, "new": "another fine password" });
    let changed = shop
        .json("PUT", "/account/password", &[("cookie", &*ada.cookies)], &change)
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
    // Done without a word.
    assert_eq!(shop.factor_news().await, ["added"]);
    assert_eq!(shop.told("password-changed").await, Vec::<String>::new());

    // A mailbox that is known to be the account's is told of everything.
    shop.mark_confirmed(&ada).await;
    let back = json!({ "current": "another fine password", "new": "one more fine password" });
    let cookies = session_cookie(&changed);
    let changed = shop
        .json("PUT", "/account/password", &[("cookie", &*cookies)], &back)
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.body);
    assert_eq!(shop.told("password-changed").await.len(), 1);
}

#[tokio::test]
async fn changing_the_address_and_asking_again_fill_no_mailbox_either() {
    let shop = shop(1000, 2, 1000).await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let again = async || shop.send("POST", "/account/confirmation-mail", &cookie, "").await;
    assert_eq!(again().await.status, StatusCode::ACCEPTED);
    assert_eq!(
        again().await.problem(),
        (429, "rate-limited"),
        "registering sent one"
    );
    let change = async |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        shop.json("POST", "/account/email-change", &cookie, &body).await
    };
    for number in 0..2 {
        let reply = change(&format!("grace+{number}@example.org")).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    }
    let reply = change("grace+2@example.org").await;
    assert_eq!(reply.problem(), (429, "rate-limited"));
}

#[tokio::test]
async fn a_network_asks_for_so_many_mails_however_it_asks_for_them() {
    let shop = shop(1000, 5, 3).await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let change = json!({ "email": "countess@example.org", "password": PASSWORD });
    let changed = shop.json("POST", "/account/email-change", &cookie, &change).await;
    assert_eq!(changed.status, StatusCode::ACCEPTED);
    assert_eq!(
        shop.ask_for_reset("nobody@example.org").await.status,
        StatusCode::ACCEPTED
    );
    for reply in [
        shop.register("grace@example.org", "").await,
        shop.ask_for_reset(&ada.email).await,
        shop.send("POST", "/account/confirmation-mail", &cookie, "").await,
        shop.json("POST", "/account/email-change", &cookie, &change).await,
    ] {
        assert_eq!(reply.problem(), (429, "rate-limited"));
        assert_eq!(reply.headers["ratelimit-policy"], "\"mails-address\";q=3;w=3600");
    }
}

#[tokio::test]
async fn a_network_registers_so_many_accounts_and_another_one_is_not_held_up() {
    let shop = shop(2, 5, 1000).await;
    let (home, neighbour) = ("2001:db8:7:7::1", "2001:db8:7:7:ffff::2");
    for email in ["ada@example.org", "grace@example.org"] {
        let reply = shop.register_from(home, email).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        // After an answer that was lost: no account more.
        assert_eq!(shop.register_from(home, email).await.status, StatusCode::OK);
    }
    let reply = shop.register_from(neighbour, "eve@example.org").await;
    assert_eq!(reply.problem(), (429, "rate-limited"));
    assert_eq!(reply.headers["ratelimit-policy"], "\"sign-ups\";q=2;w=3600");
    let reply = shop.register_from("2001:db8:7:8::1", "eve@example.org").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
}

#[tokio::test]
async fn opening_a_link_is_no_mail_that_is_asked_for() {
    let shop = shop(1000, 5, 1).await;
    let ada = shop.member().await;
    let confirm = json!({ "token": shop.mailed(&ada.email).await });
    let cookie = [("cookie", &*ada.cookies)];
    let confirmed = shop.json("POST", "/email-confirmations", &cookie, &confirm).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    let redeem = json!({ "token": "wrong", "password": "another fine password" });
    let reply = shop.json("POST", "/password-resets/redeem", &[], &redeem).await;
    assert_eq!(reply.problem(), (422, "link-expired"));
}
